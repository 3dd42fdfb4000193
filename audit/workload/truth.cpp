#include "audit/workload/truth.h"

#include <fmt/format.h>

#include "audit/workload/dsn.h"
#include "audit/workload/outcome.h"

namespace tidemark::audit {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_step = 50ms;
constexpr int k_steps_between = 10;

}  // namespace

Truth::Truth(const std::string& dsn, const std::string& schema, unsigned keys, Duration patience)
    : patience_(patience), slot_(schema), decoding_(schema, keys) {
  if (make_slot(dsn)) thread_ = std::thread(&Truth::follow, this);
}

Truth::~Truth() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

bool Truth::make_slot(const std::string& dsn) {
  auto link = Link::open(dsn, patience_);
  if (!link) {
    forbid(without_secrets(dsn).value_or("--truth") + ": " + link.error().message);
    return false;
  }
  // A temporary slot belongs to one server process: behind a pool it would outlive the run.
  const Answer pid = link->run("SELECT pg_backend_pid()", patience_);
  if (pid.rows.empty() || pid.rows[0][0] != std::to_string(link->backend_pid())) {
    forbid("something stands between us and the server; --truth names the server itself");
    return false;
  }
  const Answer made = link->run(
      fmt::format("SELECT pg_create_logical_replication_slot('{}', 'test_decoding', true)", slot_),
      patience_);
  if (made.fate != Fate::k_done) {
    forbid(error_of(made));
    return false;
  }
  link_ = std::make_unique<Link>(std::move(*link));
  return true;
}

bool Truth::drain() {
  const Answer answer =
      link_->run(fmt::format("SELECT lsn, data FROM pg_logical_slot_get_changes('{}', NULL, NULL, "
                             "'include-xids', '1', 'skip-empty-xacts', '1')",
                             slot_),
                 patience_);
  if (answer.fate != Fate::k_done) {
    forbid(error_of(answer));
    return false;
  }
  for (const Cells& cells : answer.rows) {
    if (cells[0] && cells[1]) decoding_.line(parse_lsn(*cells[0]), *cells[1]);
  }
  return true;
}

void Truth::follow() {
  for (int step = 1; !stop_; ++step) {
    std::this_thread::sleep_for(k_step);
    if (step % k_steps_between == 0 && !drain()) return;
  }
}

void Truth::finish(History& history) {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  if (link_ && why_not_.empty() && drain()) {
    history.commits = decoding_.take();
  } else {
    history.no_commits = why_not_;
  }
  link_.reset();
}

}  // namespace tidemark::audit
