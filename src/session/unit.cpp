// What is at the front of the client's bytes: how far one unit goes, and what it needs.
#include <algorithm>

#include "session/client.h"
#include "wire/client_messages.h"

namespace tidemark::session {
namespace {

namespace tag = wire::client_tag;

// A text too long to look at: anything may be in it.
const std::shared_ptr<const sql::Statement>& oversized() {
  static const std::shared_ptr<const sql::Statement> k_oversized = [] {
    sql::Statement statement;
    statement.kind = sql::Kind::k_unparsed;
    statement.needs_primary = true;
    statement.why_primary = "a statement too long to look at";
    statement.may_write = true;
    statement.opaque = true;
    statement.pin = sql::Pin::k_settings_unknown;
    return std::make_shared<const sql::Statement>(std::move(statement));
  }();
  return k_oversized;
}

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
  if (header.tag == tag::k_function_call) {
    if (bytes.size() < std::min(header.total(), k_head_limit)) return {};
    unit.need.touches_data = true;
    unit.need.require_primary("function call");
  } else if (header.total() > k_head_limit) {
    add_statement(unit.need, *oversized());
  } else {
    if (bytes.size() < header.total()) return {};
    const auto query = wire::decode_query(wire::payload(bytes, header));
    if (query.has_value()) {
      const auto& statement = reader_->read(query->sql);
      unit.local = is_local(*statement, transaction_);
      add_statement(unit.need, *statement);
      if (!statement->name.empty()) {
        const PreparedPtr prepared = names_.find(statement->name);
        const auto prepared_statement = meaning_of(prepared);
        if (prepared_statement != nullptr) add_statement(unit.need, *prepared_statement);
      }
    }
  }
  unit.size = header.total();
  return unit;
}

Unit Client::look_at_batch(std::string_view bytes) {
  Unit unit;
  unit.local = true;
  Transaction transaction = transaction_;
  std::vector<std::pair<std::string_view, std::shared_ptr<const sql::Statement>>> parsed;
  const auto open = [&] {
    // Whatever else belongs to it is not known yet.
    unit.local = false;
    unit.need.touches_data = true;
    unit.need.require_primary("a batch whose end is not known");
    unit.size = std::max<std::size_t>(unit.size, 1);
    return unit;
  };
  const auto executes = [&](const sql::Statement& statement) {
    unit.local = unit.local && is_local(statement, transaction);
    if (unit.local && statement.kind == sql::Kind::k_begin) transaction = Transaction::k_begun;
    if (unit.local &&
        (statement.kind == sql::Kind::k_commit || statement.kind == sql::Kind::k_rollback)) {
      transaction = Transaction::k_none;
    }
    add_statement(unit.need, statement);
    if (statement.kind == sql::Kind::k_begin && statement.read_only == true &&
        statement.isolation != sql::Isolation::k_serializable) {
      return;
    }
    if (statement.kind == sql::Kind::k_begin) unit.need.require_primary("read-write transaction");
  };
  while (true) {
    const std::string_view rest = bytes.substr(unit.size);
    const auto peeked = wire::peek(rest);
    if (!peeked.has_value()) return open();  // the error is told when its turn comes
    if (!peeked->has_value()) return bytes.size() >= k_head_limit ? open() : Unit{};
    const wire::Header& header = **peeked;
    if (header.tag == tag::k_query || header.tag == tag::k_function_call ||
        header.tag == tag::k_copy_data || header.tag == tag::k_terminate) {
      return open();
    }
    if (unit.size + header.total() > k_head_limit) return open();
    if (rest.size() < header.total()) return {};
    const std::string_view payload = wire::payload(rest, header);
    switch (header.tag) {
      case tag::k_parse: {
        const auto parse = wire::decode_parse(payload);
        if (!parse.has_value()) return open();
        const auto& statement = reader_->read(parse->query);
        parsed.emplace_back(parse->statement, statement);
        unit.local = unit.local && is_local(*statement, transaction);
        // Preparing asks for no more than a fresh enough view of the tables.
        if (!concerns_session_only(statement->kind)) unit.need.touches_data = true;
        if (statement->needs_primary) unit.need.require_primary(statement->why_primary);
        break;
      }
      case tag::k_bind: {
        const auto bind = wire::decode_bind(payload);
        if (!bind.has_value()) return open();
        const auto found = std::find_if(parsed.rbegin(), parsed.rend(), [&](const auto& entry) {
          return entry.first == bind->statement;
        });
        const auto prepared =
            found == parsed.rend() ? meaning_of(names_.find(bind->statement)) : nullptr;
        if (found != parsed.rend()) {
          executes(*found->second);
          if (!found->second->name.empty()) {
            const auto named = meaning_of(names_.find(found->second->name));
            if (named != nullptr) executes(*named);
          }
        } else if (prepared != nullptr) {
          executes(*prepared);
        } else {
          unit.local = false;
        }
        break;
      }
      case tag::k_describe: {
        const auto describe = wire::decode_describe(payload);
        if (!describe.has_value()) return open();
        if (describe->target == wire::Target::k_statement && unit.local && parsed.empty()) {
          const PreparedPtr prepared = names_.find(describe->name);
          unit.local = prepared != nullptr && prepared->statement != nullptr &&
                       is_local(*prepared->statement, transaction);
          if (!unit.local) unit.need.touches_data = true;
        }
        break;
      }
      case tag::k_execute:
        if (parsed.empty() && local_portals_.empty() && unit.size == 0) unit.local = false;
        break;
      case tag::k_flush:
        if (!unit.local) return open();
        unit.size += header.total();
        return unit;
      case tag::k_sync:
        unit.size += header.total();
        unit.complete = true;
        return unit;
      default:
        break;
    }
    unit.size += header.total();
  }
}

// What executing a prepared statement does, by the catalogue of today; null if that is not known.
std::shared_ptr<const sql::Statement> Client::meaning_of(const PreparedPtr& prepared) {
  if (prepared == nullptr || prepared->statement == nullptr) return nullptr;
  if (prepared->catalogue_version == reader_->catalogue->version()) return prepared->statement;
  const auto& statement = reader_->read(prepared->text);
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
