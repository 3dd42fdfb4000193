#include "net/epoll_backend.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace tidemark::net {

class EpollBackend::Watch final : public EventSource {
 public:
  Watch(int fd, std::function<void()> on_readable)
      : fd_(fd), on_readable_(std::move(on_readable)) {}

  int fd() const { return fd_; }
  void end() { fd_ = -1; }

 private:
  void on_events(std::uint32_t) override {
    if (fd_ >= 0) on_readable_();
  }

  int fd_;
  std::function<void()> on_readable_;
};

EpollBackend::EpollBackend() : scratch_(std::make_unique<char[]>(k_receive_bytes)) {}

EpollBackend::~EpollBackend() = default;

Stream* EpollBackend::open(Descriptor fd, StreamOwner& owner, bool connecting) {
  constexpr std::uint32_t k_everything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  const int number = fd.get();
  auto stream = std::make_unique<EpollStream>(*this, std::move(fd), owner, connecting);
  if (!poller_.add(number, k_everything, *stream)) return nullptr;
  stream->index_ = streams_.size();
  streams_.push_back(std::move(stream));
  return streams_.back().get();
}

bool EpollBackend::watch(int fd, std::function<void()> on_readable) {
  auto watch = std::make_unique<Watch>(fd, std::move(on_readable));
  if (!poller_.add(fd, EPOLLIN, *watch)) return false;
  watches_.push_back(std::move(watch));
  return true;
}

void EpollBackend::unwatch(int fd) {
  const auto found = std::ranges::find(watches_, fd, [](const auto& watch) { return watch->fd(); });
  CHECK(found != watches_.end());
  poller_.remove(fd);
  (*found)->end();
  graveyard_.push_back(std::move(*found));
  watches_.erase(found);
}

void EpollBackend::wait(Duration timeout) {
  looking_.swap(again_);
  if (!looking_.empty()) timeout = Duration::zero();
  for (const epoll_event& event : poller_.wait(timeout)) {
    static_cast<EventSource*>(event.data.ptr)->on_events(event.events);
  }
  for (EpollStream* stream : looking_) {
    stream->queued_ = false;
    if (stream->owner_ != nullptr) stream->look();
  }
  looking_.clear();
}

void EpollBackend::end_turn() {
  if (graveyard_.empty()) return;
  std::erase_if(again_, [](const EpollStream* stream) { return stream->owner_ == nullptr; });
  // What a watch held may itself close something when it is destroyed.
  std::vector<std::unique_ptr<EventSource>> dead;
  dead.swap(graveyard_);
}

void EpollBackend::bury(EpollStream& stream) {
  const std::size_t index = stream.index_;
  streams_.back()->index_ = index;
  std::swap(streams_[index], streams_.back());
  graveyard_.push_back(std::move(streams_.back()));
  streams_.pop_back();
}

}  // namespace tidemark::net
