// Answers of the gateway's own: its settings, and transactions that no server knows of yet.
#include <algorithm>
#include <cctype>

#include "session/client.h"
#include "wire/client_messages.h"
#include "wire/server_messages.h"

namespace tidemark::session {
namespace {

namespace tag = wire::client_tag;
using sql::Kind;

// The first word of an SQL text, behind blanks and comments, in lower case.
std::string first_word(std::string_view text) {
  while (true) {
    const std::size_t start = text.find_first_not_of(" \t\r\n;");
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start);
    if (text.starts_with("--")) {
      text.remove_prefix(std::min(text.size(), text.find('\n')));
    } else if (text.starts_with("/*")) {
      const std::size_t end = text.find("*/");
      if (end == std::string_view::npos) return {};
      text.remove_prefix(end + 2);
    } else {
      break;
    }
  }
  std::string word;
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word;
}

Refusal transaction_aborted() {
  return {"25P02",
          "current transaction is aborted, commands ignored until end of transaction block",
          {},
          {}};
}

Refusal too_late_for_level() {
  return {"25001", "a stronger level must be set before any query of the transaction",
          "The transaction runs where a weaker level has placed it.",
          "Set tidemark.level before BEGIN, or right behind it."};
}

void warn_of_local(std::string& frames) {
  wire::append_notice(frames, "WARNING", "25P01",
                      "SET LOCAL can only be used in transaction blocks");
}

}  // namespace

// What the session requires has decided where the transaction runs, and what it sees.
Refusal Client::too_late_for_session(std::string_view name) {
  return {"25001",
          std::string(name) + " must be set before any query of the transaction",
          {},
          "Set it before BEGIN, or right behind it."};
}

// Why the levels that a statement's comments ask for cannot be had in the transaction under way.
std::optional<Refusal> Client::refusal_of_hints(const sql::Statement& statement) const {
  Hints hints;
  for (const sql::Hint& hint : statement.hints) {
    const auto taken = hints.add(hint.name, hint.value);
    if (!taken.has_value()) return taken.error();
  }
  if (hints.session.has_value()) return too_late_for_session(own_setting::k_session);
  if (!hints.token.empty()) return too_late_for_session(own_setting::k_token);
  if (hints.level.has_value() && asks_too_late(*hints.level)) return too_late_for_level();
  return std::nullopt;
}

// A transaction cannot be promised more than it was when it was placed. On the primary only the
// barrier can be missing.
bool Client::asks_too_late(const SlaPtr& level) const {
  const consistency::Promise wanted =
      consistency::promise_of(level == nullptr ? around_->default_level : level->back().level);
  const consistency::Promise& had = last_route_->promise;
  if (last_route_->on_primary) return wanted.reads && !had.reads;
  return !consistency::implies(had, wanted);
}

wire::TransactionStatus Client::local_status() const {
  if (server_ != nullptr && transaction_ == Transaction::k_open) return server_->status();
  switch (transaction_) {
    case Transaction::k_none:
      return wire::TransactionStatus::k_idle;
    case Transaction::k_failed_here:
      return wire::TransactionStatus::k_failed;
    default:
      return wire::TransactionStatus::k_in_transaction;
  }
}

bool Client::has_failed() const { return local_status() == wire::TransactionStatus::k_failed; }

void Client::emit(std::string frames) {
  if (server_ != nullptr) {
    server_->answer(std::move(frames), withhold_ ? work_->replay.held : out_.tail());
  } else {
    out_.append(frames);
  }
}

void Client::end_here(bool committed) {
  transaction_ = Transaction::k_none;
  prelude_.clear();
  read_only_.reset();
  serializable_ = false;
  own_.end_transaction(committed);
}

std::expected<std::string, Refusal> Client::show(std::string_view name) {
  if (name == own_setting::k_token) {
    const auto token = std::move(token_);
    if (token != nullptr) return *token;
    return std::unexpected(
        Refusal{"0A000", "tidemark.token cannot be shown in the middle of a batch", {}, {}});
  }
  if (name == own_setting::k_level && own_.level() == nullptr && reader_->scope().empty()) {
    return consistency::to_string(around_->default_level);
  }
  if (name == own_setting::k_sla) return describe_sla();
  if (name != own_setting::k_route) return own_.show(name);
  if (!last_route_.has_value()) return "";
  std::string route = around_->describe_route(*last_route_);
  if (last_route_->rules != 0) {
    route += " rules=\"" + reader_->scope().labels(last_route_->rules) + "\"";
  }
  return route;
}

// How often each of the levels asked for was met on this connection, since they were asked for.
std::string Client::describe_sla() const {
  const SlaPtr& sla = own_.level();
  std::string text;
  for (std::size_t i = 0; sla != nullptr && sla->size() > 1 && i < sla->size(); ++i) {
    if (i > 0) text += ", ";
    const std::uint64_t met = sla == met_->list ? met_->of_list[i] : 0;
    text += consistency::to_string((*sla)[i]) + ": " + std::to_string(met);
  }
  return text;
}

void Client::count_met(std::size_t alternative) {
  ++met_->ever[alternative];
  if (met_->list != own_.level()) {
    met_->list = own_.level();
    met_->of_list = {};
  }
  ++met_->of_list[alternative];
}

std::expected<void, Refusal> Client::run_local(const sql::Statement& statement,
                                               std::string_view text, std::string& frames) {
  const bool in_transaction = transaction_ != Transaction::k_none;
  const auto done = [&](std::string_view command_tag) -> std::expected<void, Refusal> {
    wire::append_command_complete(frames, command_tag);
    return {};
  };
  if (has_failed()) {
    if (statement.kind != Kind::k_commit && statement.kind != Kind::k_rollback) {
      return std::unexpected(transaction_aborted());
    }
    end_here(false);
    return done("ROLLBACK");
  }
  switch (statement.kind) {
    case Kind::k_show: {
      const auto value = show(statement.setting_name);
      if (!value.has_value()) return std::unexpected(value.error());
      wire::append_data_row(frames, {std::string_view(*value)});
      return done("SHOW");
    }
    case Kind::k_set:
    case Kind::k_reset: {
      if (statement.setting_current)
        return std::unexpected(not_from_current(statement.setting_name));
      Hints wanted;
      const bool open = server_ != nullptr && transaction_ == Transaction::k_open;
      if (open && (statement.setting_name == own_setting::k_session ||
                   statement.setting_name == own_setting::k_token)) {
        return std::unexpected(too_late_for_session(statement.setting_name));
      }
      const bool back = statement.kind == Kind::k_reset || statement.setting_default;
      const auto value =
          back ? std::nullopt : std::optional<std::string_view>(statement.setting_value);
      if (open && statement.setting_name == own_setting::k_level &&
          wanted.add(statement.setting_name, value.value_or("policy")).has_value() &&
          asks_too_late(*wanted.level)) {
        return std::unexpected(too_late_for_level());
      }
      const bool token = statement.setting_name == own_setting::k_token;
      const auto set =
          token ? take_token(value.value_or(""))
                : own_.set(statement.setting_name, value, statement.setting_local, in_transaction);
      if (!set.has_value()) return std::unexpected(set.error());
      if (statement.setting_local && !in_transaction && !token) warn_of_local(frames);
      return done(statement.kind == Kind::k_set ? "SET" : "RESET");
    }
    case Kind::k_begin:
      transaction_ = Transaction::k_begun;
      prelude_.assign(1, std::string(text));
      read_only_ = statement.read_only;
      serializable_ = statement.isolation == sql::Isolation::k_serializable;
      wire::append_command_complete(frames,
                                    first_word(text) == "start" ? "START TRANSACTION" : "BEGIN");
      for (int n = statement.sets_of_begin; n > 0; --n) (void)done("SET");
      return {};
    case Kind::k_set_transaction:
      prelude_.emplace_back(text);
      if (statement.read_only.has_value()) read_only_ = statement.read_only;
      if (statement.isolation.has_value()) {
        serializable_ = statement.isolation == sql::Isolation::k_serializable;
      }
      return done("SET");
    default: {  // COMMIT or ROLLBACK of a transaction in which nothing was done
      const bool commits = statement.kind == Kind::k_commit;
      end_here(commits);
      return done(commits ? "COMMIT" : "ROLLBACK");
    }
  }
}

void Client::answer_query(const sql::Statement& statement, std::string_view text) {
  names_.set("", nullptr);
  std::string frames;
  if (statement.kind == Kind::k_show && !has_failed()) {
    wire::append_row_description(frames, {std::string_view(statement.setting_name)});
  }
  const auto ran = run_local(statement, text, frames);
  if (!ran.has_value()) {
    frames.clear();
    ran.error().append_to(frames, "ERROR");
    if (transaction_ == Transaction::k_begun) {
      transaction_ = Transaction::k_failed_here;
      prelude_.clear();
    } else if (server_ != nullptr && transaction_ == Transaction::k_open && !has_failed()) {
      out_.append(frames);
      abort_on_server();
      frames.clear();
      wire::append_ready_for_query(frames, wire::TransactionStatus::k_failed);
      return emit(std::move(frames));
    }
  }
  wire::append_ready_for_query(frames, local_status());
  out_.append(frames);
}

// An error in the extended protocol: what follows is skipped up to the Sync, and the transaction
// fails, on the server too.
void Client::fail_local(const Refusal& refusal) {
  std::string frames;
  refusal.append_to(frames, "ERROR");
  emit(std::move(frames));
  skipping_ = true;
  if (server_ != nullptr) {
    if (server_->status() != wire::TransactionStatus::k_failed) abort_on_server();
  } else if (transaction_ == Transaction::k_begun) {
    transaction_ = Transaction::k_failed_here;
    prelude_.clear();
  }
}

void Client::extended_local(const wire::Header& header, std::string_view payload) {
  switch (header.tag) {
    case tag::k_parse:
      return answer_parse(payload);
    case tag::k_bind:
      return answer_bind(payload);
    case tag::k_describe:
      return answer_describe(payload);
    case tag::k_execute:
      return answer_execute(payload);
    case tag::k_close:
      return answer_close(payload);
    default:
      return;
  }
}

void Client::answer_parse(std::string_view payload) {
  const auto parse = wire::decode_parse(payload);
  if (!parse.has_value()) return protocol_violation(parse.error().message);
  const auto statement = reader_->read(parse->query);
  const bool ends = statement->kind == Kind::k_commit || statement->kind == Kind::k_rollback;
  if (has_failed() && !ends) {
    return fail_local(transaction_aborted());
  }
  if (!parse->statement.empty() && names_.find(parse->statement) != nullptr) {
    return fail_local(
        {"42P05",
         "prepared statement \"" + std::string(parse->statement) + "\" already exists",
         {},
         {}});
  }
  auto prepared = std::make_shared<Prepared>();
  prepared->text = parse->query;
  prepared->types = parse->types;
  prepared->statement = statement;
  prepared->reader = reader_->serial();
  prepared->catalogue_version = reader_->catalogue()->version();
  NameChange change{.name = std::string(parse->statement),
                    .before_on_client = names_.set(parse->statement, std::move(prepared)),
                    .before_on_server = nullptr,
                    .on_client = true};
  if (!work_->replay.bytes.empty()) work_->replay.changes.push_back(std::move(change));
  std::string frames;
  wire::append_parse_complete(frames);
  emit(std::move(frames));
}

PreparedPtr Client::local_portal(std::string_view name) const {
  const auto found = std::find_if(local_portals_.begin(), local_portals_.end(),
                                  [&](const auto& portal) { return portal.first == name; });
  return found == local_portals_.end() ? nullptr : found->second;
}

void Client::answer_bind(std::string_view payload) {
  const auto bind = wire::decode_bind(payload);
  if (!bind.has_value()) return protocol_violation(bind.error().message);
  const PreparedPtr prepared = names_.find(bind->statement);
  if (prepared == nullptr || prepared->statement == nullptr) {
    return fail_local({"26000",
                       "prepared statement \"" + std::string(bind->statement) + "\" does not exist",
                       {},
                       {}});
  }
  const Kind kind = prepared->statement->kind;
  if (has_failed() && kind != Kind::k_commit && kind != Kind::k_rollback) {
    return fail_local(transaction_aborted());
  }
  std::erase_if(local_portals_, [&](const auto& portal) { return portal.first == bind->portal; });
  local_portals_.emplace_back(std::string(bind->portal), prepared);
  std::string frames;
  wire::append_bind_complete(frames);
  emit(std::move(frames));
}

void Client::answer_describe(std::string_view payload) {
  const auto describe = wire::decode_describe(payload);
  if (!describe.has_value()) return protocol_violation(describe.error().message);
  const bool of_statement = describe->target == wire::Target::k_statement;
  const PreparedPtr prepared =
      of_statement ? names_.find(describe->name) : local_portal(describe->name);
  if (prepared == nullptr || prepared->statement == nullptr) {
    if (has_failed()) return fail_local(transaction_aborted());
    const std::string name(describe->name);
    if (of_statement) {
      return fail_local({"26000", "prepared statement \"" + name + "\" does not exist", {}, {}});
    }
    return fail_local({"34000", "portal \"" + name + "\" does not exist", {}, {}});
  }
  std::string frames;
  if (of_statement) wire::append_parameter_description(frames);
  if (prepared->statement->kind == Kind::k_show) {
    wire::append_row_description(frames, {std::string_view(prepared->statement->setting_name)});
  } else {
    wire::append_no_data(frames);
  }
  emit(std::move(frames));
}

void Client::answer_execute(std::string_view payload) {
  const auto execute = wire::decode_execute(payload);
  if (!execute.has_value()) return protocol_violation(execute.error().message);
  const PreparedPtr prepared = local_portal(execute->portal);
  if (prepared == nullptr) {
    if (has_failed()) return fail_local(transaction_aborted());
    return fail_local(
        {"34000", "portal \"" + std::string(execute->portal) + "\" does not exist", {}, {}});
  }
  std::string frames;
  const auto ran = run_local(*prepared->statement, prepared->text, frames);
  if (!ran.has_value()) return fail_local(ran.error());
  emit(std::move(frames));
}

void Client::answer_close(std::string_view payload) {
  const auto close = wire::decode_close(payload);
  if (!close.has_value()) return protocol_violation(close.error().message);
  if (close->target == wire::Target::k_statement) {
    names_.set(close->name, nullptr);
  } else {
    std::erase_if(local_portals_, [&](const auto& portal) { return portal.first == close->name; });
  }
  std::string frames;
  wire::append_close_complete(frames);
  emit(std::move(frames));
}

}  // namespace tidemark::session
