// Session: one reader and writer with memory, the marks of its writes and of its reads.
//
// A mark becomes a position once a view resolves it (routing/settle.h does that). Until then only
// the node that it was made on is known to cover it. Positions, once known, stay: they do not
// creep. Memory is bounded, and allocated for as many marks as there have been at once. Thread
// rule: confined to one thread, or guarded by who shares it.
//
// A mark carries the tables that it was about, so that a write to one does not hold up the reads of
// another; what was done to a table later takes it out of an earlier mark. When there are too many
// marks, the oldest of one run join into one about the tables of both, at the later instant; beyond
// TableSet::k_capacity of them it is about any table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "consistency/frontier.h"
#include "consistency/mark.h"
#include "consistency/tables.h"

namespace tidemark::consistency {

// A mark, and what has been learned of it since.
struct Remembered {
  Mark mark{};
  TableSet tables = TableSet::of_any();  // what it was about, in `scope`
  bool is_write = false;
  bool resolved = false;  // `position` bounds what happened up to the mark
  bool durable = false;   // it is flushed: no crash can take it any more, only a failover
  bool shown = false;     // the primary is known to show all of it
  Position position{};    // stated on the session's timeline
  TableScope scope = 0;

  bool same_kind(const Remembered& other) const {
    return is_write == other.is_write && mark.same_run(other.mark);
  }
  bool is_about_any() const { return tables.any(); }
  Tables about() const { return tables.in(scope); }

  // What the other is about, this one needs not be. Nothing changes if that cannot be told apart.
  void leave_out(const Remembered& other) {
    if (other.is_about_any() || other.scope == scope) tables.remove(other.tables);
  }
  // Is about the other's tables, too.
  void take_in(const Remembered& other) {
    if (other.scope == scope) {
      tables.add(other.tables);
    } else {
      tables.add_any();
    }
  }
};

class Session {
 public:
  // How many runs of nodes, and instants, a session remembers apart from each other.
  static constexpr std::size_t k_max_marks = 8;

  // Of an incarnation that is not known (0), nothing can be shown later: its marks count as lost. A
  // transaction that may have written and has read, too, leaves both kinds of marks.

  // A transaction that may have written has been answered, or its outcome will never be known
  // (anomaly P8), on the primary, before the instant `at`.
  void note_write(NodeIndex node, Incarnation incarnation, Instant at, Tables tables = {});

  // A read has been answered before the instant `at`. `is_primary`: the node was no standby by
  // then. A view may still take it for one; the server itself reports in_hot_standby as off before
  // it is ready for the next statement, and that counts.
  void note_read(NodeIndex node, Incarnation incarnation, Instant at, bool is_primary,
                 Tables tables = {});

  // Requires from now on what the other does, too. Where positions of the two cannot be compared,
  // as they are stated on different timelines or of different systems, the other's count as lost.
  void merge(const Session& other);

  // Requires from now on what lies up to these positions: a token's, or the horizon. `shown`: the
  // primary of that timeline is known to show all of it.
  // REQUIRES: timeline() is 0 or `timeline`.
  void require(Timeline timeline, Lsn writes, Lsn reads, bool shown);

  // Something that it would have required is gone for good.
  void note_lost(bool writes, bool reads) {
    lost_writes_ |= writes;
    lost_reads_ |= reads;
  }

  // Room for marks stays: whoever hands them over after each statement notes the next ones here.
  void clear();

  // Whether nothing is remembered at all.
  bool empty() const;

  // Something that the session wrote, or read, may be gone for good: a failover or a crash took it.
  bool lost_writes() const { return lost_writes_; }
  bool lost_reads() const { return lost_reads_; }

  // Forgets what was lost: its owner has been told. What is not lost stays. Whoever was told that
  // writes may be lost knows of all; whoever was told of reads alone does not know of lost writes.
  void forgive();
  void forgive_reads() { lost_reads_ = false; }

  // Bytes that it holds besides sizeof(Session).
  std::size_t bytes_outside() const {
    return marks_.capacity() * sizeof(Remembered) + writes_.bytes_outside() +
           reads_.bytes_outside();
  }

  // The rest is for routing/settle.h, which brings a session up to date with a view.

  std::span<Remembered> marks() { return marks_; }
  std::span<const Remembered> marks() const { return marks_; }

  // The floors that belong to no remembered mark any more: folded in when room was needed.
  const Frontier& writes() const { return writes_; }
  const Frontier& reads() const { return reads_; }

  // What of these floors the primary is not yet known to show; zero for nothing.
  Lsn unshown() const { return unshown_; }
  void set_shown() { unshown_ = {}; }

  // The timeline on which all positions here are stated. Whoever changes it has made sure of each
  // that it survives there.
  Timeline timeline() const { return timeline_; }
  void restate(Timeline timeline);

  // The system identifier of the origin whose positions these are; 0 as long as there are none.
  std::uint64_t system() const { return system_; }
  void set_system(std::uint64_t identifier) { system_ = identifier; }

  // All that is remembered is gone for good.
  void lose_everything();

  // May be gone, or part of it. What has survived lies at or below `survivors`, and is required
  // from now on. REQUIRES: index < marks().size(). The last mark takes the place of the lost one.
  void lose(std::size_t index, Lsn survivors);
  void lose_written_floor(Lsn survivors);
  void lose_read_floor(Lsn survivors);

 private:
  void note(Remembered what, Tables tables);
  void note(Remembered what);
  void make_room();
  bool join_two(bool may_be_about_any);
  bool fold_settled();
  void fold(std::size_t index);
  void drop(std::size_t index);

  std::vector<Remembered> marks_;
  Frontier writes_;
  Frontier reads_;
  Lsn unshown_;
  std::uint64_t system_ = 0;
  Timeline timeline_ = 0;
  bool lost_writes_ = false;
  bool lost_reads_ = false;
};

}  // namespace tidemark::consistency
