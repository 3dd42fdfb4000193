// The backend that completes operations: what a turn flushed, and what it wants to receive, goes to
// the kernel with the one system call that waits for the next turn.
//
// Whatever is in flight names its stream or watch, so these are freed, and their descriptors
// closed, only when their last operation has come back; a descriptor's number is never taken over
// by another socket while an entry that names it waits to be submitted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "net/backend.h"
#include "net/uring.h"

namespace tidemark::net {

class UringStream;

class UringBackend final : public Backend {
 public:
  // Throws std::system_error if the kernel does not let us.
  UringBackend();
  ~UringBackend() override;

  Stream* open(Descriptor fd, StreamOwner& owner, bool connecting) override;
  bool watch(int fd, std::function<void()> on_readable) override;
  void unwatch(int fd) override;
  void wait(Duration timeout) override;
  void end_turn() override;
  void push() override { ring_.submit(); }

 private:
  friend class UringStream;

  struct Watch {
    int fd;
    std::function<void()> on_readable;
    bool armed = false;
    bool ended = false;
  };

  void arm();
  void deliver(const Uring::Completion& completion);
  void conclude_sends();
  void on_watch(Watch& watch);
  void bury(UringStream& stream);

  Uring ring_;
  std::vector<std::unique_ptr<UringStream>> streams_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::vector<std::unique_ptr<Watch>> ending_;  // not watched any more, but in flight
  std::vector<Watch*> to_watch_;
  std::vector<UringStream*> to_arm_;
  std::vector<UringStream*> arming_;       // empty between turns
  std::vector<UringStream*> sending_;      // what was flushed and is not concluded
  std::vector<UringStream*> concluding_;   // empty between turns
  std::vector<Uring::Completion> others_;  // than of sends; empty between turns
  bool closed_while_queued_ = false;
  std::vector<std::unique_ptr<UringStream>> graveyard_;  // freed at the end of the turn
};

}  // namespace tidemark::net
