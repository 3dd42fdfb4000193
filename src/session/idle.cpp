// What a client without a server connection sends: answered here, or a server is asked for.
#include <algorithm>

#include "session/client.h"
#include "wire/client_messages.h"
#include "wire/server_messages.h"

namespace tidemark::session {
namespace {

namespace tag = wire::client_tag;

bool is_stray_copy(char frame) {
  return frame == tag::k_copy_data || frame == tag::k_copy_done || frame == tag::k_copy_fail;
}

}  // namespace

std::size_t Client::idle_input(std::string_view bytes) {
  if (discarding_ > 0) return discard(bytes);
  const auto peeked = wire::peek(bytes);
  if (!peeked.has_value()) {
    protocol_violation(peeked.error().message);
    return 0;
  }
  if (!peeked->has_value()) return 0;
  const wire::Header& header = **peeked;
  const auto valid = wire::validate_client(header);
  if (!valid.has_value()) {
    protocol_violation(valid.error().message);
    return 0;
  }
  if (header.tag == tag::k_terminate) {
    phase_ = Phase::k_closed;
    actions_.close = true;
    return bytes.size();
  }
  // PostgreSQL ignores what is left of a COPY that failed.
  if (skipping_ || is_stray_copy(header.tag) || header.tag == tag::k_flush) {
    return skip_to_sync(bytes);
  }
  if (transaction_ == Transaction::k_failed_here) return answer_frame(bytes);
  Unit unit = look_at_unit(bytes);
  if (unit.size == 0) return 0;
  if (unit.need.refusal().has_value()) {
    const Refusal refusal = *unit.need.refusal();
    work_->unit = std::move(unit);
    refuse_unit(refusal);
    return discarding_ > 0 ? discard(bytes) : skip_to_sync(bytes);
  }
  if (unit.local) {
    if (must_wait_for_token(unit.need.shows_token)) {
      work_->unit = std::move(unit);
      return 0;
    }
    const std::size_t size = unit.size;
    answer_unit(bytes.substr(0, size));
    token_.reset();  // whether it was shown or not: the next one is another
    return size;
  }
  work_->unit = std::move(unit);
  const auto token = work_->unit.need.hints().token.empty()
                         ? std::expected<void, Refusal>()
                         : take_token(work_->unit.need.hints().token);
  make_request();
  const auto refused = token.has_value() ? refusal_of_sources() : std::optional(token.error());
  if (refused.has_value()) {
    refuse_unit(*refused);
    return discarding_ > 0 ? discard(bytes) : skip_to_sync(bytes);
  }
  session_key_ = work_->unit.need.hints().session.value_or(own_.session());
  retries_ = 0;
  turned_out_to_write_ = false;
  actions_.affects_database = !work_->unit.need.affected_database().empty();
  actions_.catalogue_changed = actions_.catalogue_changed || work_->unit.need.unknown_name;
  actions_.route = true;
  phase_ = Phase::k_routing;
  return 0;
}

// REQUIRES: the frames are whole and valid.
void Client::answer_unit(std::string_view frames) {
  while (!frames.empty() && phase_ == Phase::k_idle) {
    const std::size_t count = skipping_ ? skip_to_sync(frames) : answer_frame(frames);
    if (count == 0) return;
    frames.remove_prefix(count);
  }
}

std::size_t Client::answer_frame(std::string_view bytes) {
  const wire::Header header = **wire::peek(bytes);
  if (bytes.size() < header.total()) {
    if (header.total() <= k_head_limit) return 0;
    // Only a failed transaction looks at a message that it cannot see whole.
    refuse_in_failed_transaction();
    if (header.tag == tag::k_query || header.tag == tag::k_function_call) {
      wire::append_ready_for_query(out_.tail(), local_status());
    } else {
      skipping_ = true;
    }
    discarding_ = header.total();
    return discard(bytes);
  }
  const std::string_view payload = wire::payload(bytes, header);
  if (header.tag == tag::k_query) {
    const auto query = wire::decode_query(payload);
    if (!query.has_value()) {
      protocol_violation(query.error().message);
      return 0;
    }
    const StatementPtr statement = reader_->read(query->sql);
    answer_query(*statement, query->sql);
  } else if (header.tag == tag::k_function_call) {
    refuse_in_failed_transaction();
    wire::append_ready_for_query(out_.tail(), local_status());
  } else if (header.tag == tag::k_sync) {
    wire::append_ready_for_query(out_.tail(), local_status());
    local_portals_.clear();
  } else {
    extended_local(header, payload);
  }
  return header.total();
}

std::size_t Client::skip_to_sync(std::string_view bytes) {
  const wire::Header header = **wire::peek(bytes);
  if (skipping_ && header.tag == tag::k_sync) {
    if (bytes.size() < header.total()) return 0;
    skipping_ = false;
    wire::append_ready_for_query(out_.tail(), local_status());
    return header.total();
  }
  discarding_ = header.total();
  return discard(bytes);
}

std::size_t Client::discard(std::string_view bytes) {
  const std::size_t count = std::min(discarding_, bytes.size());
  discarding_ -= count;
  return count;
}

// Answers the unit at the front of the client's bytes, which was looked at but not taken, with an
// error, as PostgreSQL does: the transaction fails with it.
void Client::refuse_unit(const Refusal& refusal) {
  refusal.append_to(out_.tail(), "ERROR");
  if (transaction_ == Transaction::k_begun) {
    transaction_ = Transaction::k_failed_here;
    prelude_.clear();
  }
  if (work_->unit.complete) {
    discarding_ = work_->unit.size;
    wire::append_ready_for_query(out_.tail(), local_status());
  } else {
    skipping_ = true;
  }
  work_->unit = {};
}

void Client::refuse_in_failed_transaction() {
  wire::append_error(
      out_.tail(), "ERROR", "25P02",
      "current transaction is aborted, commands ignored until end of transaction block");
}

}  // namespace tidemark::session
