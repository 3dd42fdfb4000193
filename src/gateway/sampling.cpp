#include "gateway/sampling.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <chrono>

namespace tidemark::gateway {
namespace {

using consistency::Lsn;

constexpr const char* k_facts = R"(
SELECT (pg_control_system()).system_identifier,
       (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
       (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint
          FROM pg_stat_activity WHERE backend_type = 'checkpointer'),
       current_setting('wal_block_size'),
       pg_size_bytes(current_setting('wal_segment_size')),
       has_function_privilege('pg_ls_waldir()', 'EXECUTE');
)";

// Columns are evaluated from left to right, and the order matters: the replay position before the
// receive position (see consistency::reached_by), the insert position before the flush position.
//
// The receive position counts if the same WAL receiver streamed before and after. One that ended
// and left replay to the archive leaves an old value standing; where there is no archive, and all
// that it received is replayed, nothing more is left to replay.
//
// A WAL receiver begins where all log at hand is replayed, and on the timeline of that, so what is
// replayed is on its timeline or on one that leads there. It counts once it has written something:
// before, it may be asking somebody who knows nothing of that timeline. Without one there are two
// bounds. The timeline of the last restart point may be older than what is replayed, never newer
// (anomaly F3). And whatever is replayed has a file in pg_wal, since what comes from an archive is
// kept there, and a restart point removes only files before its own: so the newest file's timeline
// is no older than what is replayed. Who may not list the files knows no upper bound.
constexpr const char* k_position = R"(
PREPARE tidemark_position{} AS
SELECT r.standby,
       CASE WHEN r.standby THEN (pg_stat_get_wal_receiver()).pid END,
       CASE WHEN r.standby THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
       CASE WHEN r.standby THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_flush_lsn() END,
       CASE WHEN r.standby AND (pg_stat_get_wal_receiver()).status = 'streaming'
            THEN (pg_stat_get_wal_receiver()).pid END,
       CASE WHEN r.standby
            THEN coalesce((SELECT received_tli FROM pg_stat_get_wal_receiver()
                            WHERE received_tli > 0 AND written_lsn IS NOT NULL)::text,
                          (pg_control_checkpoint()).timeline_id || ' ' || {})
            ELSE pg_walfile_name(pg_current_wal_lsn()) END,
       r.standby AND (pg_stat_get_wal_receiver()).pid IS NULL
         AND current_setting('restore_command') = ''
  FROM (SELECT pg_is_in_recovery() AS standby OFFSET 0) r;
)";

constexpr const char* k_newest_file = R"(
coalesce((SELECT max(substr(name, 1, 8) COLLATE "C") FROM pg_ls_waldir()
           WHERE name ~ '^[0-9A-F]{24}$'), ''))";

// Of a primary no order matters but that of its positions: the snapshot is compared with those of
// standbys, and may be older than them. Without the name of a file there is no timeline; it changes
// with a promotion only.
constexpr const char* k_primary = R"(
PREPARE tidemark_primary AS
SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn(), pg_current_snapshot();
)";

// All of the WAL receiver at once, as PostgreSQL reads it under one lock: the text of a row. It is
// asked for after the replay position; before it, the sample before has seen the receiver.
constexpr const char* k_standby = R"(
PREPARE tidemark_standby AS
SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), pg_stat_get_wal_receiver()::text;
)";

constexpr const char* k_snapshot = R"(
PREPARE tidemark_snapshot AS SELECT pg_current_snapshot(), NULL::text;
)";

// pg_xact_status raises an error for a transaction of the future, and CASE alone promises that it
// is not evaluated for one.
constexpr const char* k_inquiry = R"(
PREPARE tidemark_inquiry(xid8[], bigint, bigint) AS
SELECT s.now,
       (SELECT string_agg(x::text, ' ')
          FROM (SELECT unnest($1)
                UNION ALL
                SELECT g::text::xid8
                  FROM generate_series($2, least($3, pg_snapshot_xmax(s.now)::text::bigint) - 1) g
               ) asked(x)
         WHERE CASE WHEN x < pg_snapshot_xmax(s.now)
                    THEN pg_xact_status(x) = 'in progress' ELSE false END)
  FROM (SELECT pg_current_snapshot() AS now OFFSET 0) s;
)";

template <class Number>
bool read_number(std::string_view text, Number& into, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc() && end == text.data() + text.size();
}

// NULL leaves the position at zero.
Result<Lsn> read_lsn(const PgResult& row, int column) {
  if (is_null(row, 0, column)) return Lsn{};
  return consistency::parse_lsn(field(row, 0, column));
}

Result<void> expect_rows(const PgResult& result, int columns) {
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    return fail(first_line(PQresultErrorMessage(result.get())));
  }
  if (PQntuples(result.get()) != 1 || PQnfields(result.get()) != columns) {
    return fail("the answer to a sample has an unexpected shape");
  }
  return {};
}

std::unexpected<Error> unreadable(std::string_view what, std::string_view text) {
  return fail(fmt::format("unreadable {}: \"{}\"", what, text));
}

// Appends the numbers of a list such as "12,15" or "12 15".
bool append_xids(std::string_view list, char separator, std::vector<consistency::Xid>& into) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    consistency::Xid xid = 0;
    if (!read_number(item, xid)) return false;
    into.push_back(xid);
  }
  return true;
}

// "xmin:xmax:xip,xip,..." and the transactions found in progress.
Result<consistency::Snapshot> read_snapshot(std::string_view text, std::string_view found) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  consistency::Snapshot snapshot;
  if (second == std::string_view::npos || !read_number(text.substr(0, first), snapshot.xmin) ||
      !read_number(text.substr(first + 1, second - first - 1), snapshot.xmax) ||
      !append_xids(text.substr(second + 1), ',', snapshot.running) ||
      !append_xids(found, ' ', snapshot.running)) {
    return unreadable("snapshot", text);
  }
  return snapshot;
}

// "2", or "2 " and the timeline of the newest file, 8 hexadecimal digits, or nothing.
Result<void> read_timelines(std::string_view text, consistency::Sample& sample) {
  const std::size_t blank = text.find(' ');
  sample.timeline_at_most = blank == std::string_view::npos ? 0 : consistency::k_any_timeline;
  const bool has_newest = blank != std::string_view::npos && blank + 1 < text.size();
  if (!read_number(text.substr(0, blank), sample.timeline) ||
      (has_newest && !read_number(text.substr(blank + 1), sample.timeline_at_most, 16))) {
    return unreadable("timeline", text);
  }
  return {};
}

Result<void> read_standby(const PgResult& row, const NodeFacts& facts,
                          consistency::Sample& sample) {
  const auto replay = read_lsn(row, 2);
  if (!replay) return std::unexpected(replay.error());
  const auto receive = read_lsn(row, 3);
  if (!receive) return std::unexpected(receive.error());
  const bool streams = !is_null(row, 0, 1) && field(row, 0, 1) == field(row, 0, 4);
  const bool rests = is_null(row, 0, 1) && field(row, 0, 6) == "t";
  sample.role = consistency::Role::k_standby;
  sample.applied = *replay;
  // Who may not list the log may not see the status either: the pid alone.
  sample.streams = !is_null(row, 0, 4) || (!is_null(row, 0, 1) && !facts.lists_log);
  sample.reached =
      consistency::reached_by(*replay, streams || rests ? std::optional(*receive) : std::nullopt);
  return read_timelines(field(row, 0, 5), sample);
}

Result<void> read_primary(const PgResult& row, int column, const NodeFacts& facts,
                          consistency::Sample& sample) {
  const auto insert = read_lsn(row, column);
  if (!insert) return std::unexpected(insert.error());
  const auto flush = read_lsn(row, column + 1);
  if (!flush) return std::unexpected(flush.error());
  sample.role = consistency::Role::k_primary;
  sample.insert = consistency::round_down_off_page_header(*insert, facts.wal_block_size,
                                                          facts.wal_segment_size);
  sample.flush = *flush;
  return {};
}

// A segment's name begins with its timeline, 8 hexadecimal digits.
Result<void> read_file_name(std::string_view name, consistency::Sample& sample) {
  if (read_number(name.substr(0, 8), sample.timeline, 16)) return {};
  return unreadable("timeline", name);
}

Result<Observation> read_anything(const std::vector<PgResult>& answer, const NodeFacts& facts) {
  const PgResult& row = answer.front();
  if (const auto expected = expect_rows(row, 7); !expected) {
    return std::unexpected(expected.error());
  }
  const bool standby = field(row, 0, 0) == "t";
  Observation seen{.sample = consistency::Sample(), .next = Question::k_primary, .receiver = {}};
  auto read =
      standby ? read_standby(row, facts, *seen.sample) : read_primary(row, 2, facts, *seen.sample);
  if (read && !standby) read = read_file_name(field(row, 0, 5), *seen.sample);
  if (!read) return std::unexpected(read.error());
  const bool streams = !is_null(row, 0, 4) && seen.sample->timeline_at_most == 0;
  if (standby) seen.next = streams ? Question::k_standby : Question::k_anything;
  return seen;
}

// "(pid,status,receive_start_lsn,receive_start_tli,written_lsn,flushed_lsn,received_tli,...)",
// where nothing stands for NULL, which is all that somebody without pg_monitor is shown behind the
// pid.
struct Receiver {
  std::string_view run;  // pid and where it began
  Lsn flushed;
  consistency::Timeline timeline = 0;
};

// Nothing: there is none that streams and has written something.
std::optional<Receiver> read_receiver(std::string_view row) {
  constexpr std::size_t k_fields = 7;
  std::array<std::string_view, k_fields> fields;
  if (!row.starts_with('(')) return std::nullopt;
  row.remove_prefix(1);
  const char* const begin = row.data();
  for (std::string_view& part : fields) {
    const std::size_t comma = row.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    part = row.substr(0, comma);
    row.remove_prefix(comma + 1);
  }
  const auto& [pid, status, start, start_timeline, written, flushed, timeline] = fields;
  Receiver receiver{.run = {begin, start_timeline.end()}, .flushed = {}};
  const auto position = consistency::parse_lsn(flushed);
  if (status != "streaming" || written.empty() || !position ||
      !read_number(timeline, receiver.timeline) || receiver.timeline == 0) {
    return std::nullopt;
  }
  receiver.flushed = *position;
  return receiver;
}

Result<Observation> read_as_standby(const PgResult& row, std::string_view receiver_before) {
  if (const auto expected = expect_rows(row, 3); !expected) {
    return std::unexpected(expected.error());
  }
  const auto receiver = read_receiver(field(row, 0, 2));
  if (field(row, 0, 0) != "t" || !receiver) return Observation{};
  const auto replay = read_lsn(row, 1);
  if (!replay) return std::unexpected(replay.error());
  consistency::Sample sample;
  sample.role = consistency::Role::k_standby;
  sample.applied = *replay;
  const bool same = receiver->run == receiver_before;
  sample.reached =
      consistency::reached_by(*replay, same ? std::optional(receiver->flushed) : std::nullopt);
  sample.timeline = receiver->timeline;
  sample.streams = true;
  return Observation{.sample = std::move(sample),
                     .next = Question::k_standby,
                     .receiver = std::string(receiver->run)};
}

Result<Observation> read_as_primary(const PgResult& row, const NodeFacts& facts) {
  if (const auto expected = expect_rows(row, 3); !expected) {
    return std::unexpected(expected.error());
  }
  Observation seen{.sample = consistency::Sample(), .next = Question::k_primary, .receiver = {}};
  const auto read = read_primary(row, 0, facts, *seen.sample);
  if (!read) return std::unexpected(read.error());
  return seen;
}

}  // namespace

std::string sampling_options(Duration timeout) {
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  return fmt::format(
      "-c search_path=pg_catalog -c statement_timeout={} -c lock_timeout={} -c jit=off "
      "-c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed "
      "-c plan_cache_mode=force_generic_plan",
      limit, limit);
}

std::string facts_sql() {
  return fmt::format("{}{}{}{}{}{}{}", k_facts, fmt::format(k_position, "", k_newest_file),
                     fmt::format(k_position, "_blind", "''"), k_primary, k_standby, k_snapshot,
                     k_inquiry);
}

Result<NodeFacts> read_facts(const std::vector<PgResult>& answer) {
  for (const PgResult& result : answer) {
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
      return fail(first_line(PQresultErrorMessage(result.get())));
    }
  }
  if (answer.empty()) return fail("the node answered nothing");
  const PgResult& row = answer.front();
  if (const auto expected = expect_rows(row, 6); !expected) {
    return std::unexpected(expected.error());
  }
  NodeFacts facts;
  const bool visible = !is_null(row, 0, 2);
  if (!read_number(field(row, 0, 0), facts.system_identifier) ||
      !read_number(field(row, 0, 1), facts.postmaster_started_us) ||
      (visible && !read_number(field(row, 0, 2), facts.checkpointer_started_us)) ||
      !read_number(field(row, 0, 3), facts.wal_block_size) ||
      !read_number(field(row, 0, 4), facts.wal_segment_size) || facts.wal_block_size == 0 ||
      facts.wal_segment_size == 0) {
    return fail("the node's description of itself is unreadable");
  }
  facts.lists_log = field(row, 0, 5) == "t";
  return facts;
}

// The inquiry costs a server as much as the rest of the sample, so it is made only when the primary
// has transactions in progress. One that begins later shows there with the next sample.
std::vector<PgLink::Execution> sample_of(const NodeFacts& facts, Question question,
                                         const topology::Inquiry& inquiry) {
  if (question == Question::k_primary) return {{"tidemark_primary", {}}};
  std::vector<PgLink::Execution> sample;
  if (question == Question::k_standby) {
    sample.push_back({"tidemark_standby", {}});
  } else {
    sample.push_back({facts.lists_log ? "tidemark_position" : "tidemark_position_blind", {}});
  }
  if (inquiry.xids.empty()) {
    sample.push_back({"tidemark_snapshot", {}});
  } else {
    sample.push_back(
        {"tidemark_inquiry",
         {fmt::format("{{{}}}", fmt::join(inquiry.xids, ",")), std::to_string(inquiry.from),
          std::to_string(inquiry.from + topology::k_max_inquired_range)}});
  }
  return sample;
}

Result<Observation> read_sample(const std::vector<PgResult>& answer, const NodeFacts& facts,
                                Question question, std::string_view receiver_before) {
  if (answer.empty()) return fail("the node answered nothing");
  const bool of_primary = question == Question::k_primary;
  auto seen = question == Question::k_anything ? read_anything(answer, facts)
              : of_primary                     ? read_as_primary(answer.front(), facts)
                                               : read_as_standby(answer.front(), receiver_before);
  if (!seen || !seen->sample) return seen;

  const std::size_t statements = of_primary ? 1 : 2;
  if (answer.size() != statements) return fail("the answer to a sample has an unexpected shape");
  const PgResult& last = answer.back();
  if (const auto expected = expect_rows(last, of_primary ? 3 : 2); !expected) {
    return std::unexpected(expected.error());
  }
  auto snapshot = of_primary ? read_snapshot(field(last, 0, 2), {})
                             : read_snapshot(field(last, 0, 0), field(last, 0, 1));
  if (!snapshot) return std::unexpected(snapshot.error());
  consistency::Sample& sample = *seen->sample;
  sample.snapshot = std::move(*snapshot);
  sample.system_identifier = facts.system_identifier;
  sample.postmaster_started_us = facts.postmaster_started_us;
  sample.checkpointer_started_us = facts.checkpointer_started_us;
  return seen;
}

}  // namespace tidemark::gateway
