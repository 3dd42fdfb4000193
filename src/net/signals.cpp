#include "net/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/check.h"

namespace tidemark::net {
namespace {

std::atomic<int> pipe_of_handler = -1;

// A full pipe loses the number, but then a hundred like it wait to be read.
void write_number(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const auto written = write(pipe_of_handler.load(), &byte, 1);
  errno = saved;
}

}  // namespace

Signals::Signals(Reactor& reactor, std::initializer_list<int> numbers,
                 std::function<void(int)> on_signal)
    : reactor_(reactor), on_signal_(std::move(on_signal)) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  read_end_.reset(ends[0]);
  write_end_.reset(ends[1]);
  CHECK(pipe_of_handler.exchange(ends[1]) == -1);
  const auto watched = reactor_.watch(ends[0], [this] { on_readable(); });
  CHECK(watched.has_value());

  struct sigaction action{};
  action.sa_handler = write_number;
  action.sa_flags = SA_RESTART;
  for (const int number : numbers) {
    struct sigaction before{};
    CHECK(sigaction(number, &action, &before) == 0);
    before_.emplace_back(number, before);
  }
}

Signals::~Signals() {
  for (const auto& [number, before] : before_) sigaction(number, &before, nullptr);
  pipe_of_handler.store(-1);
  reactor_.unwatch(read_end_.get());
}

void Signals::on_readable() {
  unsigned char numbers[64];
  const auto got = read(read_end_.get(), numbers, sizeof(numbers));
  for (ssize_t i = 0; i < got; ++i) on_signal_(numbers[i]);
}

}  // namespace tidemark::net
