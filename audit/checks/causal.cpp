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
class Writes {
 public:
  struct Entry {
    std::uint32_t index = 0;
    Version version = 0;
    const Made* made = nullptr;
  };

  explicit Writes(std::size_t line) : line_(line) {}

  std::size_t line() const { return line_; }

  // REQUIRES: in the order of their indexes.
  void add(std::uint32_t index, const Made& made) {
    if (entries_.empty() || entries_.back().version < made.version) {
      entries_.push_back({index, made.version, &made});
    }
  }

  const Entry* newest_in(const Clock& clock) {
    if (line_ >= clock.size() || clock[line_] == 0) return nullptr;
    // Who asks next mostly knows about as much: look from there, in growing steps.
    const std::uint32_t known = clock[line_];
    const auto is_known = [&](std::size_t at) { return entries_[at].index <= known; };
    std::size_t low = near_;   // all before it are known
    std::size_t high = near_;  // none from it on is
    for (std::size_t step = 1; high < entries_.size() && is_known(high); step *= 2) {
      low = high + 1;
      high = std::min(high + step, entries_.size());
    }
    for (std::size_t step = 1; low > 0 && !is_known(low - 1); step *= 2) {
      high = low - 1;
      low -= std::min(step, low);
    }
    const auto begin = entries_.begin();
    const auto behind = std::upper_bound(
        begin + static_cast<std::ptrdiff_t>(low), begin + static_cast<std::ptrdiff_t>(high), known,
        [](std::uint32_t index, const Entry& entry) { return index < entry.index; });
    near_ = static_cast<std::size_t>(behind - begin);
    return behind == begin ? nullptr : &*std::prev(behind);
  }

 private:
  std::size_t line_;
  std::vector<Entry> entries_;
  std::size_t near_ = 0;
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
    if (rows.empty() || rows.back().line() != line) rows.emplace_back(line);
    rows.back().add(index, *made);
  }
  return rows;
}

struct Missed {
  bool is_own = false;  // the row itself had told the session: not for causality alone to see
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
    if (is_known_to_its_session(operation)) {
      Clock& past = current_[model_.place(id).life];
      const Clock before = past;
      learn(id, past);
      for (const Seen& seen : operation.seen) check(id, seen, before, past);
      raise(past, points_[id].line, points_[id].index);
      if (operation.kind == OperationKind::k_hand_over || !operation.puts.empty()) {
        stored_[id] = past;
      }
    } else if (model_.happened(id)) {
      stored_[id] = current_[model_.place(id).life];
      learn(id, stored_[id]);
      raise(stored_[id], points_[id].line, points_[id].index);
    }
  }

  void learn(OperationId id, Clock& past) const {
    causes_.for_each(id, [&](OperationId cause) { merge(past, stored_[cause]); });
  }

  void check(OperationId id, const Seen& seen, const Clock& before, const Clock& past) {
    const LifeId life = model_.place(id).life;
    const Made* missing = nullptr;
    Version others = 0;
    for (Writes& writes : writes_[seen.row]) {
      const Writes::Entry* newest = writes.newest_in(past);
      if (newest == nullptr) continue;
      if (writes.line() != life) others = std::max(others, newest->version);
      if (newest->version < seen.version) continue;
      const bool is_missing = misses(seen, newest->version, newest->made->writer);
      const bool is_newer = missing == nullptr || missing->version < newest->version;
      if (is_missing && is_newer) missing = newest->made;
    }
    const Version known = known_from_the_row(id, seen.row);
    if (missing != nullptr || (others > known && is_told_otherwise(id, seen, before, known))) {
      tally_.chance();
    }
    if (missing == nullptr) return;
    tally_.note(id);
    const Duration span = model_.operation(id).ended - missing->started;
    missed_.push_back({missing->version <= known, span, id, seen, missing});
  }

  // Whether more than `known` of the row was to be learnt otherwise than by this read of it.
  bool is_told_otherwise(OperationId id, const Seen& seen, Clock past, Version known) {
    for (const Seen& other : model_.operation(id).seen) {
      const Made* made = other.row == seen.row ? nullptr : model_.made(other);
      if (made != nullptr) merge(past, stored_[made->operation]);
    }
    return std::ranges::any_of(writes_[seen.row], [&](Writes& writes) {
      const auto* newest = writes.newest_in(past);
      return newest != nullptr && newest->version > known && writes.line() != model_.place(id).life;
    });
  }

  Version known_from_the_row(OperationId id, RowId row) const {
    const auto* seen = traces_.seen.before(model_.place(id), row);
    const auto* written = traces_.written.before(model_.place(id), row);
    return std::max(seen == nullptr ? 0 : seen->version, written == nullptr ? 0 : written->version);
  }

  // Of what only causality demands, if there is any; and of the closest.
  void tell() {
    const auto own = std::ranges::partition(missed_, [](const Missed& m) { return !m.is_own; });
    if (own.size() < missed_.size()) missed_.erase(own.begin(), own.end());
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
