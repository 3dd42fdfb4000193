#include "routing/table_writes.h"

#include <algorithm>
#include <utility>

#include "routing/settle.h"

namespace tidemark::routing {

using consistency::Session;
using consistency::TableId;
using consistency::Tables;
using topology::ClusterView;

namespace {

// Of runs that were written to and not known as the primary's; the latest count.
constexpr std::size_t k_max_elsewhere = 64;

// Whether no view can tell more of it. A mark that is lost tells nothing either: the run that it
// was made in is over.
bool is_settled(const Session& session) {
  return std::ranges::all_of(session.marks(),
                             [](const auto& known) { return known.resolved && known.durable; });
}

}  // namespace

void TableWrites::follow(const ClusterView& view) {
  if (view.version() <= view_version_) return;
  view_version_ = view.version();
  if (!view.has_primary()) return;
  if (run_ != PrimaryRun{view.primary(), view.node(view.primary()).incarnation}) start_run(view);
  // As long as their samples are kept one by one: later the positions would be less exact.
  routing::settle(begun_, view);
  std::erase_if(unsettled_, [&](Table* table) {
    routing::settle(table->last, view);
    table->listed = !is_settled(table->last);
    return !table->listed;
  });
}

// All that earlier runs wrote, and that has survived, lies below what the first sample of this one
// found. What this gateway has sent to it before it knew of it does not, nor does what is under
// way.
void TableWrites::start_run(const ClusterView& view) {
  const topology::NodeView& primary = view.node(view.primary());
  ++era_;
  run_ = {view.primary(), primary.incarnation};
  distrusted_ = std::ranges::find(elsewhere_, run_) != elsewhere_.end();
  begun_at_ = primary.sampled_at;
  strangers_.reset();
  begin_anew();
  unsettled_.clear();
  size_ = 0;
  any_ = {};
  ++naming_;
  renaming_ = 0;
  renamed_at_ = begun_at_;
  for (auto& [name, database] : databases_) {
    database.tables.clear();
    database.reading = 0;
  }
}

void TableWrites::begin_anew() {
  begun_.clear();
  begun_.note_write(run_.node, run_.incarnation, begun_at_);
}

bool TableWrites::has_strangers(PrimaryRun run) const {
  return run == run_ && (!strangers_.has_value() || !strangers_->empty());
}

void TableWrites::look_for_strangers(PrimaryRun run, const std::vector<std::string>& under_way,
                                     Instant ended) {
  if (run != run_ || (strangers_.has_value() && strangers_->empty())) return;
  if (!strangers_.has_value()) strangers_ = under_way;
  std::erase_if(*strangers_, [&](const std::string& name) {
    return std::ranges::find(under_way, name) == under_way.end();
  });
  if (!strangers_->empty()) return;
  begun_at_ = std::max(begun_at_, ended);
  begin_anew();
  renamed_at_ = std::max(renamed_at_, begun_at_);
}

void TableWrites::confirm(std::string_view name, std::uint64_t version, PrimaryRun run,
                          Instant since) {
  Database& known = database(name);
  known.catalogue = version;
  known.catalogue_of = run;
  known.catalogue_since = since;
}

// Null: there is no room.
TableWrites::Table* TableWrites::table(Database& database, TableId id) {
  const auto found = database.tables.find(id);
  if (found != database.tables.end()) return &found->second;
  if (size_ >= k_max_tables) make_room();
  if (size_ >= k_max_tables) return nullptr;
  ++size_;
  return &database.tables[id];
}

// A mark about any table says at least as much.
void TableWrites::make_room() {
  std::erase_if(unsettled_,
                [this](const Table* table) { return table->busy == 0 && table != &any_; });
  for (auto& [name, database] : databases_) {
    size_ -= std::erase_if(database.tables, [this](const auto& entry) {
      if (entry.second.busy > 0) return false;
      any_.last.merge(entry.second.last);
      return true;
    });
  }
  if (!std::exchange(any_.listed, true)) unsettled_.push_back(&any_);
}

// What is under way may wait for a lock, and look up its names when it has it.
void TableWrites::begin_naming() {
  ++naming_;
  for (auto& [name, database] : databases_) {
    for (auto& [id, table] : database.tables) any_.busy += std::exchange(table.busy, 0);
    any_.busy += std::exchange(database.reading, 0);
  }
}

// DDL has begun since the ticket's tables were counted: they were moved to any table then.
void TableWrites::adopt_naming(Ticket& ticket) const {
  if (ticket.naming == naming_) return;
  ticket.naming = naming_;
  ticket.anywhere += ticket.tables.size() + (std::exchange(ticket.reads, false) ? 1 : 0);
  ticket.tables.clear();
}

void TableWrites::count_anywhere(Ticket& ticket, bool renames) {
  if (renames && !ticket.renames) {
    ticket.renames = true;
    ++renaming_;
    begin_naming();
    adopt_naming(ticket);
  }
  if (ticket.anywhere > 0) return;
  ++ticket.anywhere;
  ++any_.busy;
}

void TableWrites::begin(Ticket& ticket, const Write& write, const ClusterView& view) {
  follow(view);
  if (write.run != run_) {
    // It is over, or is not known yet as the primary's: then nothing is known of its tables.
    if (std::ranges::find(elsewhere_, write.run) != elsewhere_.end()) return;
    if (elsewhere_.size() >= k_max_elsewhere) elsewhere_.erase(elsewhere_.begin());
    elsewhere_.push_back(write.run);
    return;
  }
  Database& known = database(write.database);
  if (ticket.era != era_) {
    ticket = {};
    ticket.era = era_;
    ticket.naming = naming_;
    ticket.database = write.database;
  }
  adopt_naming(ticket);
  if (write.renames || write.tables.any() || !reads_well(known, write.tables.scope)) {
    return count_anywhere(ticket, write.renames);
  }
  if (write.tables.ids.empty() && !std::exchange(ticket.reads, true)) ++known.reading;
  for (const TableId id : write.tables.ids) {
    if (std::ranges::find(ticket.tables, id) != ticket.tables.end()) continue;
    Table* counted = table(known, id);
    if (counted == nullptr) return count_anywhere(ticket, false);
    ticket.tables.push_back(id);
    ++counted->busy;
  }
}

void TableWrites::note(Table& table, Instant now) {
  table.last.note_write(run_.node, run_.incarnation, now);
  if (!std::exchange(table.listed, true)) unsettled_.push_back(&table);
}

void TableWrites::end(Ticket& ended, Instant now) {
  Ticket ticket = std::exchange(ended, {});
  if (ticket.era == 0 || ticket.era != era_) return;
  Database& known = database(ticket.database);
  adopt_naming(ticket);
  for (const TableId id : ticket.tables) {
    Table& written = known.tables.at(id);
    --written.busy;
    note(written, now);
  }
  if (ticket.reads) --known.reading;
  if (ticket.anywhere > 0) {
    any_.busy -= ticket.anywhere;
    note(any_, now);
  }
  if (!ticket.renames) return;
  --renaming_;
  renamed_at_ = std::max(renamed_at_, now);
}

// Its counts stay.
void TableWrites::abandon(Ticket& ticket) { ticket = {}; }

std::optional<Session> TableWrites::last(std::string_view name, Tables tables,
                                         const ClusterView& view) {
  follow(view);
  const auto found = databases_.find(name);
  if (era_ == 0 || distrusted_ || found == databases_.end()) return std::nullopt;
  if (!strangers_.has_value() || !strangers_->empty()) return std::nullopt;
  const Database& known = found->second;
  if (any_.busy > 0 || !reads_well(known, tables.scope)) return std::nullopt;
  Session all = begun_;
  all.merge(any_.last);
  for (const TableId id : tables.ids) {
    const auto written = known.tables.find(id);
    if (written == known.tables.end()) continue;
    if (written->second.busy > 0) return std::nullopt;
    all.merge(written->second.last);
  }
  return all;
}

}  // namespace tidemark::routing
