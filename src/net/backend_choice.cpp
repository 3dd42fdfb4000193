#include "net/backend_choice.h"

#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "net/descriptor.h"
#include "net/socket.h"
#include "net/uring.h"
#include "net/uring_stream.h"

namespace tidemark::net {
namespace {

constexpr std::string_view k_word = "tide";
constexpr std::size_t k_too_much = 8 << 20;  // more than any socket holds for its peer
constexpr Duration k_limit = std::chrono::seconds(1);

// Waits for the completion of that name, and gives back the buffers of others.
Result<Uring::Completion> completion_of(Uring& ring, std::uint64_t name) {
  for (int tries = 0; tries < 4; ++tries) {
    ring.enter(k_limit);
    while (const auto completion = ring.completion()) {
      if (completion->user_data == name) return *completion;
    }
  }
  return fail("an operation did not complete");
}

constexpr std::uint64_t k_receive = uring_name(nullptr, UringOp::k_receive);
constexpr std::uint64_t k_send = uring_name(nullptr, UringOp::k_send);

void start_sending(Uring& ring, int fd, std::string_view bytes) {
  io_uring_sqe& entry = ring.entry();
  io_uring_prep_send(&entry, fd, bytes.data(), bytes.size(), UringStream::k_send_flags);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry.user_data = k_send;
}

// A receive that waits for a word, the word, and a receive that is taken back.
Result<void> rehearse_receiving(Uring& ring, int here, int there) {
  const auto start_receiving = [&] {
    io_uring_sqe& entry = ring.entry();
    io_uring_prep_recv(&entry, here, nullptr, 0, 0);
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = Uring::k_buffer_group;
    entry.ioprio |= IORING_RECVSEND_POLL_FIRST;
    entry.user_data = k_receive;
  };
  start_receiving();
  start_sending(ring, there, k_word);
  auto received = completion_of(ring, k_receive);
  if (!received) return std::unexpected(received.error());
  if (received->result < 0) return fail("receiving: " + error_text(-received->result));
  if (ring.received(*received) != k_word) return fail("what was sent is not what was received");
  ring.give_back(*received);

  start_receiving();
  io_uring_sqe& cancel = ring.entry();
  io_uring_prep_cancel64(&cancel, k_receive, 0);
  cancel.user_data = uring_name(nullptr, UringOp::k_cancel);
  received = completion_of(ring, k_receive);
  if (!received) return std::unexpected(received.error());
  if (received->result != -ECANCELED) return fail("an operation could not be cancelled");
  return {};
}

// A send that does not fit must say how much of it went, or bytes would be lost or doubled.
Result<void> rehearse_sending(Uring& ring, int here, int there) {
  const std::string too_much(k_too_much, 'x');
  start_sending(ring, there, too_much);
  const auto sent = completion_of(ring, k_send);
  if (!sent) return std::unexpected(sent.error());
  if (sent->result < 0) return fail("sending: " + error_text(-sent->result));
  std::int64_t arrived = 0;
  std::string some(k_too_much, ' ');
  for (ssize_t got = 0; (got = recv(here, some.data(), some.size(), MSG_DONTWAIT)) > 0;) {
    arrived += got;
  }
  if (arrived != sent->result) return fail("a send does not say how much of it went");
  return {};
}

}  // namespace

Result<void> try_io_uring() {
  try {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
      return fail("socketpair: " + error_text(errno));
    }
    const Descriptor here(ends[0]);
    const Descriptor there(ends[1]);
    Uring ring;
    const auto received = rehearse_receiving(ring, here.get(), there.get());
    return received ? rehearse_sending(ring, here.get(), there.get()) : received;
  } catch (const std::system_error& error) {
    return fail(error.what());
  }
}

std::string_view to_string(BackendWish wish) {
  if (wish == BackendWish::k_auto) return "auto";
  return to_string(wish == BackendWish::k_epoll ? BackendKind::k_epoll : BackendKind::k_io_uring);
}

Result<BackendChoice> choose_backend(BackendWish wish) {
  if (wish == BackendWish::k_epoll) return BackendChoice{BackendKind::k_epoll, "configured"};
  const auto tried = try_io_uring();
  if (wish == BackendWish::k_io_uring) {
    if (!tried) return fail("io_uring does not work here: " + tried.error().message);
    return BackendChoice{BackendKind::k_io_uring, "configured"};
  }
  if (tried) return BackendChoice{BackendKind::k_io_uring, "io_uring works here"};
  return BackendChoice{BackendKind::k_epoll,
                       "io_uring does not work here: " + tried.error().message};
}

}  // namespace tidemark::net
