#include "session/reader.h"

#include <utility>
#include <vector>

namespace tidemark::session {

using consistency::Scope;

namespace {

std::vector<Scope::Name> names_of(const std::vector<sql::Touched>& touched) {
  std::vector<Scope::Name> names;
  names.reserve(touched.size());
  for (const sql::Touched& relation : touched)
    names.push_back({relation.schema, relation.name, relation.spoken_for});
  return names;
}

void add_all(consistency::TableSet& set, const std::vector<sql::Touched>& touched, bool unknown) {
  for (const sql::Touched& relation : touched) set.add(relation.oid);
  if (unknown) set.add_any();
}

// Mostly there is nothing in the set before.
void add_all(consistency::TableSet& set, const consistency::TableSet& other) {
  if (set.empty()) {
    set = other;
  } else {
    set.add(other);
  }
}

}  // namespace

void Concern::add(const Concern& other) {
  add_all(touched, other.touched);
  add_all(written, other.written);
  if (other.ruling != ruling) ruling = consistency::merge(ruling, other.ruling);
  writes_strong = writes_strong || other.writes_strong;
}

Reader::Reader(std::uint64_t serial, sql::SearchPath path, consistency::Scope scope)
    : serial_(serial), cache_(std::move(path)), scope_(std::move(scope)) {
  anything_.touched.add_any();
  anything_.written.add_any();
  anything_.ruling = scope_.everything();
  anything_.writes_strong = anything_.ruling.strong_on_standbys;
}

void Reader::set_catalogue(std::shared_ptr<const sql::Catalogue> catalogue) {
  if (catalogue == catalogue_) return;
  catalogue_ = std::move(catalogue);
  concerns_.clear();
  last_ = nullptr;
}

const Concern& Reader::concern_of(const StatementPtr& statement) {
  if (last_ != nullptr && last_->statement == statement) return last_->concern;
  auto known = concerns_.find(statement.get());
  if (known == concerns_.end()) {
    if (concerns_.size() >= k_max_concerns) concerns_.clear();
    known = concerns_.emplace(statement.get(), Known{statement, find_out(*statement)}).first;
  }
  last_ = &known->second;
  return last_->concern;
}

Concern Reader::find_out(const sql::Statement& statement) const {
  Concern concern;
  add_all(concern.touched, statement.touched_reads, statement.reads_unknown);
  add_all(concern.touched, statement.touched_writes, statement.writes_unknown);
  add_all(concern.written, statement.touched_writes, statement.writes_unknown);
  if (statement.reads_system) concern.touched.add(consistency::k_system_tables);
  if (scope_.empty()) return concern;
  const auto reads = names_of(statement.touched_reads);
  const auto writes = names_of(statement.touched_writes);
  concern.ruling = scope_.of(reads, writes, statement.reads_unknown, statement.writes_unknown);
  // A write sees what it changes.
  concern.writes_strong = scope_.of(writes, {}, statement.writes_unknown, false).strong_on_standbys;
  return concern;
}

}  // namespace tidemark::session
