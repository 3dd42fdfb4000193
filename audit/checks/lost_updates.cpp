#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "audit/checks/lost.h"
#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// One list as it was read; of the last state there is no operation.
struct ListRead {
  const ListSeen* list = nullptr;
  std::optional<OperationId> operation;
};

class Check {
 public:
  explicit Check(const Model& model)
      : model_(model), tally_(Guarantee::k_no_lost_updates, model.history()) {}

  Verdict run() && {
    for (const Operation& operation : model_.history().operations) {
      if (operation.outcome == Outcome::k_ok) tally_.chances(operation.puts.size());
    }
    for (RowId row = 0; row < model_.history().rows.size(); ++row) {
      check_claims(model_.chain(row));
      check_twice(model_.chain(row));
    }
    check_counts();
    check_lists();
    return std::move(tally_).verdict();
  }

 private:
  const History& all() const { return model_.history(); }

  // Two acknowledged writes that made the same version: both overwrote the same one.
  void check_claims(std::span<const Made> chain) {
    const Made* first = nullptr;
    for (const Made& made : chain) {
      if (!made.acknowledged()) continue;
      if (first == nullptr || first->version != made.version) {
        first = &made;
        continue;
      }
      const bool is_in_order = first->started <= made.started;
      const Made& one = is_in_order ? *first : made;
      const Made& two = is_in_order ? made : *first;
      tally_.violation({one.operation, two.operation}, [&] {
        return Telling{
            .what = {wrote(all(), one.row, one.version), wrote(all(), two.row, two.version)},
            .conclusion = "both were acknowledged and made the same version"};
      });
    }
  }

  void check_twice(std::span<const Made> chain) {
    for (const Made& made : chain) {
      const Version known = model_.version_of(made.writer);
      if (known == made.version) continue;
      tally_.violation({made.operation}, [&] {
        return Telling{.what = {wrote(all(), made.row, known)},
                       .conclusion = fmt::format("it took effect twice, as versions {} and {}",
                                                 std::min(known, made.version),
                                                 std::max(known, made.version))};
      });
    }
  }

  // More versions than all writes that may have happened account for.
  void check_counts() {
    std::vector<Version> most(all().rows.size());
    for (OperationId id = 0; id < all().operations.size(); ++id) {
      const Operation& operation = model_.operation(id);
      if (operation.outcome == Outcome::k_failed && !model_.happened(id)) continue;
      for (const Put& put : operation.puts) ++most[put.row];
    }
    for (const Seen& last : all().last) {
      if (last.version <= most[last.row]) continue;
      const OperationId by = model_.made(last)->operation;
      tally_.violation({by}, [&] {
        return Telling{
            .what = {wrote(all(), last.row, last.version)},
            .conclusion = fmt::format("at most {} writes were made to that row", most[last.row])};
      });
    }
  }

  void check_lists() {
    std::vector<ListRead> reads;
    for (OperationId id = 0; id < all().operations.size(); ++id) {
      if (model_.operation(id).outcome != Outcome::k_ok) continue;
      for (const ListSeen& list : model_.operation(id).lists) reads.push_back({&list, id});
    }
    tally_.chances(reads.size());
    std::vector<ListRead> longest(all().rows.size());
    const auto keep_longest = [&](const ListRead& read) {
      ListRead& kept = longest[read.list->row];
      if (kept.list == nullptr || kept.list->items.size() < read.list->items.size()) kept = read;
    };
    for (const ListSeen& last : all().last_lists) keep_longest({&last, std::nullopt});
    for (const ListRead& read : reads) keep_longest(read);
    for (const ListRead& read : longest) check_repeats(read);
    for (const ListRead& read : reads) check_prefix(read, longest[read.list->row]);
    for (const ListSeen& last : all().last_lists) {
      const ListRead& kept = longest[last.row];
      if (kept.operation) check_prefix(kept, {&last, std::nullopt});
    }
  }

  void check_repeats(const ListRead& read) {
    if (read.list == nullptr) return;
    std::unordered_set<WriteId> items;
    for (const WriteId item : read.list->items) {
      if (items.insert(item).second) continue;
      tally_.violation({model_.operation_of(item)}, [&] {
        return Telling{.what = {"appended to " + row_name(all().rows[read.list->row])},
                       .conclusion = "its item was there twice"};
      });
    }
  }

  // Whether the shorter of the two begins the longer.
  void check_prefix(const ListRead& read, const ListRead& other) {
    const auto& items = read.list->items;
    const auto& others = other.list->items;
    const auto differs = std::ranges::mismatch(items, others);
    if (differs.in1 == items.end() || differs.in2 == others.end()) return;
    std::vector<OperationId> operations = {*read.operation};
    if (other.operation) operations.insert(operations.begin(), *other.operation);
    tally_.violation(std::span<const OperationId>(operations), [&] {
      const std::string name = row_name(all().rows[read.list->row]);
      Telling telling;
      if (other.operation) {
        telling.what.push_back(fmt::format("saw {} with {} items", name, others.size()));
      }
      telling.what.push_back(fmt::format("saw {} with {} items", name, items.size()));
      telling.conclusion =
          fmt::format("item {} was not the same {}, and lists only grow",
                      differs.in1 - items.begin() + 1, other.operation ? "in both" : "in the end");
      return telling;
    });
  }

  const Model& model_;
  Tally tally_;
};

}  // namespace

Verdict check_no_lost_updates(const Model& model) { return Check(model).run(); }

}  // namespace tidemark::audit
