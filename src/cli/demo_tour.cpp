#include "cli/demo_tour.h"

#include <fmt/format.h>

#include "net/clock.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_patience = 10s;        // for what happens by itself, such as catching up
constexpr Duration k_load_before = 1500ms;  // of load before the crash
constexpr Duration k_load_after = 3s;

const std::string k_read = "SELECT author, body FROM comment ORDER BY id";

std::string text_of(const DemoAnswer& answer) {
  if (answer.rows.empty()) return answer.tag.starts_with("SELECT") ? "(no rows)" : answer.tag;
  std::string text;
  for (const auto& row : answer.rows) {
    if (!text.empty()) text += ", ";
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ": ") + row[i];
  }
  return text;
}

}  // namespace

std::string DemoTour::setup_sql() {
  return fmt::format(
      "CREATE TABLE comment (id serial PRIMARY KEY, author text, body text);"
      "CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL);"
      "INSERT INTO counter SELECT id, 0 FROM generate_series(1, {}) id",
      DemoLoad::k_clients);
}

Result<bool> DemoTour::run() {
  for (const auto step : {&DemoTour::connect, &DemoTour::pause_standbys, &DemoTour::write_and_read,
                          &DemoTour::read_eventually, &DemoTour::resume_standbys,
                          &DemoTour::crash_a_standby, &DemoTour::bring_it_back}) {
    if (const auto done = (this->*step)(); !done) return std::unexpected(done.error());
    if (interrupt_.pending()) return fail("interrupted");
  }
  return all_good_;
}

// Until the gateway knows the nodes and the tables: before, it takes no standby for safe.
Result<void> DemoTour::connect() {
  const Instant deadline = net::now() + k_patience;
  while (true) {
    auto connected = client_.connect(port_, database_);
    if (connected) connected = client_.run("SET tidemark.level = 'eventual'");
    if (connected) connected = client_.run(k_read);
    if (connected) {
      const auto route = client_.route();
      if (route && route->role == "standby") break;
    }
    if (net::now() > deadline) {
      return connected ? fail("the gateway admits no standby") : connected;
    }
    if (interrupt_.sleep(20ms)) return fail("interrupted");
  }
  // A session of its own, which has seen nothing yet.
  return client_.connect(port_, database_);
}

Result<void> DemoTour::pause_standbys() {
  screen_.step("Both standbys stop replaying",
               "They are alive and answer, but from now on they show an ever older state.");
  return on_standbys("SELECT pg_wal_replay_pause()");
}

Result<void> DemoTour::write_and_read() {
  screen_.step("Somebody posts a comment and looks at it, at level session",
               "What one has written one must see. The standbys cannot show it, so they are not "
               "asked.");
  const auto written = ask("INSERT INTO comment (author, body) VALUES ('ann', 'first!')");
  if (!written) return std::unexpected(written.error());
  expect(written->route.role == "primary", "the primary took the write");
  const auto read = ask(k_read);
  if (!read) return std::unexpected(read.error());
  expect(read->answer.rows.size() == 1 && read->route.role == "primary",
         "the comment is there, although no standby has it yet");
  return {};
}

Result<void> DemoTour::read_eventually() {
  screen_.step("The same page for somebody who does not mind, at level eventual",
               "Some committed state will do, so a standby answers, with what it has.");
  if (const auto set = ask("SET tidemark.level = 'eventual'"); !set) {
    return std::unexpected(set.error());
  }
  const auto read = ask(k_read);
  if (!read) return std::unexpected(read.error());
  expect(read->answer.rows.empty() && read->route.role == "standby",
         "a standby answered, and it is behind: that is what was asked for");
  if (const auto set = ask("SET tidemark.level = 'session'"); !set) {
    return std::unexpected(set.error());
  }
  return {};
}

Result<void> DemoTour::resume_standbys() {
  screen_.step("The standbys go on, and the comment is read at level session again",
               "As soon as a standby has replayed what the session needs, it serves the session.");
  if (const auto done = on_standbys("SELECT pg_wal_replay_resume()"); !done) return done;
  const Instant deadline = net::now() + k_patience;
  while (true) {
    if (const auto read = client_.run(k_read); !read) return read;
    const auto route = client_.route();
    if (!route) return std::unexpected(route.error());
    if (route->role == "standby" || net::now() > deadline) break;
    if (interrupt_.sleep(10ms)) return fail("interrupted");
  }
  const auto read = ask(k_read);
  if (!read) return std::unexpected(read.error());
  expect(read->answer.rows.size() == 1 && read->route.role == "standby",
         "the comment is there, and it came from a standby");
  return {};
}

Result<void> DemoTour::crash_a_standby() {
  screen_.step(fmt::format("A standby crashes while {} clients work", DemoLoad::k_clients),
               "Each updates a counter of its own and reads it back, at level session.");
  DemoLoad load(port_, database_);
  load.start();
  if (const auto watched = watch(load, k_load_before); !watched) return watched;
  const auto before = load.counts();
  screen_.answer("before: " + summary(before));
  victim_ = busiest_standby(before);
  cluster_.crash(victim_);
  screen_.answer(
      screen_.terminal().red(fmt::format("standby {}, the busier one, is gone", victim_)));
  const auto at_crash = load.counts();
  if (const auto watched = watch(load, k_load_after); !watched) return watched;
  load.stop();
  const auto after = load.counts();
  screen_.answer("in all: " + summary(after));
  if (after.errors > 0) screen_.problem("a client got the error: " + after.first_error);
  expect(after.errors == 0, "no client got an error");
  expect(after.stale == 0, "no read missed its client's own update");
  expect(after.reads > at_crash.reads && before.reads_by.contains(cluster_.address(victim_)),
         "it had served reads, and the others went on");
  return {};
}

std::size_t DemoTour::busiest_standby(const DemoLoad::Counts& counts) const {
  std::size_t busiest = 1;
  long most = 0;
  for (std::size_t node = 1; node < cluster_.size(); ++node) {
    const auto found = counts.reads_by.find(cluster_.address(node));
    if (found == counts.reads_by.end() || found->second <= most) continue;
    busiest = node;
    most = found->second;
  }
  return busiest;
}

Result<void> DemoTour::bring_it_back() {
  screen_.step(fmt::format("Standby {} comes back", victim_),
               "It serves again once it is known to be fresh enough; nobody has to say so.");
  if (const auto restarted = cluster_.restart(victim_); !restarted) return restarted;
  const Instant deadline = net::now() + k_patience;
  bool back = false;
  while (!back && net::now() < deadline) {
    // A new session each time: it prefers no node.
    DemoClient visitor;
    if (const auto connected = visitor.connect(port_, database_); !connected) return connected;
    const auto read = visitor.query(k_read);
    if (!read) return std::unexpected(read.error());
    const auto route = visitor.route();
    if (!route) return std::unexpected(route.error());
    back = route->node == cluster_.address(victim_);
    if (back) {
      screen_.sql("visitor", k_read);
      screen_.answer(text_of(*read));
      screen_.route(*route);
    } else if (interrupt_.sleep(20ms)) {
      return fail("interrupted");
    }
  }
  expect(back, fmt::format("standby {} serves reads again", victim_));
  return {};
}

Result<DemoTour::Seen> DemoTour::ask(const std::string& sql) {
  screen_.sql("ann", sql);
  auto answer = client_.query(sql);
  if (!answer) return std::unexpected(answer.error());
  if (sql.starts_with("SET")) return Seen{std::move(*answer), {}};
  auto route = client_.route();
  if (!route) return std::unexpected(route.error());
  screen_.answer(text_of(*answer));
  screen_.route(*route);
  return Seen{std::move(*answer), std::move(*route)};
}

Result<void> DemoTour::on_standbys(const std::string& sql) {
  for (std::size_t node = 1; node < cluster_.size(); ++node) {
    DemoClient direct;
    if (auto done = direct.connect(cluster_.port(node), database_); !done) return done;
    screen_.sql(fmt::format("standby {}", node), sql);
    if (auto done = direct.run(sql); !done) return done;
  }
  return {};
}

Result<void> DemoTour::watch(DemoLoad& load, Duration duration) {
  const Instant deadline = net::now() + duration;
  while (net::now() < deadline) {
    if (interrupt_.sleep(100ms)) return fail("interrupted");
    screen_.live(summary(load.counts()));
  }
  screen_.end_live();
  return {};
}

std::string DemoTour::summary(const DemoLoad::Counts& counts) const {
  std::string shares;
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    const auto found = counts.reads_by.find(cluster_.address(node));
    if (found == counts.reads_by.end() || counts.reads == 0) continue;
    const double share = 100.0 * static_cast<double>(found->second);
    shares += fmt::format("{}{:.0f} % {}", shares.empty() ? "" : ", ",
                          share / static_cast<double>(counts.reads),
                          screen_.node_name(cluster_.address(node)));
  }
  return fmt::format("{} writes, {} reads ({}), {} errors", counts.writes, counts.reads, shares,
                     counts.errors);
}

void DemoTour::expect(bool good, const std::string& claim) {
  screen_.verdict(good, claim);
  all_good_ = all_good_ && good;
}

}  // namespace tidemark::cli
