#include "net/uring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace tidemark::net {
namespace {

constexpr unsigned k_submissions = 1024;
// Room for the completions of thousands of connections in one turn; the kernel keeps more than
// these in order as well, but at a price.
constexpr unsigned k_completions = 8192;
constexpr unsigned k_features =
    IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_FAST_POLL | IORING_FEAT_SUBMIT_STABLE;

[[noreturn]] void refuse(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

constexpr std::size_t k_page = 4096;
constexpr std::size_t k_ring_bytes =
    (Uring::k_buffers * sizeof(io_uring_buf) + k_page - 1) / k_page * k_page;

// A signal, the end of the time, or a kernel that is short of memory: try again.
void check(int result) {
  CHECK(result >= 0 || result == -EINTR || result == -ETIME || result == -EAGAIN ||
        result == -EBUSY);
}

}  // namespace

void Uring::Unmap::operator()(void* memory) const { munmap(memory, size); }

Uring::Uring() : memory_(nullptr, Unmap{k_ring_bytes + k_buffers * std::size_t{k_buffer_bytes}}) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  params.cq_entries = k_completions;
  const int made = io_uring_queue_init_params(k_submissions, &ring_, &params);
  if (made < 0) refuse(-made, "io_uring_setup");
  if ((params.features & k_features) != k_features) {
    io_uring_queue_exit(&ring_);
    refuse(ENOSYS, "io_uring_setup");
  }

  void* memory = mmap(nullptr, memory_.get_deleter().size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int error = memory == MAP_FAILED ? errno : 0;
  if (error == 0) {
    memory_.reset(memory);
    buffers_ = static_cast<io_uring_buf_ring*>(memory);
    io_uring_buf_reg group{};
    group.ring_addr = reinterpret_cast<std::uint64_t>(memory);
    group.ring_entries = k_buffers;
    group.bgid = k_buffer_group;
    error = -io_uring_register_buf_ring(&ring_, &group, 0);
  }
  if (error != 0) {
    io_uring_queue_exit(&ring_);
    refuse(error, "io_uring_register");
  }
  bytes_ = static_cast<char*>(memory) + k_ring_bytes;
  io_uring_buf_ring_init(buffers_);
  const int mask = io_uring_buf_ring_mask(k_buffers);
  for (std::uint32_t i = 0; i < k_buffers; ++i) {
    io_uring_buf_ring_add(buffers_, bytes_ + std::size_t{i} * k_buffer_bytes, k_buffer_bytes,
                          static_cast<unsigned short>(i), mask, static_cast<int>(i));
  }
  io_uring_buf_ring_advance(buffers_, k_buffers);
}

Uring::~Uring() { io_uring_queue_exit(&ring_); }

// Enabling binds the ring to this thread. A registered descriptor saves its look-up with each call,
// and is no must.
void Uring::start() {
  if (started_) return;
  started_ = true;
  // liburing 2.3 declares io_uring_enable_rings() and does not export it.
  const auto enabled =
      syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  if (enabled < 0) refuse(errno, "io_uring_register");
  io_uring_register_ring_fd(&ring_);
}

io_uring_sqe& Uring::entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry == nullptr) {
    submit();
    entry = io_uring_get_sqe(&ring_);
  }
  CHECK(entry != nullptr);
  return *entry;
}

void Uring::submit() {
  start();
  while (io_uring_sq_ready(&ring_) > 0) check(io_uring_submit_and_get_events(&ring_));
}

void Uring::enter(Duration timeout) {
  start();
  if (timeout == Duration::zero()) {
    check(io_uring_submit_and_get_events(&ring_));
  } else if (timeout < Duration::zero()) {
    check(io_uring_submit_and_wait(&ring_, 1));
  } else {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    __kernel_timespec limit{.tv_sec = seconds.count(), .tv_nsec = (timeout - seconds).count()};
    io_uring_cqe* first = nullptr;
    check(io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr));
  }
  submit();  // what a kernel short of memory has left
}

std::optional<Uring::Completion> Uring::completion() {
  io_uring_cqe* next = nullptr;
  if (io_uring_peek_cqe(&ring_, &next) != 0 || next == nullptr) return std::nullopt;
  const Completion copy{.user_data = next->user_data, .result = next->res, .flags = next->flags};
  io_uring_cqe_seen(&ring_, next);
  return copy;
}

std::string_view Uring::received(const Completion& completion) const {
  const std::size_t buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
  return {bytes_ + buffer * k_buffer_bytes, static_cast<std::size_t>(completion.result)};
}

void Uring::give_back(const Completion& completion) {
  const auto buffer = static_cast<unsigned short>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  io_uring_buf_ring_add(buffers_, bytes_ + std::size_t{buffer} * k_buffer_bytes, k_buffer_bytes,
                        buffer, io_uring_buf_ring_mask(k_buffers), 0);
  io_uring_buf_ring_advance(buffers_, 1);
}

}  // namespace tidemark::net
