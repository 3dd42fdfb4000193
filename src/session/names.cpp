// Prepared statements that follow the client to the server that it is attached to.
#include <algorithm>

#include "session/client.h"
#include "wire/client_messages.h"

namespace tidemark::session {

using sql::Kind;

// What a statement does to the names of prepared statements. `simple`: by a Query.
std::unique_ptr<NameChange> Client::note_names(const sql::Statement& statement,
                                               std::string_view text, bool simple) {
  // Texts that may run prepared statements by names that they do not show.
  const bool hidden = statement.opaque || statement.kind == Kind::k_multi;
  if (statement.reads_prepared || (hidden && has_sql_names())) bring_all();
  switch (statement.kind) {
    case Kind::k_prepare: {
      bring(statement.name, simple);
      if (names_.find(statement.name) != nullptr) return nullptr;
      auto prepared = std::make_shared<Prepared>();
      prepared->form = Prepared::Form::k_sql;
      prepared->text = text;
      prepared->statement = statement.inner;
      prepared->reader = reader_->serial();
      prepared->catalogue_version = reader_->catalogue()->version();
      return rename(statement.name, std::move(prepared));
    }
    case Kind::k_deallocate:
      bring(statement.name, simple);
      return rename(statement.name, nullptr);
    case Kind::k_deallocate_all:
    case Kind::k_discard_all:
      forgets_names_ = true;
      return nullptr;
    default:
      break;
  }
  if (statement.name.empty()) return nullptr;
  const PreparedPtr prepared = names_.find(statement.name);
  bring(statement.name, simple);
  const auto meaning = meaning_of(prepared);
  if (meaning != nullptr) note(meaning);
  if ((meaning == nullptr || runs_another(*meaning)) && last_route_->on_primary) {
    // It was prepared where no text shows it, or executes another, and may be anything.
    work_->trace.may_write = true;
    note_concern(reader_->concern_of_anything());
    note_writing(reader_->concern_of_anything().written, true);
  }
  return nullptr;
}

// Notes that the name stands for the statement, on either side, unless the server says otherwise.
Reply Client::prepare(const wire::Parse& parse, const StatementPtr& statement) {
  Reply reply;
  reply.expect = Expect::k_parse;
  const PreparedPtr& there = server_->names().find(parse.statement);
  const bool same = there != nullptr && there->form == Prepared::Form::k_protocol &&
                    there->statement == statement && there->text == parse.query &&
                    there->types == parse.types;
  PreparedPtr prepared = there;
  if (!same) {
    auto made = std::make_shared<Prepared>();
    made->text = parse.query;
    made->types = parse.types;
    made->statement = statement;
    made->reader = reader_->serial();
    made->catalogue_version = reader_->catalogue()->version();
    prepared = std::move(made);
  }
  if (!parse.statement.empty()) {
    reply.change = rename(parse.statement, std::move(prepared));
    return reply;
  }
  reply.unnamed = true;
  if (!same) server_->names().set("", prepared);
  names_.set("", std::move(prepared));
  return reply;
}

// Both tables change as the server will.
std::unique_ptr<NameChange> Client::rename(std::string_view name, PreparedPtr prepared) {
  auto change = std::make_unique<NameChange>();
  change->name = name;
  change->on_client = true;
  change->before_on_server = server_->names().set(name, prepared);
  change->before_on_client = names_.set(name, std::move(prepared));
  if (!work_->replay.bytes.empty()) work_->replay.changes.push_back(*change);
  return change;
}

// Whether the name, which stands for `mine` on the client, does so on the server.
bool Client::stands(std::string_view name, const PreparedPtr& mine) const {
  const PreparedPtr& there = server_->names().find(name);
  return mine == there || (mine != nullptr && there != nullptr && mine->same_as(*there));
}

// Makes the name stand on the server for what it stands for on the client, or for nothing.
void Client::bring(std::string_view name, bool before_query) {
  if (stands(name, names_.find(name))) return;
  const PreparedPtr mine = names_.find(name);
  const PreparedPtr there = server_->names().find(name);
  const auto expect = [&](Expect what, PreparedPtr after) {
    Reply reply;
    reply.expect = what;
    reply.swallow = true;
    reply.own_batch = before_query;
    reply.change = std::make_unique<NameChange>();
    reply.change->name = name;
    reply.change->before_on_server = server_->names().set(name, std::move(after));
    server_->expect(std::move(reply));
  };
  std::string frames;
  if (there != nullptr) {
    wire::append_close(frames, wire::Target::k_statement, name);
    expect(Expect::k_close, nullptr);
  }
  if (mine != nullptr && mine->form == Prepared::Form::k_protocol) {
    wire::append_parse(frames, name, mine->text, mine->types);
    expect(Expect::k_parse, mine);
  }
  if (before_query && !frames.empty()) {
    wire::append_sync(frames);
    Reply reply;
    reply.expect = Expect::k_sync;
    reply.swallow = true;
    server_->expect(std::move(reply));
  }
  server_->send(frames);
  if (mine != nullptr && mine->form == Prepared::Form::k_sql && (before_query || !unsynced_)) {
    auto change = std::make_unique<NameChange>();
    change->name = name;
    change->before_on_server = server_->names().set(name, mine);
    server_->ask(mine->text, std::move(change));
  }
  undo_names();
}

bool Client::has_sql_names() const {
  return std::any_of(names_.begin(), names_.end(),
                     [](const auto& entry) { return entry.second->form == Prepared::Form::k_sql; });
}

// Makes the server's named statements exactly the client's.
void Client::bring_all() {
  std::vector<std::string> names;
  for (const auto& [name, prepared] : server_->names()) names.push_back(name);
  for (const auto& [name, prepared] : names_) names.push_back(name);
  for (const std::string& name : names) bring(name, true);
}

}  // namespace tidemark::session
