// Session: one reader and writer with memory, the marks of its writes and of its reads.
//
// A mark becomes a position once a view resolves it (routing/settle.h does that). Until then only
// the node that it was made on is known to cover it. Positions, once known, stay: they do not
// creep. Bounded memory and no allocation. Thread rule: confined to one thread, or guarded by who
// shares it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "consistency/frontier.h"
#include "consistency/mark.h"

namespace tidemark::consistency {

// A mark, and what has been learned of it since.
struct Remembered {
  Mark mark{};
  bool is_write = false;
  bool resolved = false;  // `position` bounds what happened up to the mark
  bool durable = false;   // it is flushed: no crash can take it any more, only a failover
  bool shown = false;     // the primary is known to show all of it
  Position position{};    // stated on the session's timeline
};

class Session {
 public:
  // How many runs of nodes a session remembers apart from each other.
  static constexpr std::size_t k_max_marks = 6;

  // Of an incarnation that is not known (0), nothing can be shown later: its marks count as lost. A
  // transaction that may have written and has read, too, leaves both kinds of marks.

  // A transaction that may have written has been answered, or its outcome will never be known
  // (anomaly P8), on the primary, before the instant `at`.
  void note_write(NodeIndex node, Incarnation incarnation, Instant at);

  // A read has been answered before the instant `at`. `is_primary`: the node was no standby by
  // then. A view may still take it for one; the server itself reports in_hot_standby as off before
  // it is ready for the next statement, and that counts.
  void note_read(NodeIndex node, Incarnation incarnation, Instant at, bool is_primary);

  // Whether nothing is remembered at all.
  bool empty() const;

  // Something that the session wrote, or read, may be gone for good: a failover or a crash took it.
  bool lost_writes() const { return lost_writes_; }
  bool lost_reads() const { return lost_reads_; }

  // Forgets what was lost: its owner has been told. What is not lost stays.
  void forgive();

  // The rest is for routing/settle.h, which brings a session up to date with a view.

  std::span<Remembered> marks() { return {marks_.data(), count_}; }
  std::span<const Remembered> marks() const { return {marks_.data(), count_}; }

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

  // REQUIRES: index < marks().size(). The last mark takes the place of the lost one.
  void lose(std::size_t index);
  void lose_written_floor();
  void lose_read_floor();

 private:
  void note(const Remembered& what);
  void make_room();
  void fold(std::size_t index);
  void drop(std::size_t index);

  std::array<Remembered, k_max_marks> marks_{};
  std::size_t count_ = 0;
  Frontier writes_;
  Frontier reads_;
  Lsn unshown_;
  Timeline timeline_ = 0;
  bool lost_writes_ = false;
  bool lost_reads_ = false;
};

}  // namespace tidemark::consistency
