// The backend that works everywhere. Sockets are watched edge-triggered and for everything from the
// beginning, so that neither pausing nor a full socket costs a system call, and what was read empty
// is not looked at again. What an edge said and was not dealt with is remembered in the stream.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "net/backend.h"
#include "net/poller.h"

namespace tidemark::net {

class EpollStream;

class EpollBackend final : public Backend {
 public:
  // The most that one receive hands over.
  static constexpr std::size_t k_receive_bytes = 64 * 1024;

  // Throws std::system_error if the kernel has no descriptor left.
  EpollBackend();
  ~EpollBackend() override;

  Stream* open(Descriptor fd, StreamOwner& owner, bool connecting) override;
  bool watch(int fd, std::function<void()> on_readable) override;
  void unwatch(int fd) override;
  void wait(Duration timeout) override;
  void end_turn() override;
  void push() override {}

 private:
  friend class EpollStream;
  class Watch;

  void bury(EpollStream& stream);

  Poller poller_;
  std::unique_ptr<char[]> scratch_;  // one receive; what is not consumed is copied away
  std::vector<std::unique_ptr<EpollStream>> streams_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::vector<EpollStream*> again_;                      // to look at in the next turn
  std::vector<EpollStream*> looking_;                    // being looked at; empty between turns
  std::vector<std::unique_ptr<EventSource>> graveyard_;  // an event of this turn may name them
};

class EpollStream final : public Stream, public EventSource {
 public:
  EpollStream(EpollBackend& backend, Descriptor fd, StreamOwner& owner, bool connecting)
      : Stream(std::move(fd), owner), backend_(backend), connecting_(connecting) {}

  void connected() override;
  void stop_receiving() override;
  void go_on_receiving() override;
  void flush(Buffer& out, bool tell) override;
  void close() override;

 private:
  friend class EpollBackend;

  void on_events(std::uint32_t events) override;
  void look();
  void look_later();
  void receive();

  EpollBackend& backend_;
  std::size_t index_ = 0;   // place in the backend's table
  std::uint32_t seen_ = 0;  // what the kernel said and nobody has dealt with
  bool connecting_;
  bool receiving_ = true;
  bool over_ = false;     // on_receive_over() was told
  bool gone_ = false;     // on_gone() was told
  bool blocked_ = false;  // the kernel takes no more bytes until it says so
  bool queued_ = false;   // in the backend's list
};

}  // namespace tidemark::net
