// What an attached client sends, on its way to the server.
#include <algorithm>

#include "session/client.h"
#include "wire/client_messages.h"
#include "wire/server_messages.h"

namespace tidemark::session {
namespace {

namespace tag = wire::client_tag;
using sql::Kind;

bool begins_unit(char frame) {
  switch (frame) {
    case tag::k_query:
    case tag::k_function_call:
    case tag::k_parse:
    case tag::k_bind:
    case tag::k_describe:
    case tag::k_execute:
    case tag::k_close:
      return true;
    default:
      return false;
  }
}

// To a server that waits for the data of a COPY; it ends the connection at anything else.
bool may_come_in_copy(char frame) {
  return frame == tag::k_copy_data || frame == tag::k_copy_done || frame == tag::k_copy_fail ||
         frame == tag::k_flush || frame == tag::k_sync || frame == tag::k_terminate;
}

}  // namespace

std::size_t Client::pass(std::string_view bytes, const wire::Header& header) {
  const std::size_t count = std::min(bytes.size(), header.total());
  server_->send(bytes.substr(0, count));
  streaming_ = header.total() - count;
  return count;
}

std::size_t Client::pass(std::string_view bytes, const wire::Header& header, Reply&& reply) {
  if (reply.expect != Expect::k_copy_end) {
    batch_on_server_ = reply.expect != Expect::k_query && reply.expect != Expect::k_sync &&
                       reply.expect != Expect::k_function_call;
  }
  server_->expect(std::move(reply));
  if (!server_->undone().empty()) undo_names();
  return pass(bytes, header);
}

std::size_t Client::pass(std::string_view bytes, const wire::Header& header, Expect expect,
                         std::unique_ptr<NameChange> change) {
  Reply reply;
  reply.expect = expect;
  reply.change = std::move(change);
  return pass(bytes, header, std::move(reply));
}

std::size_t Client::serving_input(std::string_view bytes) {
  if (discarding_ > 0) return discard(bytes);
  if (streaming_ > 0) {
    const std::size_t count = std::min(streaming_, bytes.size());
    if (long_text_ != nullptr) {
      // The server carries out nothing of a message that it does not get to its end.
      const auto refusal = refusal_of_passing(bytes.substr(0, count));
      if (refusal.has_value()) {
        close_with(*refusal);
        return 0;
      }
    }
    server_->send(bytes.substr(0, count));
    streaming_ -= count;
    if (streaming_ == 0) long_text_.reset();
    return count;
  }
  const auto peeked = wire::peek(bytes);
  if (peeked.has_value() && !peeked->has_value()) return 0;
  const auto valid = peeked.has_value() ? wire::validate_client(**peeked)
                                        : Result<void>(std::unexpected(peeked.error()));
  if (!valid.has_value()) return refuse_message(valid.error().message);
  const wire::Header& header = **peeked;
  if (server_->replies().copying_in() && !may_come_in_copy(header.tag)) {
    return refuse_message("unexpected message during COPY from stdin: " +
                          std::string(wire::message_name(wire::Side::k_client, header.tag)));
  }
  if (bytes.size() < std::min(header.total(), k_head_limit)) return 0;
  if (skipping_ && header.tag != tag::k_sync) return skip_to_sync(bytes);
  skipping_ = false;
  const bool skips = server_->replies().is_skipping();
  if (skips && header.tag != tag::k_sync && header.tag != tag::k_terminate) {
    admitted_ -= std::min(admitted_, header.total());
    return skip_to_sync(bytes);
  }
  const bool standby_read =
      !last_route_->on_primary && transaction_ == Transaction::k_none && pin_ == sql::Pin::k_none;
  if (standby_read && admitted_ == 0 && !skips && !may_go_on(bytes)) return 0;
  const bool next = last_route_->on_primary && transaction_ == Transaction::k_none &&
                    admitted_ == 0 && !unsynced_ && begins_unit(header.tag);
  if (next && !may_follow(bytes)) {
    if (discarding_ > 0) return discard(bytes);
    return skipping_ ? skip_to_sync(bytes) : 0;
  }
  if (standby_read && admitted_ == work_->unit.size && work_->unit.complete &&
      work_->replay.bytes.empty() && server_->replies().empty() &&
      work_->unit.size <= std::min(k_replay_limit, bytes.size())) {
    work_->replay.bytes = bytes.substr(0, work_->unit.size);
    withhold_ = true;
  }
  const bool may_begin = header.tag == tag::k_parse || header.tag == tag::k_bind;
  if (may_begin && !may_begin_batch()) return 0;
  if (work_->batch.is_kept()) {
    const std::size_t passed = forward_batch(bytes);
    if (passed > 0) return passed;
  }
  const std::size_t count = forward(bytes, header);
  if (count > 0) admitted_ -= std::min(admitted_, header.total());
  if (header.tag == tag::k_query || header.tag == tag::k_sync) end_passed_unit();
  return count;
}

// No server would understand it. What was sent before is answered first, also what no Sync has
// ended; but a COPY is not, as its data cannot come any more.
std::size_t Client::refuse_message(const std::string& mistake) {
  waits_for_quiet_ = !server_->replies().empty() && !server_->replies().copying_in();
  if (!waits_for_quiet_) {
    protocol_violation(mistake);
  } else if (unsynced_) {
    std::string flush;
    wire::append_flush(flush);
    server_->send(flush);
  }
  return 0;
}

// What follows the end of a transaction on a standby is looked at afresh.
void Client::end_passed_unit() {
  if ((ends_transaction_ || forgets_names_ || stepping_ != nullptr) && server_ != nullptr) {
    ends_transaction_ = false;
    waits_for_quiet_ = true;
  }
}

std::size_t Client::forward(std::string_view bytes, const wire::Header& header) {
  switch (header.tag) {
    case tag::k_query:
      return forward_query(bytes, header);
    case tag::k_parse:
      return forward_parse(bytes, header);
    case tag::k_bind:
      return forward_bind(bytes, header);
    case tag::k_describe:
      return forward_describe(bytes, header);
    case tag::k_close:
      return forward_close(bytes, header);
    case tag::k_execute: {
      const auto execute = wire::decode_execute(wire::payload(bytes, header));
      const PreparedPtr mine = execute.has_value() ? local_portal(execute->portal) : nullptr;
      if (mine != nullptr) {
        if (!may_answer_in_batch(!unsynced_) || !may_execute_here(*mine->statement)) return 0;
        extended_local(header, wire::payload(bytes, header));
        return header.total();
      }
      unsynced_ = true;
      return pass(bytes, header, Expect::k_execute);
    }
    case tag::k_sync:
      raise_before_sync();
      unsynced_ = false;
      local_portals_.clear();
      return pass(bytes, header, Expect::k_sync);
    case tag::k_function_call:
      work_->trace.may_write = true;
      work_->trace.opaque = true;
      if (!raise_before_query(reader_->concern_of_anything())) {
        waits_for_quiet_ = true;
        return 0;
      }
      note_concern(reader_->concern_of_anything());
      note_writing(reader_->concern_of_anything().written, true);
      unsynced_ = false;
      return pass(bytes, header, Expect::k_function_call);
    case tag::k_copy_done:
    case tag::k_copy_fail: {
      const std::size_t count = pass(bytes, header, Expect::k_copy_end);
      // The data alone did not have to wait for the end of the unit.
      const bool changes = forgets_names_ || stepping_ != nullptr;
      waits_for_quiet_ = changes && !server_->replies().empty();
      return count;
    }
    case tag::k_terminate:
      if (!server_->replies().empty() && work_->trace.may_write &&
          !server_->replies().copying_in()) {
        // What was sent before is carried out to its end, as a server would.
        waits_for_quiet_ = true;
        return 0;
      }
      leave();
      actions_.close = true;
      return bytes.size();
    default:  // CopyData, Flush
      return pass(bytes, header);
  }
}

// What is known whole, and is no part of a transaction, is raised as a Query is: what is done
// within the batch would be in the way of statements that must come first in theirs, or run in
// none. Other batches set for themselves how durable they are to be, and begin with what the client
// has set.
bool Client::may_begin_batch() {
  const bool alone = !unsynced_ && transaction_ != Transaction::k_open;
  if (!alone || !last_route_->on_primary) return true;
  const bool known = admitted_ > 0 && work_->unit.complete;
  Raise raise = known ? raise_for(work_->unit.need.concern) : Raise();
  raise.never_lower = raise.never_lower || work_->unit.need.begins;
  waits_for_quiet_ = !raise_alone(raise);
  if (!waits_for_quiet_) work_->trace.raised = work_->trace.owed = raise;
  return !waits_for_quiet_;
}

std::size_t Client::forward_query(std::string_view bytes, const wire::Header& header) {
  StatementPtr statement = oversized_statement();
  std::string_view text;
  if (header.total() <= k_head_limit) {
    const auto query = wire::decode_query(wire::payload(bytes, header));
    if (!query.has_value()) return refuse_message(query.error().message);
    text = query->sql;
    statement = reader_->read(text);
  }
  if (OwnSettings::owns(statement->setting_name) && is_local(*statement, transaction_)) {
    if (!server_->replies().empty()) {
      waits_for_quiet_ = true;
      return 0;
    }
    const bool shows_token =
        statement->kind == Kind::k_show && statement->setting_name == own_setting::k_token;
    if (must_wait_for_token(shows_token)) return 0;
    answer_query(*statement, text);
    token_.reset();
    return header.total();
  }
  // Whether a savepoint is set, and what ROLLBACK TO takes back, is known by the answers before it.
  const bool steps = own_.is_changed() && (!statement->steps.empty() || statement->chain);
  if (steps && !server_->replies().empty()) {
    waits_for_quiet_ = true;
    return 0;
  }
  // It is refused in a transaction alone, and whether that is still open they tell as well.
  if (transaction_ == Transaction::k_open && !server_->replies().empty() &&
      refusal_of(statement).has_value()) {
    waits_for_quiet_ = true;
    return 0;
  }
  if (!may_pass(bytes, header)) return discarding_ > 0 ? discard(bytes) : 0;
  if (last_route_->on_primary && may_need_raise(*statement) &&
      !raise_before_query(concern_with_prepared(statement), statement == oversized_statement())) {
    waits_for_quiet_ = true;
    return 0;
  }
  if (!note(statement)) {
    skip_query(header);
    return discard(bytes);
  }
  auto change = note_names(*statement, text, true);
  names_.set("", nullptr);
  server_->names().set("", nullptr);
  unsynced_ = false;
  return pass(bytes, header, Expect::k_query, std::move(change));
}

// A Query that is answered with an error already, in the transaction that failed with it.
void Client::skip_query(const wire::Header& header) {
  std::string frames;
  wire::append_ready_for_query(frames, wire::TransactionStatus::k_failed);
  emit(std::move(frames));
  discarding_ = header.total();
  long_text_.reset();
}

std::size_t Client::forward_parse(std::string_view bytes, const wire::Header& header) {
  const bool first = !std::exchange(unsynced_, true);
  if (header.total() > k_head_limit) {
    // It cannot be prepared again elsewhere: the client stays where it is.
    if (!note(oversized_statement())) {
      skipping_ = true;
      discarding_ = header.total();
      return discard(bytes);
    }
    const std::string_view head = bytes.substr(wire::k_header_size);
    const std::string_view name = head.substr(0, std::min(head.size(), head.find('\0')));
    if (name.empty()) {
      names_.set("", nullptr);
      server_->names().set("", nullptr);
    } else {
      bring(name, false);
    }
    return pass(bytes, header, Expect::k_parse);
  }
  const auto parse = wire::decode_parse(wire::payload(bytes, header));
  if (!parse.has_value()) return refuse_message(parse.error().message);
  const StatementPtr statement = reader_->read(parse->query);
  if (OwnSettings::owns(statement->setting_name) && is_local(*statement, transaction_)) {
    if (!may_answer_in_batch(first)) return 0;
    extended_local(header, wire::payload(bytes, header));
    return header.total();
  }
  const PreparedPtr mine = names_.find(parse->statement);
  if (first && mine != nullptr && !parse->statement.empty() && !server_->replies().empty()) {
    // Whether the name stands depends on a batch that is not answered yet.
    unsynced_ = false;
    waits_for_quiet_ = true;
    return 0;
  }
  // What EXECUTE runs is brought before anything of the batch: it takes a query of its own.
  if (first && !statement->name.empty()) bring(statement->name, true);
  if (!parse->statement.empty()) {
    bring(parse->statement, false);
    // The server will say that it exists.
    if (mine != nullptr) return pass(bytes, header, Expect::k_parse);
  }
  return pass(bytes, header, prepare(*parse, statement));
}

std::size_t Client::forward_bind(std::string_view bytes, const wire::Header& header) {
  const bool first = !std::exchange(unsynced_, true);
  const std::size_t head = std::min(bytes.size(), header.total());
  const auto bind =
      wire::decode_bind(bytes.substr(wire::k_header_size, head - wire::k_header_size));
  if (!bind.has_value()) return refuse_message(bind.error().message);
  const PreparedPtr prepared = names_.find(bind->statement);
  std::unique_ptr<NameChange> change;
  if (const auto meaning = meaning_of(prepared); meaning != nullptr) {
    const sql::Statement& statement = *meaning;
    if (OwnSettings::owns(statement.setting_name) && is_local(statement, transaction_)) {
      if (!may_answer_in_batch(first)) return 0;
      answer_bind(bytes.substr(wire::k_header_size, head - wire::k_header_size));
      discarding_ = header.total();
      return discard(bytes);
    }
    std::erase_if(local_portals_, [&](const auto& portal) { return portal.first == bind->portal; });
    if (first && !statement.name.empty()) bring(statement.name, true);
    if (first && prepared->form == Prepared::Form::k_sql) bring(bind->statement, true);
    if (last_route_->on_primary && may_need_raise(*meaning)) {
      raise_in_batch(concern_with_prepared(meaning));
    }
    if (!note(meaning)) {
      skipping_ = true;
      discarding_ = header.total();
      return discard(bytes);
    }
    bring(bind->statement, false);
    change = note_names(statement, prepared->text, false);
  } else {
    raise_in_batch(reader_->concern_of_anything());
    note_concern(reader_->concern_of_anything());
    work_->trace.raised = {};  // it may be the end of the transaction
    work_->trace.ended = true;
    bring(bind->statement, false);
    work_->trace.may_write = work_->trace.may_write || last_route_->on_primary;
    if (last_route_->on_primary) note_writing(reader_->concern_of_anything().written, true);
  }
  return pass(bytes, header, Expect::k_bind, std::move(change));
}

std::size_t Client::forward_describe(std::string_view bytes, const wire::Header& header) {
  const bool first = !std::exchange(unsynced_, true);
  const std::string_view payload = wire::payload(bytes, header);
  const auto describe = wire::decode_describe(payload);
  if (!describe.has_value()) return refuse_message(describe.error().message);
  const bool of_statement = describe->target == wire::Target::k_statement;
  const PreparedPtr prepared =
      of_statement ? names_.find(describe->name) : local_portal(describe->name);
  if (prepared != nullptr && prepared->statement != nullptr &&
      OwnSettings::owns(prepared->statement->setting_name)) {
    if (!may_answer_in_batch(first)) return 0;
    extended_local(header, payload);
    return header.total();
  }
  if (of_statement) bring(describe->name, false);
  return pass(bytes, header,
              of_statement ? Expect::k_describe_statement : Expect::k_describe_portal);
}

std::size_t Client::forward_close(std::string_view bytes, const wire::Header& header) {
  unsynced_ = true;
  const auto close = wire::decode_close(wire::payload(bytes, header));
  if (!close.has_value()) return refuse_message(close.error().message);
  std::unique_ptr<NameChange> change;
  if (close->target == wire::Target::k_statement) {
    change = rename(close->name, nullptr);
  } else {
    std::erase_if(local_portals_, [&](const auto& portal) { return portal.first == close->name; });
  }
  return pass(bytes, header, Expect::k_close, std::move(change));
}

}  // namespace tidemark::session
