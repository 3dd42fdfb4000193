#include "gateway/history_fetch.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/check.h"

namespace tidemark::gateway {

void HistoryFetch::start(ServerTarget target, consistency::Timeline timeline, Instant now) {
  CHECK(!running());
  target_ = std::move(target);
  timeline_ = timeline;
  by_file_ = false;
  attempts_ = 0;
  ask(now);
}

void HistoryFetch::cancel() {
  errand_.close();
  timeline_.reset();
}

void HistoryFetch::ask(Instant now) {
  pause_until_.reset();
  target_.replication = !by_file_;
  errand_.start(target_,
                by_file_
                    ? fmt::format("SELECT '', pg_read_file('pg_wal/{:08X}.history')", *timeline_)
                    : fmt::format("TIMELINE_HISTORY {}", *timeline_),
                now);
}

std::optional<Result<consistency::History>> HistoryFetch::advance(Instant now) {
  if (!running()) return std::nullopt;
  if (pause_until_) {
    if (now >= *pause_until_) ask(now);
    return std::nullopt;
  }
  auto outcome = errand_.advance(now);
  if (!outcome) return std::nullopt;
  if (!*outcome) return try_next(outcome->error(), now);
  return take(**outcome, now);
}

std::optional<Result<consistency::History>> HistoryFetch::take(const PgErrand::Answer& answer,
                                                               Instant now) {
  const bool shaped = !answer.empty() && PQresultStatus(answer[0].get()) == PGRES_TUPLES_OK &&
                      PQntuples(answer[0].get()) == 1 && PQnfields(answer[0].get()) == 2;
  if (!shaped) return try_next({"the answer has an unexpected shape"}, now);
  auto history = consistency::History::parse(*timeline_, field(answer[0], 0, 1));
  if (!history) return try_next(history.error(), now);
  errand_.close();
  timeline_.reset();
  return history;
}

std::optional<Result<consistency::History>> HistoryFetch::try_next(Error why, Instant now) {
  by_file_ = !by_file_;
  if (by_file_) {
    ask(now);
    return std::nullopt;
  }
  if (++attempts_ < k_history_attempts) {
    pause_until_ = now + k_history_pause;
    return std::nullopt;
  }
  timeline_.reset();
  return std::unexpected(std::move(why));
}

Instant HistoryFetch::deadline() const {
  if (!running()) return k_never;
  return pause_until_ ? *pause_until_ : errand_.deadline();
}

}  // namespace tidemark::gateway
