#include "gateway/nudge.h"

#include <libpq-fe.h>

#include <charconv>

namespace tidemark::gateway {
namespace {

// Committed locally: it must not hang where no synchronous standby is there (anomaly P1).
constexpr const char* k_nudge =
    "BEGIN; SET LOCAL synchronous_commit = local; "
    "SELECT pg_logical_emit_message(true, 'tidemark', ''), pg_current_xact_id(); COMMIT";

Result<consistency::Fence> read_fence(const PgErrand::Answer& answer, Instant sent_at) {
  consistency::Fence fence{.xid = 0, .sent_at = sent_at};
  for (const PgResult& result : answer) {
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) continue;
    const std::string_view xid = field(result, 0, 1);
    if (std::from_chars(xid.data(), xid.data() + xid.size(), fence.xid).ec == std::errc()) {
      return fence;
    }
  }
  return fail("the answer has no transaction id");
}

}  // namespace

void Nudge::tick(const ServerTarget& primary, Run run, Instant now) {
  if (!requested_ || errand_.running() || now < next_) return;
  requested_ = false;
  next_ = now + k_nudge_pause;
  run_ = run;
  errand_.start(primary, k_nudge, now);
}

std::optional<Nudge::Outcome> Nudge::advance(Instant now) {
  auto answer = errand_.advance(now);
  if (!answer) return std::nullopt;
  Outcome outcome{.run = run_, .fence = fail("")};
  if (*answer) {
    outcome.fence = read_fence(**answer, errand_.sent_at());
  } else {
    outcome.fence = std::unexpected(answer->error());
  }
  return outcome;
}

Instant Nudge::deadline() const {
  if (errand_.running()) return errand_.deadline();
  return requested_ ? next_ : k_never;
}

}  // namespace tidemark::gateway
