#include "net/uring_backend.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "net/uring_stream.h"

namespace tidemark::net {

namespace {

UringOp op_of(const Uring::Completion& completion) {
  return static_cast<UringOp>(completion.user_data & k_uring_op_mask);
}

}  // namespace

UringBackend::UringBackend() = default;

UringBackend::~UringBackend() = default;

Stream* UringBackend::open(Descriptor fd, StreamOwner& owner, bool connecting) {
  auto stream = std::make_unique<UringStream>(*this, std::move(fd), owner, connecting);
  stream->index_ = streams_.size();
  stream->arm_later();
  streams_.push_back(std::move(stream));
  return streams_.back().get();
}

bool UringBackend::watch(int fd, std::function<void()> on_readable) {
  watches_.push_back(std::make_unique<Watch>(Watch{fd, std::move(on_readable)}));
  to_watch_.push_back(watches_.back().get());
  return true;
}

void UringBackend::unwatch(int fd) {
  const auto found = std::ranges::find(watches_, fd, [](const auto& each) { return each->fd; });
  CHECK(found != watches_.end());
  Watch& watch = **found;
  watch.ended = true;
  std::erase(to_watch_, &watch);
  if (watch.armed) {
    io_uring_sqe& entry = ring_.entry();
    io_uring_prep_cancel64(&entry, uring_name(&watch, UringOp::k_watch), 0);
    entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
    entry.user_data = uring_name(nullptr, UringOp::k_cancel);
  }
  ending_.push_back(std::move(*found));
  watches_.erase(found);
}

// A poll that fires once and is armed anew in every turn is told of what is still there.
void UringBackend::on_watch(Watch& watch) {
  watch.armed = false;
  if (watch.ended) return;
  to_watch_.push_back(&watch);
  watch.on_readable();
}

void UringBackend::arm() {
  for (Watch* watch : to_watch_) {
    io_uring_sqe& entry = ring_.entry();
    io_uring_prep_poll_add(&entry, watch->fd, POLLIN);
    entry.user_data = uring_name(watch, UringOp::k_watch);
    watch->armed = true;
  }
  to_watch_.clear();
  arming_.swap(to_arm_);
  for (UringStream* stream : arming_) {
    stream->queued_ = false;
    stream->arm();
  }
  arming_.clear();
}

void UringBackend::wait(Duration timeout) {
  arm();
  ring_.enter(to_arm_.empty() ? timeout : Duration::zero());
  while (const auto completion = ring_.completion()) {
    if (op_of(*completion) == UringOp::k_send) {
      deliver(*completion);
    } else {
      others_.push_back(*completion);
    }
  }
  conclude_sends();
  for (const Uring::Completion& completion : others_) deliver(completion);
  others_.clear();
}

// A send completes while it is submitted, and says so only if something was left over or went
// wrong. This comes before anything is offered, so that unsent() is right for whoever looks at it.
void UringBackend::conclude_sends() {
  concluding_.swap(sending_);
  for (UringStream* stream : concluding_) stream->conclude_send();
  concluding_.clear();
}

void UringBackend::deliver(const Uring::Completion& completion) {
  const UringOp op = op_of(completion);
  void* whose = reinterpret_cast<void*>(completion.user_data & ~k_uring_op_mask);
  if (op == UringOp::k_cancel) return;
  if (op == UringOp::k_watch) return on_watch(*static_cast<Watch*>(whose));
  static_cast<UringStream*>(whose)->on_completion(op, completion);
}

void UringBackend::end_turn() {
  if (std::exchange(closed_while_queued_, false)) {
    std::erase_if(to_arm_, [](UringStream* stream) {
      if (stream->owner_ != nullptr) return false;
      stream->queued_ = false;
      stream->bury_if_done();
      return true;
    });
  }
  std::erase_if(ending_, [](const auto& watch) { return !watch->armed; });
  if (graveyard_.empty()) return;
  std::vector<std::unique_ptr<UringStream>> dead;
  dead.swap(graveyard_);
}

void UringBackend::bury(UringStream& stream) {
  const std::size_t index = stream.index_;
  streams_.back()->index_ = index;
  std::swap(streams_[index], streams_.back());
  graveyard_.push_back(std::move(streams_.back()));
  streams_.pop_back();
}

}  // namespace tidemark::net
