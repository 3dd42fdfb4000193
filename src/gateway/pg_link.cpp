#include "gateway/pg_link.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <map>
#include <utility>

#include "base/check.h"

namespace tidemark::gateway {
namespace {

using Keywords = std::map<std::string, std::string>;

// "host" as people wrote it (certificates and password files go by it) and "hostaddr" for each of
// its numeric addresses, so that libpq never asks a name server.
Result<void> add_address(const std::string& text, Keywords& keywords) {
  const auto parsed = net::Address::parse(text);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->is_unix()) {
    constexpr std::string_view k_socket = "/.s.PGSQL.";
    const std::size_t slash = parsed->path().rfind(k_socket);
    if (slash == std::string::npos) {
      return fail(fmt::format("\"{}\" is no PostgreSQL socket (.s.PGSQL.<port>)", parsed->path()));
    }
    keywords["host"] = parsed->path().substr(0, slash);
    keywords["port"] = parsed->path().substr(slash + k_socket.size());
    return {};
  }
  const auto resolved = parsed->resolve();
  if (!resolved) return std::unexpected(resolved.error());
  std::string hosts;
  std::string numbers;
  for (const net::SocketAddress& target : resolved->targets()) {
    std::string number = target.to_string();  // "127.0.0.1:5432" or "[::1]:5432"
    number.resize(number.rfind(':'));
    if (number.starts_with('[')) number = number.substr(1, number.size() - 2);
    numbers += (numbers.empty() ? "" : ",") + number;
    hosts += (hosts.empty() ? "" : ",") + parsed->host();
  }
  keywords["host"] = hosts;
  keywords["hostaddr"] = numbers;
  keywords["port"] = std::to_string(parsed->port());
  return {};
}

}  // namespace

ServerTarget ServerTarget::of(const Config& config, std::string address) {
  ServerTarget target;
  target.address = std::move(address);
  target.user = config.origin.user;
  target.password = config.origin.password;
  target.database = config.origin.database;
  target.timeout = config.monitor.timeout;
  return target;
}

void PgConnectionCloser::operator()(pg_conn* connection) const { PQfinish(connection); }

void PgResultDeleter::operator()(pg_result* result) const { PQclear(result); }

std::string_view field(const PgResult& result, int row, int column) {
  return {PQgetvalue(result.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result.get(), row, column))};
}

bool is_null(const PgResult& result, int row, int column) {
  return PQgetisnull(result.get(), row, column) != 0;
}

std::string first_line(std::string_view message) {
  for (const std::string_view severity : {"ERROR:  ", "FATAL:  ", "PANIC:  "}) {
    const std::size_t found = message.find(severity);
    if (found != std::string_view::npos) message.remove_prefix(found + severity.size());
  }
  message = message.substr(0, message.find('\n'));
  return message.empty() ? "connection lost" : std::string(message);
}

Result<void> PgLink::connect(const ServerTarget& target) {
  close();
  Keywords keywords = {{"user", target.user},
                       {"dbname", target.database},
                       {"application_name", target.application_name},
                       {"options", target.options},
                       {"client_encoding", "UTF8"},
                       {"gssencmode", "disable"}};
  if (!target.password.empty()) keywords["password"] = target.password;
  if (target.replication) keywords["replication"] = "database";
  if (const auto added = add_address(target.address, keywords); !added) return added;

  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  CHECK(connection_ != nullptr);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return broken();
  state_ = State::k_connecting;
  awaits_input_ = false;
  return {};
}

Result<void> PgLink::send(const std::string& sql) {
  CHECK(state_ == State::k_idle);
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return broken();
  ++in_flight_;
  return flush();
}

Result<void> PgLink::send_prepared(const std::vector<Execution>& executions) {
  CHECK(state_ == State::k_idle || state_ == State::k_busy);
  if (PQenterPipelineMode(connection_.get()) == 0) return broken();
  for (const Execution& execution : executions) {
    std::vector<const char*> parameters;
    for (const std::string& parameter : execution.parameters)
      parameters.push_back(parameter.c_str());
    const int count = static_cast<int>(parameters.size());
    if (PQsendQueryPrepared(connection_.get(), execution.statement.c_str(), count,
                            parameters.data(), nullptr, nullptr, 0) == 0) {
      return broken();
    }
  }
  if (PQpipelineSync(connection_.get()) == 0) return broken();
  ++in_flight_;
  return flush();
}

Result<void> PgLink::flush() {
  const int flushed = PQflush(connection_.get());
  if (flushed < 0) return broken();
  unsent_ = flushed > 0;
  state_ = State::k_busy;
  return {};
}

int PgLink::fd() const { return connection_ ? PQsocket(connection_.get()) : -1; }

short PgLink::wanted_events() const {
  switch (state_) {
    case State::k_closed:
      return 0;
    case State::k_connecting:
      return awaits_input_ ? POLLIN : POLLOUT;
    case State::k_idle:
      return POLLIN;
    case State::k_busy:
      return static_cast<short>(unsent_ ? POLLIN | POLLOUT : POLLIN);
  }
  return 0;
}

Result<PgLink::Progress> PgLink::advance() {
  switch (state_) {
    case State::k_closed:
      return Progress::k_none;
    case State::k_connecting:
      return advance_connecting();
    case State::k_idle:
      if (PQconsumeInput(connection_.get()) == 0) return broken();
      return Progress::k_none;
    case State::k_busy:
      return advance_busy();
  }
  return Progress::k_none;
}

Result<PgLink::Progress> PgLink::advance_connecting() {
  const PostgresPollingStatusType polling = PQconnectPoll(connection_.get());
  awaits_input_ = polling == PGRES_POLLING_READING;
  if (polling == PGRES_POLLING_FAILED) return broken();
  if (polling != PGRES_POLLING_OK) return Progress::k_none;
  if (PQsetnonblocking(connection_.get(), 1) != 0) return broken();
  // Warnings of the server have nobody to read them.
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  state_ = State::k_idle;
  return Progress::k_connected;
}

Result<PgLink::Progress> PgLink::advance_busy() {
  if (unsent_) {
    if (const auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
  }
  if (PQconsumeInput(connection_.get()) == 0) return broken();
  const bool pipelined = PQpipelineStatus(connection_.get()) != PQ_PIPELINE_OFF;
  while (in_flight_ > 0 && PQisBusy(connection_.get()) == 0) {
    PgResult result(PQgetResult(connection_.get()));
    if (result == nullptr) {
      // In a pipeline each statement has such an end, and the message another one.
      if (!pipelined) finish();
    } else if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      finish();
    } else {
      results_.push_back(std::move(result));
    }
  }
  return has_answer() ? Progress::k_answered : Progress::k_none;
}

void PgLink::finish() {
  answers_.push_back(std::exchange(results_, {}));
  if (--in_flight_ == 0) state_ = State::k_idle;
}

std::vector<PgResult> PgLink::take_results() {
  CHECK(has_answer());
  std::vector<PgResult> oldest = std::move(answers_.front());
  answers_.pop_front();
  return oldest;
}

std::unexpected<Error> PgLink::broken() {
  std::string message = first_line(PQerrorMessage(connection_.get()));
  close();
  return fail(std::move(message));
}

void PgLink::close() {
  connection_.reset();
  results_.clear();
  answers_.clear();
  in_flight_ = 0;
  unsent_ = false;
  state_ = State::k_closed;
}

}  // namespace tidemark::gateway
