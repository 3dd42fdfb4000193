// What was looked at as a batch, on its way to the server: all that is ordinary in one go.
#include <utility>

#include "base/check.h"
#include "session/client.h"
#include "wire/client_messages.h"

namespace tidemark::session {
namespace {

namespace tag = wire::client_tag;

// Of the frame of a message that carries no data, in bytes.
constexpr std::size_t k_small = 1 + std::size_t{wire::k_max_small_client_message};

// Whether binding it asks for no more than a note of what it will do: it follows no names of
// prepared statements but its own, and is no business of the gateway's.
bool is_ordinary(const sql::Statement& statement) {
  return statement.name.empty() && statement.setting_name.empty() && !statement.opaque &&
         !statement.reads_prepared && statement.kind != sql::Kind::k_multi &&
         !concerns_session_only(statement.kind);
}

}  // namespace

// Passes on what is ordinary of the batch at the front of the client's bytes, as forward() would,
// message by message. Returns how many bytes that are: what follows them, if anything of the batch
// does, goes by itself.
std::size_t Client::forward_batch(std::string_view bytes) {
  Batch& batch = work_->batch;
  const Reader* const reader = reader_.get();
  const bool known = admitted_ == batch.size() && bytes.size() >= batch.size() &&
                     transaction_ == Transaction::k_none && !unsynced_ && local_portals_.empty() &&
                     batch.reader == reader->serial() &&
                     batch.catalogue_version == reader->catalogue()->version() &&
                     batch.names_version == names_.version();
  std::size_t count = 0;
  char last = 0;
  if (known) {
    for (const Message& message : batch.messages) {
      // What was bound may have changed how texts are read.
      if (reader_.get() != reader) break;
      const std::string_view frame = bytes.substr(count, message.size);
      CHECK(frame.front() == message.tag);
      if (!forward_message(message, frame)) break;
      count += message.size;
      last = message.tag;
    }
  }
  batch.clear();
  if (count == 0) return 0;
  server_->send(bytes.substr(0, count));
  admitted_ -= count;
  batch_on_server_ = last != tag::k_sync;
  if (last == tag::k_sync) end_passed_unit();
  return count;
}

// Notes what the message will do, and what answers it. False: it is not ordinary, and nothing was
// done.
bool Client::forward_message(const Message& message, std::string_view frame) {
  Reply reply;
  switch (message.tag) {
    case tag::k_parse:
      if (!may_prepare(*message.statement, message.name(frame))) return false;
      reply = prepare(message.parse(frame), message.statement);
      break;
    case tag::k_bind:
      if (!may_bind(message, message.text(frame))) return false;
      unsynced_ = true;
      CHECK(note(message.statement));  // it is refused in open transactions alone
      reply.expect = Expect::k_bind;
      break;
    case tag::k_describe: {
      const bool of_statement = message.target == wire::Target::k_statement;
      if (message.size > k_small) return false;
      if (of_statement && !may_describe(message.described(frame))) return false;
      reply.expect = of_statement ? Expect::k_describe_statement : Expect::k_describe_portal;
      break;
    }
    case tag::k_execute:
      if (message.size > k_small) return false;
      reply.expect = Expect::k_execute;
      break;
    case tag::k_sync:
      if (message.size > k_small) return false;
      // What was raised has been set back meanwhile.
      if (work_->trace.owed.any() && !work_->trace.raised.any()) return false;
      work_->trace.raised = {};
      reply.expect = Expect::k_sync;
      break;
    default:
      return false;
  }
  unsynced_ = message.tag != tag::k_sync;
  server_->expect(std::move(reply));
  if (!server_->undone().empty()) undo_names();
  return true;
}

// Whether a Parse is the server's business alone, and nothing stands in its way.
bool Client::may_prepare(const sql::Statement& statement, std::string_view name) const {
  return statement.setting_name.empty() && statement.name.empty() &&
         (name.empty() || (names_.find(name) == nullptr && server_->names().find(name) == nullptr));
}

// The same of a Bind: what its statement stands for is known, the same on the server, and committed
// as the rules want.
bool Client::may_bind(const Message& message, std::string_view name) const {
  const PreparedPtr& prepared = message.prepared != nullptr ? message.prepared : names_.find(name);
  if (prepared == nullptr || prepared->form != Prepared::Form::k_protocol ||
      message.statement == nullptr || !is_ordinary(*message.statement) || !stands(name, prepared)) {
    return false;
  }
  if (!last_route_->on_primary) return true;
  const Raise raise = raise_for(work_->unit.need.concern);
  return !work_->unit.need.begins && (!raise.any() || work_->trace.raised.contains(raise));
}

bool Client::may_describe(std::string_view name) const {
  const PreparedPtr& prepared = names_.find(name);
  const bool is_setting = prepared != nullptr && prepared->statement != nullptr &&
                          !prepared->statement->setting_name.empty();
  return !is_setting && stands(name, prepared);
}

}  // namespace tidemark::session
