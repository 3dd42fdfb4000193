#include "audit/checks/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

constexpr auto by_row_version_writer = [](const Made& made) {
  return std::tuple(made.row, made.version, made.writer);
};

}  // namespace

// What names a row or a write, for an error.
struct Model::Where {
  std::string_view what;
  std::optional<std::uint64_t> number;

  std::string text() const {
    return number ? fmt::format("{} {}", what, *number) : std::string(what);
  }
};

bool is_snapshot(const Operation& operation) {
  return operation.outcome == Outcome::k_ok &&
         (operation.kind == OperationKind::k_read ||
          operation.kind == OperationKind::k_read_transaction);
}

bool misses(const Seen& saw, Version version, WriteId writer) {
  return saw.version < version || (saw.version == version && saw.writer != writer);
}

Result<Model> Model::build(const History& history) {
  Model model(history);
  if (auto noted = model.note_operations(); !noted) return std::unexpected(noted.error());
  if (auto noted = model.note_all_seen(); !noted) return std::unexpected(noted.error());
  if (auto noted = model.note_truth(); !noted) return std::unexpected(noted.error());
  if (auto noted = model.note_lists(); !noted) return std::unexpected(noted.error());
  model.sort_chains();
  model.place_operations();
  return model;
}

Result<void> Model::note_operations() {
  happened_.assign(history_->operations.size(), false);
  for (OperationId id = 0; id < history_->operations.size(); ++id) {
    if (auto noted = note_operation(id); !noted) return noted;
  }
  for (OperationId id = 0; id < history_->operations.size(); ++id) {
    const Operation& operation = history_->operations[id];
    if (operation.kind == OperationKind::k_take_over && !sent_.contains(operation.message)) {
      return fail(fmt::format("operation {} takes over message {}, which nobody sent", id,
                              operation.message));
    }
  }
  return {};
}

Result<void> Model::note_operation(OperationId id) {
  const Operation& operation = history_->operations[id];
  if (operation.ended < operation.started) {
    return fail(fmt::format("operation {} ended before it started", id));
  }
  if (operation.endpoint >= std::max<std::size_t>(1, history_->endpoints.size())) {
    return fail(
        fmt::format("operation {} names endpoint {}, which is not there", id, operation.endpoint));
  }
  if (operation.node >= std::max<std::size_t>(1, history_->nodes.size())) {
    return fail(fmt::format("operation {} names node {}, which is not there", id, operation.node));
  }
  for (const Put& put : operation.puts) {
    if (put.row >= history_->rows.size()) {
      return fail(fmt::format("operation {} writes row {}, which is not there", id, put.row));
    }
    if (put.writer == 0 || put.version == 0) {
      return fail(fmt::format("operation {} makes a write or a version numbered 0", id));
    }
    if (!written_.try_emplace(put.writer, Written{id, put.row}).second) {
      return fail(fmt::format("operation {} has a write with the id {}, as another one has", id,
                              put.writer));
    }
  }
  if (operation.kind == OperationKind::k_hand_over &&
      !sent_.try_emplace(operation.message, id).second) {
    return fail(fmt::format("operation {} sends message {} a second time", id, operation.message));
  }
  return {};
}

Result<void> Model::note_seen(RowId row, Version version, WriteId writer, const Where& where) {
  if (row >= history_->rows.size()) {
    return fail(fmt::format("{} names row {}, which is not there", where.text(), row));
  }
  if (version == k_unknown_version || (version == 0 && writer == 0)) return {};
  const auto found = written_.find(writer);
  if (version == 0 || found == written_.end() || found->second.row != row) {
    return fail(fmt::format("{} names {} by write {}, which nobody made", where.text(),
                            row_name(*history_, row, version), writer));
  }
  Written& written = found->second;
  if (written.version == version) return {};  // as most reads say again
  if (written.version == k_unknown_version) written.version = version;
  happened_[written.operation] = true;
  const Operation& by = operation(written.operation);
  chains_.push_back(Made{.row = row,
                         .version = version,
                         .writer = writer,
                         .operation = written.operation,
                         .started = by.started,
                         .ended = by.outcome == Outcome::k_ok ? by.ended : k_unacknowledged});
  return {};
}

Result<void> Model::note_all_seen() {
  for (OperationId id = 0; id < history_->operations.size(); ++id) {
    const Operation& by = operation(id);
    const Where where{"operation", id};
    for (const Put& put : by.puts) {
      // What an error took back was told in vain; what has no answer may still show elsewhere.
      if (by.outcome != Outcome::k_ok) continue;
      happened_[id] = true;
      if (auto noted = note_seen(put.row, put.version, put.writer, where); !noted) return noted;
    }
    for (const Seen& seen : by.seen) {
      if (auto noted = note_seen(seen.row, seen.version, seen.writer, where); !noted) return noted;
    }
  }
  return {};
}

Result<void> Model::note_truth() {
  for (const Commit& commit : history_->commits) {
    for (const Put& put : commit.puts) {
      auto noted = note_seen(put.row, put.version, put.writer, Where{"commit", commit.xid});
      if (!noted) return noted;
    }
  }
  for (const Seen& last : history_->last) {
    auto noted = note_seen(last.row, last.version, last.writer, Where{"the last state", {}});
    if (!noted) return noted;
  }
  return {};
}

// Lists are long and mostly begin alike: only where one differs from the longest so far is it
// looked at item by item.
Result<void> Model::note_lists() {
  std::vector<const ListSeen*> longest(history_->rows.size());
  const auto note = [&](const ListSeen& list, const std::vector<Seen>& beside,
                        const Where& where) -> Result<void> {
    if (list.row < history_->rows.size()) return note_list(list, longest[list.row], beside, where);
    return fail(fmt::format("{} names row {}, which is not there", where.text(), list.row));
  };
  for (OperationId id = 0; id < history_->operations.size(); ++id) {
    for (const ListSeen& list : operation(id).lists) {
      auto noted = note(list, operation(id).seen, Where{"operation", id});
      if (!noted) return noted;
    }
  }
  for (const ListSeen& list : history_->last_lists) {
    auto noted = note(list, history_->last, Where{"the last state", {}});
    if (!noted) return noted;
  }
  return {};
}

Result<void> Model::note_list(const ListSeen& list, const ListSeen*& longest,
                              const std::vector<Seen>& beside, const Where& where) {
  const auto& items = list.items;
  const auto differs =
      longest == nullptr ? items.begin() : std::ranges::mismatch(items, longest->items).in1;
  // With one item for each version the items say who made which.
  const auto at = std::ranges::find(beside, list.row, &Seen::row);
  const bool is_whole = at != beside.end() && at->version == items.size();
  for (auto item = differs; item != items.end(); ++item) {
    const auto found = written_.find(*item);
    if (found == written_.end() || found->second.row != list.row) {
      return fail(fmt::format("{} names an item {} of {}, which nobody appended", where.text(),
                              *item, row_name(history_->rows[list.row])));
    }
    happened_[found->second.operation] = true;
    if (!is_whole || found->second.version != k_unknown_version) continue;
    const auto version = static_cast<Version>(item - items.begin()) + 1;
    if (auto noted = note_seen(list.row, version, *item, where); !noted) return noted;
  }
  if (longest == nullptr || longest->items.size() < items.size()) longest = &list;
  return {};
}

void Model::sort_chains() {
  std::ranges::sort(chains_, {}, by_row_version_writer);
  const auto [first, last] = std::ranges::unique(chains_, {}, by_row_version_writer);
  chains_.erase(first, last);
  chains_.shrink_to_fit();
  chain_at_.assign(history_->rows.size() + 1, 0);
  for (const Made& made : chains_) ++chain_at_[made.row + 1];
  for (std::size_t row = 0; row < history_->rows.size(); ++row) {
    chain_at_[row + 1] += chain_at_[row];
  }
}

void Model::place_operations() {
  places_.resize(history_->operations.size());
  std::unordered_map<SessionId, Place> now;
  for (OperationId id = 0; id < history_->operations.size(); ++id) {
    const auto [found, is_new] = now.try_emplace(operation(id).session);
    if (is_new || operation(id).loss_declared) {
      found->second = Place{.life = static_cast<LifeId>(lives_++), .index = 0};
    }
    ++found->second.index;
    places_[id] = found->second;
  }
}

std::span<const Made> Model::chain(RowId row) const {
  return std::span(chains_).subspan(chain_at_[row], chain_at_[row + 1] - chain_at_[row]);
}

const Made* Model::next(RowId row, Version version) const {
  const auto all = chain(row);
  // Where nothing is missing, version n is the nth.
  if (version < all.size() && all[version].version == version + 1 &&
      (version == 0 || all[version - 1].version == version)) {
    return &all[version];
  }
  const auto found = std::ranges::upper_bound(all, version, {}, &Made::version);
  return found == all.end() ? nullptr : &*found;
}

const Made* Model::only(RowId row, Version version) const {
  const auto [first, last] = std::ranges::equal_range(chain(row), version, {}, &Made::version);
  return last - first == 1 ? &*first : nullptr;
}

const Made* Model::made(RowId row, Version version, WriteId writer) const {
  if (version == 0) return nullptr;
  const auto all = chain(row);
  if (version <= all.size() && all[version - 1].version == version &&
      all[version - 1].writer == writer) {
    return &all[version - 1];
  }
  const auto found =
      std::ranges::lower_bound(all, std::tuple(row, version, writer), {}, by_row_version_writer);
  const bool is_there = found != all.end() && found->version == version && found->writer == writer;
  return is_there ? &*found : nullptr;
}

Version Model::version_of(const Put& put) const {
  return put.version != k_unknown_version ? put.version : written_.at(put.writer).version;
}

OperationId Model::sent_by(const Operation& taken_over) const {
  return sent_.at(taken_over.message);
}

}  // namespace tidemark::audit
