#include "audit/checks/causal.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// Chains of causes are looked for between this many reads and what they missed: the closest.
constexpr std::size_t k_most_paths = 64;

// The index of the latest known operation of each line, counted from 1. Lines behind the end are
// unknown.
using Clock = std::vector<std::uint32_t>;

void raise(Clock& clock, std::size_t line, std::uint32_t index) {
  if (clock.size() <= line) clock.resize(line + 1);
  clock[line] = std::max(clock[line], index);
}

void merge(Clock& clock, const Clock& other) {
  if (clock.size() < other.size()) clock.resize(other.size());
  for (std::size_t line = 0; line < other.size(); ++line) {
    clock[line] = std::max(clock[line], other[line]);
  }
}

// Where on which line an operation stands.
struct Point {
  std::size_t line = 0;
  std::uint32_t index = 0;
};

std::vector<Point> points(const Model& model) {
  std::vector<Point> points(model.history().operations.size());
  std::size_t lines = model.lives();
  for (OperationId id = 0; id < points.size(); ++id) {
    const bool is_alone = model.happened(id) && !is_known_to_its_session(model.operation(id));
    const Place place = model.place(id);
    points[id] = is_alone ? Point{lines++, 1} : Point{place.life, place.index};
  }
  return points;
}

// The writes to one row by one line, ascending; each with the newest version up to it.
struct Writes {
  struct Entry {
    std::uint32_t index = 0;
    const Made* made = nullptr;
  };
  std::size_t line = 0;
  std::vector<Entry> entries;

  const Made* newest_in(const Clock& clock) const {
    if (line >= clock.size()) return nullptr;
    const auto behind = std::ranges::upper_bound(entries, clock[line], {}, &Entry::index);
    return behind == entries.begin() ? nullptr : std::prev(behind)->made;
  }
};

std::vector<Writes> writes_of(std::span<const Made> chain, const std::vector<Point>& points) {
  std::vector<std::tuple<std::size_t, std::uint32_t, const Made*>> all;
  all.reserve(chain.size());
  for (const Made& made : chain) {
    all.emplace_back(points[made.operation].line, points[made.operation].index, &made);
  }
  std::ranges::sort(all);
  std::vector<Writes> rows;
  for (const auto& [line, index, made] : all) {
    if (rows.empty() || rows.back().line != line) rows.push_back({.line = line, .entries = {}});
    auto& entries = rows.back().entries;
    const bool is_newer = entries.empty() || entries.back().made->version < made->version;
    entries.push_back({index, is_newer ? made : entries.back().made});
  }
  return rows;
}

struct Missed {
  Duration span{0};
  OperationId read = 0;
  Seen seen;
  const Made* made = nullptr;
};

class Check {
 public:
  Check(const Causes& causes, const Traces& traces)
      : causes_(causes),
        model_(causes.model()),
        traces_(traces),
        points_(points(model_)),
        tally_(Guarantee::k_causal, model_.history()),
        stored_(points_.size()),
        current_(model_.lives()) {
    for (RowId row = 0; row < model_.history().rows.size(); ++row) {
      writes_.push_back(writes_of(model_.chain(row), points_));
    }
  }

  Verdict run() && {
    for (const OperationId id : causes_.in_order()) visit(id);
    tell();
    return std::move(tally_).verdict();
  }

 private:
  void visit(OperationId id) {
    const Operation& operation = model_.operation(id);
    const LifeId life = model_.place(id).life;
    const bool goes_on = is_known_to_its_session(operation);
    const bool is_cause = model_.happened(id) || operation.kind == OperationKind::k_hand_over;
    if (!goes_on && !is_cause) return;
    Clock past = current_[life];
    causes_.for_each(id, [&](OperationId cause) { merge(past, stored_[cause]); });
    if (goes_on) {
      for (const Seen& seen : operation.seen) check(id, seen, past);
    }
    raise(past, points_[id].line, points_[id].index);
    if (is_cause) stored_[id] = past;
    if (goes_on) current_[life] = std::move(past);
  }

  void check(OperationId id, const Seen& seen, const Clock& past) {
    const LifeId life = model_.place(id).life;
    const Made* missing = nullptr;
    Version others = 0;
    for (const Writes& writes : writes_[seen.row]) {
      const Made* made = writes.newest_in(past);
      if (made == nullptr) continue;
      const bool is_missing = misses(seen, made->version, made->writer);
      if (is_missing && (missing == nullptr || missing->version < made->version)) missing = made;
      if (writes.line != life) others = std::max(others, made->version);
    }
    if (missing != nullptr || others > known_from_the_row(id, seen.row)) tally_.chance();
    if (missing == nullptr) return;
    tally_.note(id);
    const Duration span = model_.operation(id).ended - missing->started;
    missed_.push_back({span, id, seen, missing});
  }

  Version known_from_the_row(OperationId id, RowId row) const {
    const auto* seen = traces_.seen.before(model_.place(id), row);
    const auto* written = traces_.written.before(model_.place(id), row);
    return std::max(seen == nullptr ? 0 : seen->version, written == nullptr ? 0 : written->version);
  }

  void tell() {
    const std::size_t told = std::min(missed_.size(), k_most_paths);
    std::ranges::partial_sort(missed_, missed_.begin() + static_cast<std::ptrdiff_t>(told), {},
                              &Missed::span);
    for (const Missed& missed : std::span(missed_).first(told)) {
      const auto path = causal_path(causes_, missed.made->operation, missed.read);
      tally_.example(path, [&] {
        Telling telling{.what = tell_path(model_, path), .conclusion = {}};
        const History& all = model_.history();
        const auto also = [](const std::string& main, const std::string& link) {
          return link.empty() || link == main ? main : main + "; " + link;
        };
        telling.what.front() =
            also(wrote(all, missed.seen.row, missed.made->version), telling.what.front());
        telling.what.back() = also(saw(all, missed.seen), telling.what.back());
        telling.conclusion = fmt::format("version {} of {}, of which it could know, was missing",
                                         missed.made->version, row_name(all.rows[missed.seen.row]));
        return telling;
      });
    }
  }

  const Causes& causes_;
  const Model& model_;
  const Traces& traces_;
  std::vector<Point> points_;
  Tally tally_;
  std::vector<Clock> stored_;   // of writes and of messages: their past, and themselves
  std::vector<Clock> current_;  // of each life
  std::vector<std::vector<Writes>> writes_;  // by row
  std::vector<Missed> missed_;
};

}  // namespace

Verdict check_causal(const Causes& causes, const Traces& traces) {
  return Check(causes, traces).run();
}

}  // namespace tidemark::audit
