// What a session tells others, and is told by them.
#include "audit/workload/outcome.h"
#include "audit/workload/session.h"

namespace tidemark::audit {

std::optional<std::string> Session::token_of(EndpointId endpoint, Answer& answer) {
  answer = connections_[endpoint]->link.run(stage_.endpoints[endpoint].token_out,
                                            stage_.workload.patience);
  if (answer.fate != Fate::k_done || answer.rows.empty()) return std::nullopt;
  return answer.rows[0][0];
}

void Session::hand_over(SessionId whom) {
  const Operation& last = operations_.back();
  const EndpointId endpoint = last.endpoint;
  if (!connections_[endpoint]) return;
  Message message;
  for (const Seen& seen : last.seen) message.rows.push_back(seen.row);
  for (const Put& put : last.puts) message.rows.push_back(put.row);
  Operation operation =
      begin(OperationKind::k_hand_over, Protocol::k_simple, endpoint, *connections_[endpoint]);
  operation.message = message.number = ++stage_.messages;
  Answer answer;
  answer.ended = Clock::now();
  bool said = true;
  if (!stage_.endpoints[endpoint].token_out.empty()) {
    const auto token = token_of(endpoint, answer);
    said = token.has_value();
    if (said) message.token = *token;
  }
  operation.outcome = said ? Outcome::k_ok : Outcome::k_failed;
  operation.error = error_of(answer);
  operation.loss_declared = answer.loss_declared;
  operation.ended = stage_.since_began(answer.ended);
  record(std::move(operation));
  drop_if_lost(endpoint);
  if (said) stage_.mailboxes[whom]->put(std::move(message));
}

// Takes over what the message says, on the connection that is to be read from next.
bool Session::take_over(const Message& message, EndpointId endpoint) {
  Connection* connection = connection_to(endpoint);
  if (connection == nullptr) {
    could_not_connect(OperationKind::k_read, endpoint);
    return false;
  }
  Operation operation =
      begin(OperationKind::k_take_over, Protocol::k_simple, endpoint, *connection);
  operation.message = message.number;
  Answer answer;
  answer.ended = Clock::now();
  const std::string& token_in = stage_.endpoints[endpoint].token_in;
  if (!message.token.empty() && !token_in.empty()) {
    answer = connection->link.run(filled_in(token_in, message.token), stage_.workload.patience);
  }
  const bool taken = answer.fate == Fate::k_done;
  operation.outcome = taken ? Outcome::k_ok : Outcome::k_failed;
  operation.error = error_of(answer);
  operation.loss_declared = answer.loss_declared;
  operation.ended = stage_.since_began(answer.ended);
  record(std::move(operation));
  drop_if_lost(endpoint);
  return taken;
}

}  // namespace tidemark::audit
