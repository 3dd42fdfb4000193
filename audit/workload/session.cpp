#include "audit/workload/session.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::audit {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_first_back_off = 10ms;
constexpr Duration k_longest_back_off = 500ms;

}  // namespace

Session::Session(Stage& stage, SessionId id)
    : stage_(stage),
      id_(id),
      plan_(stage.workload, id),
      random_(stage.workload.seed * 1000 + id),
      connections_(stage.endpoints.size()),
      turn_(id) {}

void Session::run() {
  due_ = Clock::now();
  while (!stage_.stop) {
    pace();
    if (stage_.stop) break;
    if (const auto message = stage_.mailboxes[id_]->take()) {
      const EndpointId endpoint = endpoint_to_read();
      if (take_over(*message, endpoint)) read(plan_.look(message->rows), endpoint);
      continue;
    }
    const Task task = plan_.next();
    const std::size_t before = operations_.size();
    act(task);
    const bool done = operations_.size() > before && operations_.back().outcome == Outcome::k_ok;
    if (task.hand_over && done) hand_over(task.whom);
  }
  connections_.clear();
}

void Session::pace() {
  if (stage_.workload.rate <= 0) return;
  const double seconds = stage_.workload.sessions / stage_.workload.rate;
  const auto interval =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  stage_.sleep_until(due_);
  // What was missed is not made up for: that would be a burst.
  due_ = std::max(due_ + interval, Clock::now());
}

void Session::act(const Task& task) {
  if (task.reconnect) move();
  if (task.act == Act::k_write) {
    write(task);
  } else {
    read(task, endpoint_to_read());
  }
}

EndpointId Session::endpoint_to_read() {
  switch (stage_.choice) {
    case Choice::k_random:
      return static_cast<EndpointId>(random_.below(stage_.readable));
    case Choice::k_round_robin:
      return static_cast<EndpointId>(turn_++ % stage_.readable);
    case Choice::k_sticky:
      break;
  }
  return static_cast<EndpointId>(id_ % stage_.readable);
}

// To a new connection wherever it has one. Where a session has no key but a token it takes that
// along, as an application would.
void Session::move() {
  for (EndpointId at = 0; at < connections_.size(); ++at) {
    const Endpoint& endpoint = stage_.endpoints[at];
    if (!connections_[at]) continue;
    Answer answer;
    const bool carried = endpoint.identify.empty() && !endpoint.token_in.empty();
    const auto token = carried ? token_of(at, answer) : std::nullopt;
    connections_[at].reset();
    Connection* connection = connection_to(at);
    if (connection == nullptr || !token) continue;
    connection->link.run(filled_in(endpoint.token_in, *token), stage_.workload.patience);
    drop_if_lost(at);
  }
}

Session::Connection* Session::connection_to(EndpointId endpoint) {
  auto& connection = connections_[endpoint];
  if (connection) return &*connection;
  auto link = Link::open(stage_.endpoints[endpoint].dsn, stage_.workload.patience);
  if (!link) {
    connect_error_ = link.error().message;
    return nullptr;
  }
  if (!prepare(endpoint, *link)) return nullptr;
  back_off_ = {};
  connection = Connection{.link = std::move(*link), .number = ++stage_.connections};
  return &*connection;
}

// Says whose connection it is, and how durable its writes are to be.
bool Session::prepare(EndpointId endpoint, Link& link) {
  const auto runs = [&](const std::string& text) {
    const Answer answer = link.run(text, stage_.workload.patience);
    if (answer.fate == Fate::k_done) return true;
    connect_error_ = fmt::format("{} {}", answer.sqlstate, answer.message);
    return false;
  };
  const std::string& identify = stage_.endpoints[endpoint].identify;
  const std::string key = fmt::format("{}-{}", stage_.key_prefix, id_);
  if (!identify.empty() && !runs(filled_in(identify, key))) return false;
  const auto& durabilities = stage_.workload.synchronous_commit;
  if (endpoint != stage_.write_to || durabilities.empty()) return true;
  return runs(fmt::format("SET synchronous_commit = {}", durabilities[id_ % durabilities.size()]));
}

void Session::back_off() {
  back_off_ = std::clamp(2 * back_off_, k_first_back_off, k_longest_back_off);
  stage_.sleep_until(Clock::now() + back_off_);
}

void Session::drop_if_lost(EndpointId endpoint) {
  auto& connection = connections_[endpoint];
  if (connection && !connection->link.usable()) connection.reset();
}

}  // namespace tidemark::audit
