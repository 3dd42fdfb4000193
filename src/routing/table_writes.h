// When each table was last written, where all writes to the origin come through this gateway
// (`all_writes_here`): which tables transactions under way may be writing, and the marks of the
// last writes that have ended. quiet.h says what that is good for, and why.
//
// Tables are known by their oids, which last. Names do not: what a text meant when it was looked at
// may be another table when it runs, and a function or view that only read may write. So a
// statement counts for tables of its own, or for none, only if it was read by a catalogue that was
// found to be the server's after the last DDL had ended, and none is under way; otherwise it may
// write any table. When DDL begins, what is under way may, too. Any table is one of any database:
// databases can be dropped and made anew, and roles are common to all.
//
// What was written before this gateway knew the present run of the primary, by whomever, lies below
// what the primary's log came to once the last transaction of that time was over: each run begins
// with a mark of that about any table, and until it is over no table is known. What a run was
// writing when it ended is settled by that as well.
//
// Thread rule: guarded by who shares it (gateway/shared_writes.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "consistency/session.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

// One run of a node as the primary.
struct PrimaryRun {
  consistency::NodeIndex node = consistency::k_no_node;
  consistency::Incarnation incarnation = 0;

  friend bool operator==(const PrimaryRun&, const PrimaryRun&) = default;
};

class TableWrites {
 public:
  // Tables remembered apart from each other. Beyond that, those that nobody is writing are
  // remembered as one.
  static constexpr std::size_t k_max_tables = 16384;

  // What one client has under way. Given back by end() or abandon().
  struct Ticket {
    std::uint64_t era = 0;     // 0: nothing is under way
    std::uint64_t naming = 0;  // under which `tables` are counted
    std::string database;
    std::vector<consistency::TableId> tables;  // counted apart
    bool reads = false;                        // counted with what only reads
    std::size_t anywhere = 0;                  // how often it is counted for any table
    bool renames = false;
  };

  struct Write {
    PrimaryRun run;  // on which it is carried out
    std::string_view database;
    consistency::Tables tables;  // of the catalogue that is their scope; none: it only reads
    bool renames = false;        // it may be DDL
  };

  // To be called with every view before the next is published: so no primary goes unnoticed.
  void follow(const topology::ClusterView& view);

  // The database's catalogue of that version was found to be that primary's by a look that began at
  // `since`.
  void confirm(std::string_view database, std::uint64_t version, PrimaryRun run, Instant since);

  // Whether transactions of before this gateway knew the run may still be under way.
  bool has_strangers(PrimaryRun run) const;

  // All transactions that a look at that run found under way, by names that are given but once in a
  // run. It had ended by `ended`.
  void look_for_strangers(PrimaryRun run, const std::vector<std::string>& under_way, Instant ended);

  // What runs on the primary is about to be sent, besides what the ticket holds already. To be
  // called before it leaves. `view`: the caller's latest; the run is known to it, or older.
  void begin(Ticket& ticket, const Write& write, const topology::ClusterView& view);

  // Everything that the ticket stands for is over, and was answered before `now`.
  void end(Ticket& ticket, Instant now);

  // Nobody will know whether and when it takes place, short of the end of the primary's run: up to
  // then it counts as under way.
  void abandon(Ticket& ticket);

  // The last writes of these tables, and of any table, as marks about any table; nothing if one of
  // them may be under way, or what the tables' names mean may have changed. `view`: the caller's
  // latest.
  // REQUIRES: tables are not any.
  std::optional<consistency::Session> last(std::string_view database, consistency::Tables tables,
                                           const topology::ClusterView& view);

  // Tables remembered apart.
  std::size_t size() const { return size_; }

 private:
  struct Table {
    std::size_t busy = 0;       // transactions under way that may write it
    bool listed = false;        // in unsettled_
    consistency::Session last;  // the mark of the last that ended
  };

  struct Database {
    std::unordered_map<consistency::TableId, Table> tables;
    std::size_t reading = 0;      // transactions under way that only read
    std::uint64_t catalogue = 0;  // version
    PrimaryRun catalogue_of;
    Instant catalogue_since{};
  };

  // Whether names are read by the catalogue of that version as the server reads them.
  bool reads_well(const Database& database, std::uint64_t version) const {
    return version == database.catalogue && database.catalogue_of == run_ && renaming_ == 0 &&
           database.catalogue_since >= renamed_at_;
  }

  void start_run(const topology::ClusterView& view);
  Database& database(std::string_view name) { return databases_[std::string(name)]; }
  Table* table(Database& database, consistency::TableId id);
  void make_room();
  void begin_anew();
  void begin_naming();
  void adopt_naming(Ticket& ticket) const;
  void count_anywhere(Ticket& ticket, bool renames);
  void note(Table& table, Instant now);

  std::uint64_t view_version_ = 0;
  std::uint64_t era_ = 0;  // counts up with the primary's runs; 0: none was seen
  PrimaryRun run_;
  Instant begun_at_{};
  consistency::Session begun_;  // what was written before the run was known
  // Of the transactions that the first look found, those that every later one found, too; none
  // before there was a look.
  std::optional<std::vector<std::string>> strangers_;
  bool distrusted_ = false;   // something was written in it before it was known
  Table any_;                 // what may have been about any table
  std::uint64_t naming_ = 1;  // counts up with what may be DDL
  std::size_t renaming_ = 0;  // of these, under way
  Instant renamed_at_{};      // when the last of these ended
  std::map<std::string, Database, std::less<>> databases_;
  std::size_t size_ = 0;
  std::vector<Table*> unsettled_;  // marks that are to be resolved by the next views
  // Where writes were sent though they were not known as the primary's.
  std::vector<PrimaryRun> elsewhere_;
};

}  // namespace tidemark::routing
