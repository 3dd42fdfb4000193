// What is at the front of the client's bytes: how far one unit goes, and what it needs.
#include <algorithm>
#include <utility>

#include "session/client.h"
#include "wire/client_messages.h"

namespace tidemark::session {
namespace {

namespace tag = wire::client_tag;

}  // namespace

Unit Client::look_at_unit(std::string_view bytes) {
  work_->batch.clear();
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
        if (meaning != nullptr) {
          add(unit.need, meaning);
          add_what_it_runs(unit.need, *meaning);
        }
      }
    }
  }
  unit.size = header.total();
  return unit;
}

// Goes through the extended messages up to their Sync without taking them, and keeps what it has
// seen.
class Client::BatchLook {
 public:
  BatchLook(Client& client, std::string_view bytes, Unit& unit)
      : client_(client),
        bytes_(bytes),
        unit_(unit),
        batch_(client.work_->batch),
        transaction_(client.transaction_) {
    unit_.local = true;
  }

  void look();

 private:
  // Whatever else belongs to the batch is not known: it is the primary's.
  void open() {
    batch_.clear();
    unit_.local = false;
    unit_.need.touches_data = true;
    unit_.need.require_primary("a batch whose end is not known");
    unit_.need.concern.add(client_.reader_->concern_of_anything());
    unit_.size = std::max<std::size_t>(unit_.size, 1);
  }
  void incomplete() {
    batch_.clear();
    unit_ = {};
  }
  void end();

  // False: the payload cannot be understood.
  bool look_at(Message& message, std::string_view payload);
  bool look_at_parse(Message& message, std::string_view payload);
  bool look_at_bind(Message& message, std::string_view payload);
  bool look_at_describe(Message& message, std::string_view payload);
  const Message* find_parse(std::string_view name) const;
  void execute(const StatementPtr& statement);

  Client& client_;
  const std::string_view bytes_;
  Unit& unit_;
  Batch& batch_;
  Transaction transaction_;  // as it will be behind the messages looked at
  std::uint32_t last_parse_ = Message::k_none;
  const sql::Statement* concerned_ = nullptr;  // the one whose concern was added last
};

Unit Client::look_at_batch(std::string_view bytes) {
  Unit unit;
  BatchLook(*this, bytes, unit).look();
  return unit;
}

void Client::BatchLook::look() {
  while (true) {
    const std::string_view rest = bytes_.substr(unit_.size);
    const auto peeked = wire::peek(rest);
    if (!peeked.has_value()) return open();  // the error is told when its turn comes
    if (!peeked->has_value()) return bytes_.size() >= k_head_limit ? open() : incomplete();
    const wire::Header& header = **peeked;
    if (header.tag == tag::k_query || header.tag == tag::k_function_call ||
        header.tag == tag::k_copy_data || header.tag == tag::k_terminate ||
        unit_.size + header.total() > k_head_limit) {
      return open();
    }
    if (rest.size() < header.total()) return incomplete();
    Message& message = batch_.messages.emplace_back();
    message.tag = header.tag;
    message.at = static_cast<std::uint32_t>(unit_.size);
    message.size = static_cast<std::uint32_t>(header.total());
    if (!look_at(message, wire::payload(rest, header))) return open();
    if (header.tag == tag::k_flush && !unit_.local) return open();
    unit_.size += header.total();
    unit_.complete = header.tag == tag::k_sync;
    if (unit_.complete || header.tag == tag::k_flush) return end();
  }
}

void Client::BatchLook::end() {
  if (!unit_.complete || batch_.messages.size() > Batch::k_most_kept) batch_.clear();
  batch_.reader = client_.reader_->serial();
  batch_.catalogue_version = client_.reader_->catalogue()->version();
  batch_.names_version = client_.names_.version();
}

bool Client::BatchLook::look_at(Message& message, std::string_view payload) {
  switch (message.tag) {
    case tag::k_parse:
      return look_at_parse(message, payload);
    case tag::k_bind:
      return look_at_bind(message, payload);
    case tag::k_describe:
      return look_at_describe(message, payload);
    case tag::k_execute:
      if (last_parse_ == Message::k_none && client_.local_portals_.empty() && unit_.size == 0) {
        unit_.local = false;
      }
      return true;
    default:
      return true;
  }
}

bool Client::BatchLook::look_at_parse(Message& message, std::string_view payload) {
  const auto parse = wire::decode_parse(payload);
  if (!parse.has_value()) return false;
  message.name_size = static_cast<std::uint32_t>(parse->statement.size());
  message.text_size = static_cast<std::uint32_t>(parse->query.size());
  message.statement = client_.reader_->read(parse->query);
  message.parse_before =
      std::exchange(last_parse_, static_cast<std::uint32_t>(batch_.messages.size() - 1));
  const StatementPtr& statement = message.statement;
  // Of several statements the server says that they cannot be prepared.
  unit_.local =
      unit_.local && statement->sets_of_begin == 0 && client_.is_local(*statement, transaction_);
  // Preparing asks for no more than a fresh enough view of the tables.
  if (!concerns_session_only(statement->kind)) {
    unit_.need.touches_data = true;
    unit_.need.concern.add(client_.reader_->concern_of(statement));
    concerned_ = statement.get();
  }
  if (statement->needs_primary) unit_.need.require_primary(statement->why_primary);
  return true;
}

// The last one of this name in the batch.
const Message* Client::BatchLook::find_parse(std::string_view name) const {
  for (std::uint32_t i = last_parse_; i != Message::k_none;) {
    const Message& parse = batch_.messages[i];
    if (parse.name(bytes_.substr(parse.at)) == name) return &parse;
    i = parse.parse_before;
  }
  return nullptr;
}

bool Client::BatchLook::look_at_bind(Message& message, std::string_view payload) {
  const auto bind = wire::decode_bind(payload);
  if (!bind.has_value()) return false;
  message.name_size = static_cast<std::uint32_t>(bind->portal.size());
  message.text_size = static_cast<std::uint32_t>(bind->statement.size());
  if (const Message* parse = find_parse(bind->statement)) {
    message.statement = parse->statement;
  } else {
    message.prepared = client_.names_.find(bind->statement);
    message.statement = client_.meaning_of(message.prepared);
  }
  const StatementPtr& statement = message.statement;
  if (statement == nullptr) {
    unit_.local = false;
    return true;
  }
  execute(statement);
  if (statement->name.empty()) return true;
  const StatementPtr named = client_.meaning_of(client_.names_.find(statement->name));
  if (named != nullptr) {
    execute(named);
    client_.add_what_it_runs(unit_.need, *named);
  }
  return true;
}

bool Client::BatchLook::look_at_describe(Message& message, std::string_view payload) {
  const auto describe = wire::decode_describe(payload);
  if (!describe.has_value()) return false;
  message.target = describe->target;
  message.name_size = static_cast<std::uint32_t>(describe->name.size());
  const bool alone = unit_.local && last_parse_ == Message::k_none;
  if (describe->target != wire::Target::k_statement || !alone) return true;
  const StatementPtr statement = client_.meaning_of(client_.names_.find(describe->name));
  unit_.local = statement != nullptr && client_.is_local(*statement, transaction_);
  if (!unit_.local) unit_.need.touches_data = true;
  return true;
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
  client_.add(unit_.need, executed, &statement == concerned_);
}

// Where what an EXECUTE runs is an EXECUTE itself (Parse allows that) nobody looks further.
void Client::add_what_it_runs(Need& need, const sql::Statement& statement) {
  if (!runs_another(statement)) return;
  need.touches_data = true;
  need.require_primary("executes a statement that executes another");
  need.concern.add(reader_->concern_of_anything());
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
