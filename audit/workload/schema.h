// The tables of one run: in a schema of their own, so that runs do not meet, and gone afterwards.
#pragma once

#include <string>
#include <vector>

#include "audit/history/history.h"
#include "audit/workload/link.h"
#include "base/result.h"

namespace tidemark::audit {

class Schema {
 public:
  // Creates the tables, with `keys` rows of each kind in version 0, on `write_to`. Needs no more
  // than CREATE on the database. An error says where, what it was, and what to do about it.
  static Result<Schema> create(const std::string& write_to, unsigned keys, Duration patience);

  const std::string& name() const { return name_; }

  // The schemas of other runs that this login could drop: of those under way, and of those that
  // were killed.
  const std::vector<std::string>& others() const { return others_; }

  // Whether a new connection to `dsn` shows all of it; an error says what it shows instead.
  Result<void> shown_by(const std::string& dsn) const;

  // Every row as it is on the primary behind `write_to`, into history.last and last_lists.
  Result<void> read_last(const std::string& write_to, History& history) const;

  // Drops it. An error says what it was and how to drop it by hand.
  Result<void> drop(const std::string& write_to) const;

 private:
  Schema(std::string name, unsigned keys, Duration patience)
      : name_(std::move(name)), keys_(keys), patience_(patience) {}

  void note_others(Link& link);

  std::string name_;
  std::vector<std::string> others_;
  unsigned keys_;
  Duration patience_;
};

// The items of a list as PostgreSQL writes an array: "{1,2}".
std::vector<WriteId> parse_items(std::string_view text);

// An integer of PostgreSQL's; 0 for what is none.
std::uint64_t parse_number(std::string_view text);

}  // namespace tidemark::audit
