#include "session/replies.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "wire/frame.h"

namespace tidemark::session {
namespace {

bool ends_with_ready(Expect expect) {
  return expect == Expect::k_query || expect == Expect::k_function_call || expect == Expect::k_sync;
}

// The tag that fulfils an entry of the extended protocol.
bool fulfils(char tag, Expect expect) {
  switch (expect) {
    case Expect::k_parse:
      return tag == '1';
    case Expect::k_bind:
      return tag == '2';
    case Expect::k_close:
      return tag == '3';
    case Expect::k_describe_portal:
      return tag == 'T' || tag == 'n';
    case Expect::k_execute:
      return tag == 'C' || tag == 'I' || tag == 's';
    default:
      return false;
  }
}

// Tags that may come while an entry is being worked on, without fulfilling it.
bool belongs_to(char tag, Expect expect) {
  if (expect == Expect::k_query || expect == Expect::k_function_call) return true;
  return expect == Expect::k_execute &&
         (tag == 'D' || tag == 'G' || tag == 'H' || tag == 'W' || tag == 'd' || tag == 'c');
}

// Whether the bytes end like an answer: with a ReadyForQuery.
bool ends_ready(std::string_view bytes) {
  constexpr std::string_view k_ready("Z\0\0\0\5", 5);
  return bytes.size() > k_ready.size() &&
         bytes.substr(bytes.size() - k_ready.size() - 1, k_ready.size()) == k_ready;
}

}  // namespace

bool Replies::owes_ready() const {
  const auto first = queue_.begin() + static_cast<std::ptrdiff_t>(head_);
  return std::any_of(first, queue_.end(),
                     [](const Reply& reply) { return ends_with_ready(reply.expect); });
}

void Replies::push(Reply&& reply, std::vector<NameChange>& undone) {
  if (reply.expect == Expect::k_copy_end) {
    copying_in_ = false;
    if (empty()) return;
  }
  if (skipping_) {
    if (reply.expect != Expect::k_sync) {
      take_back(reply, undone);
      return;
    }
    skipping_ = false;
  }
  if (copying_in_ && reply.expect == Expect::k_sync) {
    in_doubt_ = in_doubt_ || queue_[head_].expect == Expect::k_query;
    return;
  }
  queue_.push_back(std::move(reply));
}

Replies::Meaning Replies::take(char tag, std::vector<NameChange>& undone) {
  if (empty()) {
    // Only a FATAL that ends the connection may come unasked, or, where COPY left a doubt, the
    // answer to a Sync that was thought to be ignored.
    if (tag != 'E' && !in_doubt_) broken_ = true;
    return {};
  }
  Reply& front = queue_[head_];
  Meaning meaning{.forward = !front.swallow, .expect = front.expect, .swallow = front.swallow};
  if (tag == 'Z') {
    meaning.finished_unit = ends_with_ready(front.expect);
    broken_ = broken_ || !meaning.finished_unit;
    copying_in_ = false;
    pop();
  } else if (tag == 'E') {
    if (ends_with_ready(front.expect)) {
      if (front.change != nullptr) undone.push_back(std::move(*front.change));
      front.change.reset();
      copying_in_ = false;
      return meaning;
    }
    // A statement that the gateway prepared again, and that no longer can be: that is the answer
    // to the client's own message behind it.
    meaning.forward = !front.own_batch;
    // Whether the server had already read a Sync that COPY IN made it ignore cannot be known.
    in_doubt_ = in_doubt_ || copying_in_;
    copying_in_ = false;
    skip_to_sync(undone);
  } else if (front.expect == Expect::k_describe_statement && tag == 't') {
    front.expect = Expect::k_describe_portal;
  } else if (fulfils(tag, front.expect)) {
    pop();
  } else if (tag == 'G' && (front.expect == Expect::k_execute || front.expect == Expect::k_query)) {
    ignore_syncs_during_copy();
  } else if (!belongs_to(tag, front.expect)) {
    broken_ = true;
  }
  return meaning;
}

std::size_t Replies::take_whole(std::string_view bytes) {
  if (copying_in_ || in_doubt() || !ends_ready(bytes)) return 0;
  std::size_t taken = 0;
  Expect wanted = Expect::k_local;  // of the entry, or what is left of it
  for (std::size_t entry = head_; entry < queue_.size(); ++entry) {
    if (queue_[entry].swallow) return 0;
    wanted = queue_[entry].expect;
    const bool is_query = wanted == Expect::k_query;
    for (bool fulfilled = false; !fulfilled;) {
      const wire::Header frame = wire::whole_frame(bytes.substr(taken));
      taken += frame.total();
      if (frame.tag == 'Z') {
        if ((!is_query && wanted != Expect::k_sync) || frame.payload_size() != 1) return 0;
        head_ = entry;
        pop();
        return taken;
      }
      if (wanted == Expect::k_describe_statement && frame.tag == 't') {
        wanted = Expect::k_describe_portal;
      } else if (is_query) {
        if (frame.tag != 'D' && frame.tag != 'C' && frame.tag != 'T') return 0;
      } else if (fulfils(frame.tag, wanted)) {
        fulfilled = true;
      } else if (frame.tag != 'D' || wanted != Expect::k_execute) {
        return 0;
      }
    }
  }
  return 0;
}

std::string Replies::take_local() {
  CHECK(front_is_local());
  std::string local = *queue_[head_].local;
  pop();
  return local;
}

void Replies::abandon(std::vector<NameChange>& undone) {
  for (std::size_t i = queue_.size(); i > head_; --i) {
    Reply& reply = queue_[i - 1];
    take_back(reply, undone);
  }
  queue_.clear();
  head_ = 0;
  broken_ = true;
}

void Replies::take_back(Reply& reply, std::vector<NameChange>& undone) {
  if (reply.change != nullptr) {
    undone.push_back(std::move(*reply.change));
  } else if (reply.unnamed) {
    // PostgreSQL drops the old one before it parses the new.
    undone.push_back(NameChange{.name = {},
                                .before_on_client = nullptr,
                                .before_on_server = nullptr,
                                .on_client = !reply.swallow});
  }
}

void Replies::pop() {
  ++head_;
  while (!empty() && queue_[head_].expect == Expect::k_copy_end) ++head_;
  drop_empty();
}

void Replies::drop_empty() {
  if (!empty()) return;
  queue_.clear();
  head_ = 0;
}

void Replies::skip_to_sync(std::vector<NameChange>& undone) {
  const auto first = queue_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto sync = std::find_if(first, queue_.end(),
                                 [](const Reply& reply) { return reply.expect == Expect::k_sync; });
  skipping_ = sync == queue_.end();
  for (auto reply = sync; reply != first;) {
    --reply;
    take_back(*reply, undone);
  }
  queue_.erase(first, sync);
  drop_empty();
}

void Replies::ignore_syncs_during_copy() {
  const auto execute = queue_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto copy_end = std::find_if(
      execute, queue_.end(), [](const Reply& reply) { return reply.expect == Expect::k_copy_end; });
  copying_in_ = copy_end == queue_.end();
  const auto kept = std::remove_if(
      execute, copy_end, [](const Reply& reply) { return reply.expect == Expect::k_sync; });
  // Nobody sends one behind a Query; whether it is ignored depends on when it arrives.
  in_doubt_ = in_doubt_ || (execute->expect == Expect::k_query && kept != copy_end);
  queue_.erase(kept, copy_end);
}

}  // namespace tidemark::session
