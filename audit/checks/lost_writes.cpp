#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "audit/checks/lost.h"
#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

class Check {
 public:
  explicit Check(const Model& model)
      : model_(model), tally_(Guarantee::k_no_lost_writes, model.history()) {
    const History& all = model.history();
    last_.resize(all.rows.size());
    items_.resize(all.rows.size());
    for (const Seen& last : all.last) last_[last.row] = &last;
    for (const ListSeen& last : all.last_lists) {
      items_[last.row].emplace(last.items.begin(), last.items.end());
    }
    for (OperationId id = 0; id < all.operations.size(); ++id) {
      if (all.operations[id].loss_declared) declared_[all.operations[id].session].push_back(id);
    }
  }

  Verdict run() && {
    for (RowId row = 0; row < model_.history().rows.size(); ++row) {
      for (const Made& made : model_.chain(row)) {
        if (made.acknowledged()) judge(made);
      }
    }
    return std::move(tally_).verdict();
  }

 private:
  void judge(const Made& made) {
    const Seen* last = last_[made.row];
    const Made* survivor = survivor_of(made);
    const bool is_item = !items_[made.row] || items_[made.row]->contains(made.writer);
    const bool is_known =
        last != nullptr || survivor != &made || model_.next(made.row, made.version) != nullptr;
    if (!is_known) return;
    tally_.chance();
    if (survivor != &made) {
      tally_.violation({made.operation, survivor->operation}, [&] {
        return Telling{.what = {wrote(model_.history(), made.row, made.version),
                                wrote(model_.history(), made.row, made.version)},
                       .conclusion = "the second made the same version, and the first was lost" +
                                     declared(made)};
      });
    } else if (last != nullptr && last->version < made.version) {
      tell_end(made, fmt::format("at version {}", last->version));
    } else if (!is_item) {
      tell_end(made, "without this item");
    }
  }

  void tell_end(const Made& made, const std::string& how) {
    tally_.violation({made.operation}, [&] {
      return Telling{.what = {wrote(model_.history(), made.row, made.version)},
                     .conclusion = fmt::format("it was acknowledged, and in the end {} was {}{}",
                                               row_name(model_.history().rows[made.row]), how,
                                               declared(made))};
    });
  }

  // Which of all that claim its version is the one that stayed; itself if nobody else does.
  const Made* survivor_of(const Made& made) const {
    const auto chain = model_.chain(made.row);
    const auto same = std::ranges::equal_range(chain, made.version, {}, &Made::version);
    const Made* latest = &made;
    for (const Made& other : same) {
      const Seen* last = last_[made.row];
      if (last != nullptr && last->version == made.version && last->writer == other.writer) {
        return &other;
      }
      if (items_[made.row] && items_[made.row]->contains(other.writer)) return &other;
      // What came later was made on the branch that others went on with.
      if (std::pair(latest->started, latest->writer) < std::pair(other.started, other.writer)) {
        latest = &other;
      }
    }
    return latest;
  }

  // Whether its session was told so behind the write.
  std::string declared(const Made& made) const {
    const SessionId session = model_.operation(made.operation).session;
    const auto found = declared_.find(session);
    if (found == declared_.end()) return "";
    const auto later = std::ranges::upper_bound(found->second, made.operation);
    if (later == found->second.end()) return "";
    return fmt::format("; session {} was told of a possible loss {} later", session,
                       in_words(model_.operation(*later).ended - made.ended));
  }

  const Model& model_;
  Tally tally_;
  std::vector<const Seen*> last_;
  std::vector<std::optional<std::unordered_set<WriteId>>> items_;
  std::map<SessionId, std::vector<OperationId>> declared_;
};

}  // namespace

Verdict check_no_lost_writes(const Model& model) { return Check(model).run(); }

}  // namespace tidemark::audit
