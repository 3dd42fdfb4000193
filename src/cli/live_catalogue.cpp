#include "cli/live_catalogue.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <optional>

#include "gateway/catalogue_loader.h"
#include "gateway/monitor.h"
#include "gateway/pg_errand.h"
#include "net/clock.h"
#include "net/wakeup.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;

// For the catalogue; and, beyond the timeout of a sample, for the first node to answer.
constexpr Duration k_patience = 5s;
constexpr Duration k_patience_for_answer = 500ms;

std::string address_of(const topology::ClusterView& view) {
  if (view.has_primary()) return *view.node(view.primary()).address;
  const auto found = std::ranges::find_if(view.nodes(), &topology::NodeView::admitted);
  return found == view.nodes().end() ? "" : *found->address;
}

// Runs one query to its end.
Result<gateway::PgErrand::Answer> ask(const gateway::ServerTarget& target, std::string sql) {
  gateway::PgErrand errand;
  errand.start(target, std::move(sql), net::now());
  while (true) {
    if (auto outcome = errand.advance(net::now())) return std::move(*outcome);
    pollfd entry{.fd = errand.fd(), .events = errand.wanted_events(), .revents = 0};
    const Duration left = std::max(errand.deadline() - net::now(), Duration::zero());
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    poll(&entry, 1, static_cast<int>(timeout));
  }
}

std::string quoted(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

LiveCatalogue load_catalogue(const gateway::Config& config, const std::string& database) {
  net::Wakeup progress;
  const auto wake = [&] { progress.wake(); };
  gateway::Monitor monitor(config, wake);
  gateway::CatalogueLoader loader(config, monitor.board(), wake);
  monitor.start();

  LiveCatalogue live{std::make_shared<const sql::Catalogue>(), "", ""};
  bool requested = false;
  const Instant begun = net::now();
  const Instant answer_by = begun + config.monitor.timeout + k_patience_for_answer;
  while (net::now() < begun + k_patience) {
    const auto view = monitor.board().latest();
    live.server = address_of(*view);
    if (live.server.empty() && net::now() > answer_by) break;
    // Only now, so that a first failure is not waited out.
    if (!live.server.empty() && !std::exchange(requested, true)) {
      loader.start();
      loader.request(database);
    }
    if (const auto loaded = loader.latest(database)) {
      live.catalogue = loaded;
      return live;
    }
    pollfd entry{.fd = progress.fd(), .events = POLLIN, .revents = 0};
    poll(&entry, 1, 100);
    progress.drain();
  }
  live.problem =
      live.server.empty() ? "no node of the cluster answers" : "its catalogue could not be loaded";
  return live;
}

std::string search_path_of(const gateway::Config& config, const std::string& server,
                           const std::string& database, const std::string& role) {
  gateway::ServerTarget target = gateway::ServerTarget::of(config, server);
  target.database = database;
  // The more special setting wins (postinit.c, process_settings).
  const auto answer = ask(target,
                          "SELECT coalesce((SELECT substr(entry, 13)"
                          " FROM pg_db_role_setting LEFT JOIN pg_roles r ON r.oid = setrole"
                          " LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) entry"
                          " WHERE entry LIKE 'search\\_path=%' AND (setrole = 0 OR rolname = " +
                              quoted(role, '\'') +
                              ") AND (setdatabase = 0 OR datname = current_database())"
                              " ORDER BY setrole = 0, setdatabase = 0 LIMIT 1),"
                              " (SELECT reset_val FROM pg_settings WHERE name = 'search_path'))");
  if (!answer || answer->empty() || PQntuples(answer->front().get()) != 1) return "";
  return std::string(gateway::field(answer->front(), 0, 0));
}

}  // namespace tidemark::cli
