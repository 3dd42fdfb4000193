// What is at the front of the client's bytes: how far one unit goes, and what it needs.
#include <algorithm>

#include "session/client.h"
#include "wire/client_messages.h"

namespace tidemark::session {
namespace {

namespace tag = wire::client_tag;

}  // namespace

Unit Client::look_at_unit(std::string_view bytes) {
  const auto peeked = wire::peek(bytes);
  if (!peeked.has_value() || !peeked->has_value()) return {};
  const wire::Header& header = **peeked;
  if (header.tag != tag::k_query && header.tag != tag::k_function_call) {
    return look_at_batch(bytes);
  }
  Unit unit;
  unit.complete = true;
  unit.query = header.tag == tag::k_query;
  if (header.tag == tag::k_function_call) {
    if (bytes.size() < std::min(header.total(), k_head_limit)) return {};
    unit.need.touches_data = true;
    unit.need.require_primary("function call");
    unit.need.concern.add(reader_->concern_of_anything());
  } else if (header.total() > k_head_limit) {
    add(unit.need, oversized_statement());
  } else {
    if (bytes.size() < header.total()) return {};
    const auto query = wire::decode_query(wire::payload(bytes, header));
    if (query.has_value()) {
      const StatementPtr statement = reader_->read(query->sql);
      unit.local = is_local(*statement, transaction_);
      add(unit.need, statement);
      if (!statement->name.empty()) {
        const PreparedPtr prepared = names_.find(statement->name);
        const StatementPtr meaning = meaning_of(prepared);
        if (meaning != nullptr) add(unit.need, meaning);
      }
    }
  }
  unit.size = header.total();
  return unit;
}

// Goes through the extended messages up to their Sync without taking them.
class Client::BatchLook {
 public:
  explicit BatchLook(Client& client) : client_(client), transaction_(client.transaction_) {
    unit_.local = true;
  }

  Unit look(std::string_view bytes);

 private:
  // Whatever else belongs to the batch is not known: it is the primary's.
  Unit open() {
    unit_.local = false;
    unit_.need.touches_data = true;
    unit_.need.require_primary("a batch whose end is not known");
    unit_.need.concern.add(client_.reader_->concern_of_anything());
    unit_.size = std::max<std::size_t>(unit_.size, 1);
    return std::move(unit_);
  }

  // False: the payload cannot be understood.
  bool message(char frame, std::string_view payload);
  void parse(const wire::Parse& parse);
  void bind(const wire::Bind& bind);
  void describe(const wire::Describe& describe);
  void execute(const StatementPtr& statement);

  Client& client_;
  Unit unit_;
  Transaction transaction_;  // as it will be behind the messages looked at
  std::vector<std::pair<std::string_view, StatementPtr>> parsed_;
};

Unit Client::look_at_batch(std::string_view bytes) { return BatchLook(*this).look(bytes); }

Unit Client::BatchLook::look(std::string_view bytes) {
  while (true) {
    const std::string_view rest = bytes.substr(unit_.size);
    const auto peeked = wire::peek(rest);
    if (!peeked.has_value()) return open();  // the error is told when its turn comes
    if (!peeked->has_value()) return bytes.size() >= k_head_limit ? open() : Unit{};
    const wire::Header& header = **peeked;
    if (header.tag == tag::k_query || header.tag == tag::k_function_call ||
        header.tag == tag::k_copy_data || header.tag == tag::k_terminate ||
        unit_.size + header.total() > k_head_limit) {
      return open();
    }
    if (rest.size() < header.total()) return {};
    if (!message(header.tag, wire::payload(rest, header))) return open();
    if (header.tag == tag::k_flush && !unit_.local) return open();
    unit_.size += header.total();
    unit_.complete = header.tag == tag::k_sync;
    if (unit_.complete || header.tag == tag::k_flush) return std::move(unit_);
  }
}

bool Client::BatchLook::message(char frame, std::string_view payload) {
  switch (frame) {
    case tag::k_parse: {
      const auto decoded = wire::decode_parse(payload);
      if (decoded.has_value()) parse(*decoded);
      return decoded.has_value();
    }
    case tag::k_bind: {
      const auto decoded = wire::decode_bind(payload);
      if (decoded.has_value()) bind(*decoded);
      return decoded.has_value();
    }
    case tag::k_describe: {
      const auto decoded = wire::decode_describe(payload);
      if (decoded.has_value()) describe(*decoded);
      return decoded.has_value();
    }
    case tag::k_execute:
      if (parsed_.empty() && client_.local_portals_.empty() && unit_.size == 0) {
        unit_.local = false;
      }
      return true;
    default:
      return true;
  }
}

void Client::BatchLook::parse(const wire::Parse& parse) {
  const StatementPtr statement = client_.reader_->read(parse.query);
  parsed_.emplace_back(parse.statement, statement);
  // Of several statements the server says that they cannot be prepared.
  unit_.local =
      unit_.local && statement->sets_of_begin == 0 && client_.is_local(*statement, transaction_);
  // Preparing asks for no more than a fresh enough view of the tables.
  if (!concerns_session_only(statement->kind)) {
    unit_.need.touches_data = true;
    unit_.need.concern.add(client_.reader_->concern_of(statement));
  }
  if (statement->needs_primary) unit_.need.require_primary(statement->why_primary);
}

void Client::BatchLook::bind(const wire::Bind& bind) {
  const auto found = std::find_if(parsed_.rbegin(), parsed_.rend(),
                                  [&](const auto& entry) { return entry.first == bind.statement; });
  const StatementPtr statement = found != parsed_.rend()
                                     ? found->second
                                     : client_.meaning_of(client_.names_.find(bind.statement));
  if (statement == nullptr) {
    unit_.local = false;
    return;
  }
  execute(statement);
  if (statement->name.empty()) return;
  const StatementPtr named = client_.meaning_of(client_.names_.find(statement->name));
  if (named != nullptr) execute(named);
}

void Client::BatchLook::describe(const wire::Describe& describe) {
  if (describe.target != wire::Target::k_statement || !unit_.local || !parsed_.empty()) return;
  const StatementPtr statement = client_.meaning_of(client_.names_.find(describe.name));
  unit_.local = statement != nullptr && client_.is_local(*statement, transaction_);
  if (!unit_.local) unit_.need.touches_data = true;
}

void Client::BatchLook::execute(const StatementPtr& executed) {
  using sql::Kind;
  const sql::Statement& statement = *executed;
  unit_.local = unit_.local && client_.is_local(statement, transaction_);
  if (unit_.local && statement.kind == Kind::k_begin) transaction_ = Transaction::k_begun;
  if (unit_.local && (statement.kind == Kind::k_commit || statement.kind == Kind::k_rollback)) {
    transaction_ = Transaction::k_none;
  }
  const bool reads = statement.kind == Kind::k_begin && statement.read_only == true &&
                     statement.isolation != sql::Isolation::k_serializable;
  if (statement.kind == Kind::k_begin && !reads) {
    unit_.need.require_primary("read-write transaction");
  }
  client_.add(unit_.need, executed);
}

// What executing a prepared statement does, by the catalogue of today; null if that is not known.
StatementPtr Client::meaning_of(const PreparedPtr& prepared) {
  if (prepared == nullptr || prepared->statement == nullptr) return nullptr;
  if (prepared->reader == reader_->serial() &&
      prepared->catalogue_version == reader_->catalogue()->version()) {
    return prepared->statement;
  }
  const StatementPtr& statement = reader_->read(prepared->text);
  return prepared->form == Prepared::Form::k_sql ? statement->inner : statement;
}

bool Client::is_local(const sql::Statement& statement, Transaction transaction) const {
  using sql::Kind;
  switch (statement.kind) {
    case Kind::k_set:
    case Kind::k_reset:
    case Kind::k_show:
      return OwnSettings::owns(statement.setting_name);
    case Kind::k_begin:
      return transaction == Transaction::k_none && server_ == nullptr && !login_.replication();
    case Kind::k_commit:
    case Kind::k_rollback:
      return transaction == Transaction::k_begun && !statement.chain;
    case Kind::k_set_transaction:
      return transaction == Transaction::k_begun && !statement.session_characteristics;
    default:
      return false;
  }
}

}  // namespace tidemark::session
