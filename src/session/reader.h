// How the texts of some clients are read: those of one database who look up names and are ruled in
// the same way. Thread rule: confined to one worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "consistency/policy.h"
#include "consistency/tables.h"
#include "sql/catalogue.h"
#include "sql/search_path.h"
#include "sql/statement_cache.h"

namespace tidemark::session {

using StatementPtr = std::shared_ptr<const sql::Statement>;

// What a statement concerns besides the session itself.
struct Concern {
  consistency::TableSet touched;  // read or written
  consistency::TableSet written;
  consistency::Ruling ruling;
  bool writes_strong = false;  // what is read strongly from standbys

  void add(const Concern& other);
};

class Reader {
 public:
  static constexpr std::size_t k_max_concerns = 4096;  // remembered

  // `serial` differs between any two Readers of a client.
  explicit Reader(std::uint64_t serial = 0, sql::SearchPath path = {},
                  consistency::Scope scope = {});

  std::uint64_t serial() const { return serial_; }

  const StatementPtr& read(std::string_view text) {
    return cache_.find_or_classify(text, catalogue_);
  }

  // The reference holds until the next call.
  const Concern& concern_of(const StatementPtr& statement);
  // Of what cannot be looked at.
  const Concern& concern_of_anything() const { return anything_; }

  const consistency::Scope& scope() const { return scope_; }
  // Under which the ids of tables hold; none while the catalogue is in doubt.
  consistency::TableScope table_scope() const { return doubtful_ ? 0 : catalogue_->version(); }
  // Something may have changed since the catalogue was read: tables may hide behind other names.
  void set_doubtful(bool doubtful) { doubtful_ = doubtful; }

  const std::shared_ptr<const sql::Catalogue>& catalogue() const { return catalogue_; }
  void set_catalogue(std::shared_ptr<const sql::Catalogue> catalogue);

 private:
  Concern find_out(const sql::Statement& statement) const;

  const std::uint64_t serial_;
  sql::StatementCache cache_;
  std::shared_ptr<const sql::Catalogue> catalogue_ = std::make_shared<const sql::Catalogue>();
  bool doubtful_ = false;
  consistency::Scope scope_;
  Concern anything_;
  // Kept with their statements, so that no address is used again meanwhile.
  struct Known {
    StatementPtr statement;
    Concern concern;
  };
  std::unordered_map<const sql::Statement*, Known> concerns_;
  const Known* last_ = nullptr;  // the one asked for last: mostly it is asked for again
};

// What decides which Reader a client needs.
struct ReaderContext {
  std::string_view user;      // who it logged in as …
  std::string_view database;  // … and where
  std::optional<std::string_view> search_path =
      {};                      // the setting; none: it cannot be told just now
  std::string_view role = {};  // the current user
  std::string_view application_name = {};
};
using FindReader = std::function<std::shared_ptr<Reader>(const ReaderContext&)>;

}  // namespace tidemark::session
