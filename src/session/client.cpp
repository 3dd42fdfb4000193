#include "session/client.h"

#include <algorithm>

#include "base/check.h"
#include "wire/server_messages.h"

namespace tidemark::session {

Client::Client(std::uint64_t id, Buffer& out, std::shared_ptr<const Surroundings> around)
    : id_(id), out_(out), login_(out), around_(std::move(around)), work_(From(*around_->spares)) {}

std::size_t Client::on_bytes(std::string_view bytes) {
  std::size_t consumed = 0;
  while (consumed < bytes.size() && wants_input()) {
    const std::string_view rest = bytes.substr(consumed);
    std::size_t count = 0;
    if (phase_ == Phase::k_startup) {
      count = login_input(rest);
    } else if (phase_ == Phase::k_idle) {
      count = idle_input(rest);
    } else {
      count = serving_input(rest);
    }
    if (count == 0) break;
    consumed += count;
  }
  cancel_if_due();
  const bool between = phase_ == Phase::k_idle && transaction_ == Transaction::k_none;
  if (shutting_down_ && between && discarding_ == 0) shut_down();
  return consumed;
}

void Client::rest() {
  if (phase_ == Phase::k_idle && !waits_for_token_) work_.reset();
}

ClientCounts Client::counts() const {
  return {units_on_primary_, units_on_standby_, reruns_, met_->ever};
}

bool Client::wants_input() const {
  if (waits_for_token_) return false;
  switch (phase_) {
    case Phase::k_startup:
      return !actions_.authenticate;
    case Phase::k_idle:
      return true;
    case Phase::k_serving:
      return !waits_for_quiet_ && !rerun_ && !told_fatal_;
    default:
      return false;
  }
}

std::size_t Client::login_input(std::string_view bytes) {
  std::size_t consumed = 0;
  switch (login_.step(bytes, consumed)) {
    case Login::Outcome::k_more:
      break;
    case Login::Outcome::k_cancel:
      actions_.cancel_other = true;
      actions_.close = true;
      phase_ = Phase::k_closed;
      break;
    case Login::Outcome::k_authenticate:
      actions_.authenticate = true;
      break;
    case Login::Outcome::k_authenticated:
      phase_ = Phase::k_logging_in;
      actions_.log_in = true;
      break;
    case Login::Outcome::k_refused:
      actions_.close = true;
      phase_ = Phase::k_closed;
      break;
  }
  return consumed;
}

void Client::trust() {
  login_.trust();
  phase_ = Phase::k_logging_in;
  actions_.log_in = true;
}

void Client::challenge(wire::ScramSecret secret, std::string_view nonce) {
  login_.challenge(std::move(secret), nonce);
}

void Client::greet(const ParametersPtr& parameters, const std::optional<std::string>& search_path,
                   std::uint32_t pid, std::string_view cancel_key) {
  CHECK(phase_ == Phase::k_logging_in);
  for (const auto& [name, value] : login_.own_settings()) {
    const bool token = name == own_setting::k_token;
    const auto set = token ? take_token(value) : own_.set_at_start(name, value);
    if (!set.has_value()) return close_with(set.error());
  }
  session_key_ = own_.session();
  told_ = parameters;
  default_path_ = search_path;
  choose_reader(true);
  check_string_syntax();
  login_.greet(parameters, pid, cancel_key);
  phase_ = Phase::k_idle;
}

void Client::attach(Server& server, const Route& route) {
  CHECK(phase_ == Phase::k_routing);
  server_ = &server;
  last_route_ = route;
  own_failure_.reset();
  unit_failed_ = false;
  told_fatal_ = false;
  work_->trace.clear();
  work_->trace.transaction = transaction_ == Transaction::k_begun;
  work_->trace.may_write = turned_out_to_write_;
  server.set_last_client(id_);
  if (server.settings() == settings_ && !has_other_path(server)) return start_serving();
  const std::string sql = sql_to_align(server.settings(), settings_on(server));
  if (sql.empty()) return start_serving();
  if (!server.durability().empty()) server.set_durability("unknown");
  phase_ = Phase::k_aligning;
  server.ask(sql);
}

void Client::stay(const Route& route) {
  CHECK(phase_ == Phase::k_routing && server_ != nullptr);
  last_route_ = route;
  phase_ = Phase::k_serving;
  admitted_ = work_->unit.size;
  tell_parameters();
}

void Client::lose_place() {
  close_with({"57P01", "terminating connection because its server is not the primary any more",
              "What the session has there (" + std::string(to_string(pin_)) +
                  ") cannot be moved to another server.",
              "Connect again."});
}

void Client::start_serving() {
  phase_ = Phase::k_serving;
  tell_parameters();
  preludes_ = prelude_.size();
  aborts_ = 0;
  if (transaction_ == Transaction::k_begun && !server_->durability().empty()) {
    restore_durability();
    ++preludes_;
  }
  for (const std::string& sql : prelude_) server_->ask(sql);
  prelude_.clear();
  if (transaction_ == Transaction::k_begun) transaction_ = Transaction::k_open;
  admitted_ = work_->unit.size;
  if (replaying_) {
    // The bytes were taken from the client before; they are whole.
    replaying_ = false;
    work_->batch.clear();  // it may be what follows them
    const std::string bytes = std::exchange(work_->replay.bytes, {});
    std::size_t done = 0;
    while (done < bytes.size()) {
      const std::size_t count = serving_input(std::string_view(bytes).substr(done));
      if (count == 0 || server_ == nullptr) break;
      done += count;
    }
  }
}

void Client::tell_parameters() {
  const ParametersPtr& now = server_->parameters();
  if (now == told_ || now == nullptr) return;
  for (const auto& [name, value] : *now) {
    if (parameter_or_empty(told_, name) != value) {
      wire::append_parameter_status(out_.tail(), name, value);
    }
  }
  told_ = now;
  reads_as_told_ = false;
  check_string_syntax();
}

// With standard_conforming_strings off, texts do not mean what the parser takes them for.
void Client::check_string_syntax() {
  if (parameter_or_empty(told_, "standard_conforming_strings") == "off") {
    pin(sql::Pin::k_string_syntax);
  }
}

// ALTER ROLE, ALTER DATABASE and the configuration change what connections begin with. As on one
// server, a session goes on with the search_path that it began with, by which its texts are read.
bool Client::has_other_path(const Server& server) const {
  return default_path_.has_value() && server.search_path() != default_path_;
}

// What is to be set on the server for this client.
SettingsPtr Client::settings_on(const Server& server) const {
  if (!has_other_path(server)) return settings_;
  if (settings_ != nullptr && settings_->contains("search_path")) return settings_;
  Settings settings = settings_ == nullptr ? Settings() : *settings_;
  settings.emplace("search_path", *default_path_);
  return std::make_shared<const Settings>(std::move(settings));
}

void Client::release(bool broken) {
  CHECK(server_ != nullptr);
  end_writing(is_quiet_on_server());
  actions_.released = server_;
  actions_.released_broken = broken || server_->in_doubt();
  actions_.catalogue_changed = actions_.catalogue_changed || work_->trace.changes_catalogue;
  detach();
  cancels_later_ = false;
  raising_alone_ = false;
  if (phase_ != Phase::k_closed) phase_ = Phase::k_idle;
  if (shutting_down_) shut_down();
}

void Client::detach() {
  server_ = nullptr;
  admitted_ = 0;
  unsynced_ = false;
  waits_for_quiet_ = false;
}

void Client::close_with(const Refusal& refusal) {
  if (owes_ready_) provide_token("");
  // In the middle of a frame nothing can be told, nor behind the last word.
  const bool cut = server_ != nullptr && server_->mid_frame() && !withhold_;
  if (!cut && !told_fatal_) refusal.append_to(out_.tail(), "FATAL");
  ends_with_write_ = server_ != nullptr && work_->trace.may_write;
  phase_ = Phase::k_closed;
  if (server_ != nullptr) release(true);
  actions_.close = true;
  actions_.route = false;
}

void Client::protocol_violation(const std::string& message) {
  close_with({"08P01", message, {}, {}});
}

void Client::pin(sql::Pin why) {
  if (pin_ == sql::Pin::k_none) pin_ = why;
}

void Client::refuse(const Refusal& refusal) {
  if (phase_ == Phase::k_logging_in) return close_with(refusal);
  CHECK(phase_ == Phase::k_routing);
  phase_ = server_ != nullptr ? Phase::k_serving : Phase::k_idle;
  if (!replaying_) {
    refuse_unit(refusal);
    if (shutting_down_ && server_ != nullptr) shut_down();
    return;
  }
  // The unit was taken from the client before it could not be served a second time.
  replaying_ = false;
  work_->replay.bytes.clear();
  refusal.append_to(out_.tail(), "ERROR");
  wire::append_ready_for_query(out_.tail(), local_status());
}

void Client::warn(const Refusal& warning) {
  wire::append_notice(out_.tail(), "WARNING", warning.sqlstate, warning.message, warning.detail,
                      warning.hint);
}

void Client::cancel() {
  if (phase_ == Phase::k_routing) {
    refuse({"57014", "canceling statement due to user request", {}, {}});
  } else if (phase_ == Phase::k_aligning || (phase_ == Phase::k_serving && server_ != nullptr &&
                                             server_->replies().front_swallowed())) {
    // What the server runs is the gateway's own: the client's statement comes behind it.
    cancels_later_ = true;
  } else if (phase_ == Phase::k_serving && server_ != nullptr && !server_->replies().empty()) {
    actions_.cancel_server = true;
  }
}

void Client::cancel_if_due() {
  if (!cancels_later_ || phase_ == Phase::k_aligning) return;
  const bool serves = phase_ == Phase::k_serving && server_ != nullptr;
  // It is still to be sent.
  if (serves && server_->replies().empty() && admitted_ > 0) return;
  cancels_later_ = false;
  if (serves) cancel();
}

void Client::shut_down() {
  shutting_down_ = true;
  const bool between = phase_ == Phase::k_startup || phase_ == Phase::k_logging_in ||
                       (phase_ == Phase::k_idle && transaction_ == Transaction::k_none) ||
                       (phase_ == Phase::k_serving && server_->idle() && !unsynced_ &&
                        streaming_ == 0 && transaction_ == Transaction::k_none);
  if (between) end_session();
}

void Client::end_session() {
  close_with({"57P01", "terminating connection due to administrator command", {}, {}});
}

void Client::on_gone(Instant now) {
  // What is under way may still take place (anomaly P8).
  const bool writes = server_ != nullptr && phase_ == Phase::k_serving && work_->trace.may_write;
  if (writes || ends_with_write_) note_marks(now);
  leave();
}

void Client::leave() {
  const bool clean = phase_ == Phase::k_serving && pin_ == sql::Pin::k_none && server_->idle() &&
                     !unsynced_ && streaming_ == 0 && work_->trace.settings.empty() &&
                     !work_->trace.all_settings && !work_->trace.opaque;
  // What only reads is stopped; what may write is carried out, as a server on its own would.
  const bool runs = server_ != nullptr && !server_->replies().empty();
  actions_.cancel_server = runs && !work_->trace.may_write;
  if (server_ != nullptr) release(!clean);
  phase_ = Phase::k_closed;
}

}  // namespace tidemark::session
