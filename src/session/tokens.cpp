// Tokens: what the session requires, given to the client and taken over from it.
#include <algorithm>
#include <utility>

#include "session/client.h"
#include "wire/server_messages.h"

namespace tidemark::session {

// What several tokens of one past require is what one of them could.
void Client::add_token(const Token& token) {
  const auto known = std::ranges::find_if(tokens_, [&](const Token& other) {
    return other.system_identifier == token.system_identifier && other.timeline == token.timeline;
  });
  if (known == tokens_.end()) return tokens_.push_back(token);
  known->writes = std::max(known->writes, token.writes);
  known->reads = std::max(known->reads, token.reads);
  known->shown = known->shown && token.shown;
}

// Empty: a session without any requirements, which is no news.
std::expected<void, Refusal> Client::take_token(std::string_view text) {
  if (text.empty()) return {};
  const auto token = decode(text, around_->token_key);
  if (!token.has_value()) return std::unexpected(token.error());
  if (token->timeline == 0) return {};
  const std::uint64_t here = around_->system_identifier();
  if (here != 0 && token->system_identifier != here) {
    return std::unexpected(
        Refusal{"22023", "invalid value for parameter \"tidemark.token\": it is of another cluster",
                "The token is of the cluster with system identifier " +
                    std::to_string(token->system_identifier) + ", this one has " +
                    std::to_string(here) + ".",
                "Tokens can be taken over by gateways of the same cluster only."});
  }
  add_token(*token);
  return {};
}

// True: what is at the front of the client's bytes shows the token, which is not there yet.
bool Client::must_wait_for_token(bool shows_token) {
  if (!shows_token || token_ != nullptr) return false;
  session_key_ = own_.session();
  waits_for_token_ = true;
  actions_.token = true;
  return true;
}

// Of what the gateway answers itself within a batch on a server. A token cannot be had there if the
// server was given some of the batch: it may write, and does not answer before the Sync. False: not
// now.
bool Client::may_execute_here(const sql::Statement& statement) {
  const bool shows_token =
      statement.kind == sql::Kind::k_show && statement.setting_name == own_setting::k_token;
  const bool stays = transaction_ == Transaction::k_open || pin_ != sql::Pin::k_none;
  if (!shows_token || batch_on_server_ || !stays || has_failed()) return true;
  if (server_->replies().empty()) return !must_wait_for_token(true);
  waits_for_quiet_ = true;
  return false;
}

// Holds back the ReadyForQuery that was just appended for a client who wants to hear its token
// first. False: it stays.
bool Client::hold_ready() {
  constexpr std::string_view k_ready("Z\0\0\0\5I", 6);
  std::string& told = out_.tail();
  if (!own_.reports_token() || server_ == nullptr || !server_->replies().empty() ||
      !told.ends_with(k_ready)) {
    return false;
  }
  told.resize(told.size() - k_ready.size());
  owes_ready_ = true;
  waits_for_token_ = true;
  actions_.token = true;
  return true;
}

void Client::provide_token(std::string token) {
  waits_for_token_ = false;
  if (!std::exchange(owes_ready_, false)) {
    token_ = std::make_unique<ShownToken>(std::move(token));
    return;
  }
  if (token != reported_token_) {
    wire::append_parameter_status(out_.tail(), own_setting::k_token, token);
    reported_token_ = std::move(token);
  }
  wire::append_ready_for_query(out_.tail(), wire::TransactionStatus::k_idle);
}

void Client::refuse_token(const Refusal& refusal) {
  // Whoever waits for the end of a transaction is told that there is no token now.
  if (owes_ready_) return provide_token("");
  waits_for_token_ = false;
  token_ = std::make_unique<ShownToken>(std::unexpected(refusal));
}

}  // namespace tidemark::session
