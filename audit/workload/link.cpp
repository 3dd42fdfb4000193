#include "audit/workload/link.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/duration.h"

namespace tidemark::audit {
namespace {

using PgResult = std::unique_ptr<PGresult, decltype([](PGresult* result) { PQclear(result); })>;

// Without "ERROR: " and what comes behind the first line.
std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  for (const std::string_view severity : {"ERROR:  ", "FATAL:  ", "PANIC:  "}) {
    if (text.starts_with(severity)) text.remove_prefix(severity.size());
  }
  return std::string(text);
}

std::string field(const PGresult* result, int code) {
  const char* value = PQresultErrorField(result, code);
  return value == nullptr ? "" : value;
}

bool tells_of_loss(std::string_view sqlstate) { return sqlstate == "TM001" || sqlstate == "TM002"; }

// Waits for the socket; false once the deadline has passed.
bool wait_for(int fd, bool for_write, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd entry{};
    entry.fd = fd;
    entry.events = static_cast<short>(for_write ? POLLOUT | POLLIN : POLLIN);
    const int ready =
        poll(&entry, 1, static_cast<int>(std::max(left.count(), decltype(left)::rep{0})));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
  }
}

std::vector<const char*> pointers(const Statement& statement) {
  std::vector<const char*> values;
  for (const std::string& parameter : statement.parameters) values.push_back(parameter.c_str());
  return values;
}

int send_parameters(PGconn* connection, const Statement& statement) {
  return PQsendQueryParams(connection, statement.text.c_str(),
                           static_cast<int>(statement.parameters.size()), nullptr,
                           pointers(statement).data(), nullptr, nullptr, 0);
}

int send_prepared(PGconn* connection, const Statement& statement) {
  return PQsendQueryPrepared(connection, statement.name.c_str(),
                             static_cast<int>(statement.parameters.size()),
                             pointers(statement).data(), nullptr, nullptr, 0);
}

}  // namespace

Link::Link(pg_conn* connection) : connection_(connection) {}

Link::Link(Link&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)),
      prepared_(std::move(other.prepared_)) {}

Link& Link::operator=(Link&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(prepared_, other.prepared_);
  return *this;
}

Link::~Link() { PQfinish(connection_); }

Result<Link> Link::open(const std::string& dsn, Duration patience) {
  const auto deadline = Clock::now() + patience;
  // Expanded, so that a URI may stand for the database's name.
  const char* const keywords[] = {"fallback_application_name", "dbname", nullptr};
  const char* const values[] = {"tidemark audit", dsn.c_str(), nullptr};
  Link link(PQconnectStartParams(keywords, values, 1));
  if (link.connection_ == nullptr) return fail("out of memory");
  auto state = PGRES_POLLING_WRITING;
  while (PQstatus(link.connection_) != CONNECTION_BAD && state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) break;
    if (!wait_for(PQsocket(link.connection_), state == PGRES_POLLING_WRITING, deadline)) {
      return fail(fmt::format("no connection within {}", format_duration(patience)));
    }
    state = PQconnectPoll(link.connection_);
  }
  if (state != PGRES_POLLING_OK) return fail(first_line(PQerrorMessage(link.connection_)));
  PQsetnonblocking(link.connection_, 1);
  return link;
}

bool Link::usable() const {
  return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK;
}

int Link::backend_pid() const { return PQbackendPID(connection_); }

void Link::notice(void* link, const pg_result* result) {
  if (tells_of_loss(field(result, PG_DIAG_SQLSTATE))) {
    static_cast<Link*>(link)->loss_declared_ = true;
  }
}

bool Link::wait(bool for_write, Clock::time_point deadline) {
  return wait_for(PQsocket(connection_), for_write, deadline);
}

bool Link::flush(Clock::time_point deadline) {
  while (true) {
    const int left = PQflush(connection_);
    if (left == 0) return true;
    if (left < 0 || !wait(true, deadline)) return false;
    if (PQconsumeInput(connection_) == 0) return false;
  }
}

void Link::give_up(Answer& answer, Clock::time_point deadline) {
  // An error that the server has told before says more than that it closed the connection.
  if (answer.fate != Fate::k_error) {
    const bool late = usable() && Clock::now() >= deadline;
    answer.fate = late ? Fate::k_late : Fate::k_lost;
    answer.message =
        late ? "no answer within the deadline" : first_line(PQerrorMessage(connection_));
  }
  answer.ended = Clock::now();
  PQfinish(std::exchange(connection_, nullptr));
}

bool Link::next(pg_result*& result, Clock::time_point deadline, Answer& answer) {
  while (PQisBusy(connection_) != 0) {
    if (!wait(false, deadline) || PQconsumeInput(connection_) == 0) {
      // What has been received may hold the server's own last words.
      if (usable() || PQisBusy(connection_) != 0) {
        give_up(answer, deadline);
        return false;
      }
    }
  }
  result = PQgetResult(connection_);
  return true;
}

void Link::take(const pg_result* result, Answer& answer) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_TUPLES_OK:
      break;
    default:
      if (answer.fate == Fate::k_error) return;  // the first one says what it was
      answer.sqlstate = field(result, PG_DIAG_SQLSTATE);
      answer.fate = answer.sqlstate.empty() && !usable() ? Fate::k_lost : Fate::k_error;
      answer.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
      if (answer.message.empty()) answer.message = first_line(PQresultErrorMessage(result));
      answer.loss_declared |= tells_of_loss(answer.sqlstate);
      return;
  }
  answer.tag = PQcmdStatus(const_cast<pg_result*>(result));
  for (int row = 0; row < PQntuples(result); ++row) {
    Cells& cells = answer.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        cells.emplace_back();
      } else {
        cells.emplace_back(PQgetvalue(result, row, column));
      }
    }
  }
}

Answer Link::collect(Clock::time_point deadline) {
  Answer answer;
  if (!flush(deadline)) {
    give_up(answer, deadline);
    return answer;
  }
  while (true) {
    pg_result* raw = nullptr;
    if (!next(raw, deadline, answer)) return answer;
    const PgResult result(raw);
    if (!result) break;
    take(result.get(), answer);
  }
  answer.ended = Clock::now();
  answer.loss_declared |= std::exchange(loss_declared_, false);
  return answer;
}

Answer Link::could_not_send(Clock::time_point deadline) {
  Answer answer;
  give_up(answer, deadline);
  return answer;
}

bool Link::prepare(const Statement& statement, Clock::time_point deadline, Answer& answer) {
  if (prepared_.contains(statement.name)) return true;
  if (PQsendPrepare(connection_, statement.name.c_str(), statement.text.c_str(), 0, nullptr) == 0) {
    answer = could_not_send(deadline);
    return false;
  }
  answer = collect(deadline);
  if (answer.fate != Fate::k_done) return false;
  prepared_.insert(statement.name);
  return true;
}

Answer Link::run(const Statement& statement, Protocol protocol, Duration patience) {
  const auto deadline = Clock::now() + patience;
  PQsetNoticeReceiver(connection_, &Link::notice, this);
  int sent = 0;
  if (protocol == Protocol::k_simple) {
    sent = PQsendQuery(connection_, with_literals(statement).c_str());
  } else if (protocol == Protocol::k_prepared && !statement.name.empty()) {
    Answer answer;
    if (!prepare(statement, deadline, answer)) return answer;
    sent = send_prepared(connection_, statement);
  } else {
    sent = send_parameters(connection_, statement);
  }
  return sent == 0 ? could_not_send(deadline) : collect(deadline);
}

Answer Link::run(const std::string& text, Duration patience) {
  return run(Statement{.name = "", .text = text, .parameters = {}}, Protocol::k_simple, patience);
}

Answer Link::collect_one_of_pipeline(Clock::time_point deadline) {
  Answer answer;
  bool synced = false;
  // A statement's results, a null, and the result of its Sync.
  while (!synced) {
    pg_result* raw = nullptr;
    if (!next(raw, deadline, answer)) return answer;
    const PgResult result(raw);
    if (!result) {
      if (usable()) continue;
      break;
    }
    synced = PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC;
    if (!synced) take(result.get(), answer);
  }
  answer.ended = Clock::now();
  answer.loss_declared |= std::exchange(loss_declared_, false);
  return answer;
}

std::vector<Answer> Link::pipeline(std::span<const Statement> statements, Duration patience) {
  const auto deadline = Clock::now() + patience;
  PQsetNoticeReceiver(connection_, &Link::notice, this);
  bool sent = PQenterPipelineMode(connection_) != 0;
  for (const Statement& statement : statements) {
    sent = sent && send_parameters(connection_, statement) != 0 && PQpipelineSync(connection_) != 0;
  }
  sent = sent && flush(deadline);
  std::vector<Answer> answers;
  for (std::size_t at = 0; at < statements.size(); ++at) {
    if (connection_ != nullptr && sent && (at == 0 || usable())) {
      answers.push_back(collect_one_of_pipeline(deadline));
    } else if (connection_ != nullptr) {
      answers.push_back(could_not_send(deadline));
    } else {
      answers.push_back(answers.back());
    }
  }
  if (PQexitPipelineMode(connection_) == 0) PQfinish(std::exchange(connection_, nullptr));
  return answers;
}

}  // namespace tidemark::audit
