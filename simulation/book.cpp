#include "simulation/book.h"

#include <string>
#include <utility>
#include <vector>

#include "routing/quiet.h"

namespace tidemark::simulation {
namespace {

// All names are known, and stay what they are.
constexpr const char* k_database = "d";
constexpr consistency::TableScope k_scope = 1;

}  // namespace

Book::Book(World& world, Network& network, Monitor& monitor, Without without)
    : world_(world),
      network_(network),
      monitor_(monitor),
      without_(without),
      is_kept_(world.options().all_writes_here) {
  if (!is_kept_) return;
  monitor_.before_each_view([this](const topology::ClusterView& view) { writes_.follow(view); });
  look_regularly();
}

routing::Decision Book::decide(const routing::Request& request, const consistency::Session& session,
                               const routing::Decision& ordinary) {
  const auto view = monitor_.view();
  if (!is_kept_ || routing::is_final(ordinary, *view) || !routing::may_be_quiet(request)) {
    return ordinary;
  }
  auto last = writes_.last(k_database, request.tables, *view);
  if (!last.has_value()) return ordinary;
  if (is_without(Without::k_last_writes)) last->clear();
  return routing::decide_quiet(request, ordinary, session, *last, *view, {}, world_.now())
      .value_or(ordinary);
}

void Book::begin(Ticket& ticket, const routing::Decision& where, consistency::Tables written) {
  if (!is_kept_) return;
  const routing::PrimaryRun run{where.node, where.incarnation};
  writes_.begin(ticket, {run, k_database, written, false}, *monitor_.view());
  if (is_without(Without::k_writes_under_way)) end(ticket);
}

void Book::end(Ticket& ticket) { writes_.end(ticket, world_.now()); }

void Book::abandon(Ticket& ticket) {
  if (is_without(Without::k_ends_unknown)) return end(ticket);
  writes_.abandon(ticket);
}

void Book::look_regularly() {
  look();
  world_.events().after(world_.options().looking.draw(world_.random()),
                        [this] { look_regularly(); });
}

routing::PrimaryRun Book::primary() const {
  const auto view = monitor_.view();
  if (!view->has_primary()) return {};
  return {view->primary(), view->node(view->primary()).incarnation};
}

// Who is asked is the primary before and after, or the look tells nothing.
void Book::look() {
  const routing::PrimaryRun asked = primary();
  if (asked.node == consistency::k_no_node) return;
  const Instant begun = world_.now();
  network_.travel(asked.node, [this, asked, begun] {
    const Server& server = world_.server(asked.node);
    if (!server.up || !server.is_primary) return;
    std::vector<std::string> under_way;
    for (const Server::Running& running : server.running) {
      if (!running.prepared || running.logged) under_way.push_back(std::to_string(running.txn));
    }
    if (is_without(Without::k_strangers)) under_way.clear();
    network_.travel(asked.node, [this, asked, begun, under_way = std::move(under_way)] {
      if (primary() != asked) return;
      writes_.look_for_strangers(asked, under_way, world_.now());
      writes_.confirm(k_database, k_scope, asked, begun);
    });
  });
}

}  // namespace tidemark::simulation
