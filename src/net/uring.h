// io_uring as this program uses it: one thread submits and waits, with one system call for both,
// and what completes meanwhile is run by that very call (single issuer, deferred task run).
// Received bytes land in buffers that the kernel picks from a ring when there is something to
// receive, so that a connection that waits holds none.
//
// Thread rule: the thread of the first enter() is the only one from then on.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/instant.h"

namespace tidemark::net {

class Uring {
 public:
  struct Completion {
    std::uint64_t user_data;
    std::int32_t result;  // negative: an errno
    std::uint32_t flags;  // IORING_CQE_F_…
  };

  // Of each receive. Together with their number this bounds what one turn can take in.
  static constexpr std::uint32_t k_buffer_bytes = 32 * 1024;
  static constexpr std::uint32_t k_buffers = 128;
  static constexpr int k_buffer_group = 0;

  // Throws std::system_error if the kernel does not let us.
  Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;
  // Whatever is in flight ends without a completion.
  ~Uring();

  // A cleared entry to fill in. Submits what is there if the queue is full, so what an earlier
  // entry points to must be valid from the moment it is filled in.
  io_uring_sqe& entry();

  // Submits everything, then waits until something completes, but no longer than timeout (negative:
  // for ever).
  void enter(Duration timeout);
  void submit();

  // The next completion, if there is one.
  std::optional<Completion> completion();

  // Bytes of a completion with IORING_CQE_F_BUFFER. Valid until give_back() of the same.
  std::string_view received(const Completion& completion) const;
  void give_back(const Completion& completion);

 private:
  void start();

  struct Unmap {
    std::size_t size;
    void operator()(void* memory) const;
  };

  io_uring ring_;
  bool started_ = false;
  std::unique_ptr<void, Unmap> memory_;  // the ring of buffers, then the buffers
  io_uring_buf_ring* buffers_ = nullptr;
  char* bytes_ = nullptr;
};

}  // namespace tidemark::net
