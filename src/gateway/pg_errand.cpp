#include "gateway/pg_errand.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/check.h"
#include "net/clock.h"

namespace tidemark::gateway {

void PgErrand::start(const ServerTarget& target, std::string sql, Instant now) {
  CHECK(!running_);
  running_ = true;
  due_ = now + target.timeout;
  sql_ = std::move(sql);
  failed_.reset();
  const std::string to = fmt::format("{} {} {}", target.address, target.database,
                                     target.replication ? "replication" : "sql");
  Result<void> begun;
  if (link_.state() == PgLink::State::k_idle && to == connected_to_) {
    begun = send();
  } else {
    connected_to_ = to;
    begun = link_.connect(target);
  }
  if (!begun) {
    failed_ = begun.error();
    due_ = now;
  }
}

std::optional<Result<PgErrand::Answer>> PgErrand::advance(Instant now) {
  if (!running_) {
    if (link_.state() == PgLink::State::k_idle && !link_.advance()) close();
    return std::nullopt;
  }
  if (failed_) return finish(std::unexpected(*failed_));
  if (auto outcome = advance_link()) return outcome;
  if (now >= due_) return finish(fail("no answer in time"));
  return std::nullopt;
}

std::optional<Result<PgErrand::Answer>> PgErrand::advance_link() {
  const auto progress = link_.advance();
  if (!progress) return finish(std::unexpected(progress.error()));
  if (*progress == PgLink::Progress::k_connected) {
    if (const auto sent = send(); !sent) return finish(std::unexpected(sent.error()));
  } else if (*progress == PgLink::Progress::k_answered) {
    Answer answer = link_.take_results();
    for (const PgResult& result : answer) {
      if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR) continue;
      return finish(fail(first_line(PQresultErrorMessage(result.get()))));
    }
    return finish(std::move(answer));
  }
  return std::nullopt;
}

Result<void> PgErrand::send() {
  sent_at_ = net::now();
  return link_.send(sql_);
}

Result<PgErrand::Answer> PgErrand::finish(Result<Answer> outcome) {
  running_ = false;
  // An error may leave a transaction open.
  if (!outcome) link_.close();
  return outcome;
}

void PgErrand::close() {
  link_.close();
  running_ = false;
}

}  // namespace tidemark::gateway
