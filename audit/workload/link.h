// Link: one connection through libpq on which every statement has a deadline.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "audit/history/history.h"
#include "audit/workload/statement.h"
#include "base/result.h"

// libpq's own types, as <libpq-fe.h> declares them.
struct pg_conn;
struct pg_result;

namespace tidemark::audit {

using Clock = std::chrono::steady_clock;

// What came of a statement that was sent.
enum class Fate : std::uint8_t {
  k_done,   // answered
  k_error,  // answered by an error; the connection is good, or about to be closed by the server
  k_lost,   // the connection was lost before the answer was complete
  k_late,   // no answer by the deadline; the link has given the connection up
};

using Cells = std::vector<std::optional<std::string>>;

struct Answer {
  Fate fate = Fate::k_done;
  std::string sqlstate;  // of an error, where there is one
  std::string message;
  std::string tag;  // "UPDATE 1", "COMMIT", "ROLLBACK"
  std::vector<Cells> rows;
  bool loss_declared = false;  // SQLSTATE TM001 or TM002, as error or warning
  Clock::time_point ended{};
};

// Thread rule: confined to one thread.
class Link {
 public:
  // An error is one sentence without secrets.
  static Result<Link> open(const std::string& dsn, Duration patience);

  Link(Link&& other) noexcept;
  Link& operator=(Link&& other) noexcept;
  ~Link();

  // Runs one statement. k_pipelined counts as k_extended, as does k_prepared without a name.
  Answer run(const Statement& statement, Protocol protocol, Duration patience);
  // Likewise, a text without parameters by the simple protocol.
  Answer run(const std::string& text, Duration patience);
  // Sends all of them at once, each a transaction of its own; one answer for each.
  std::vector<Answer> pipeline(std::span<const Statement> statements, Duration patience);

  // Whether anything can still be sent.
  bool usable() const;
  // The process id that the server gave for cancelling.
  int backend_pid() const;

 private:
  explicit Link(pg_conn* connection);

  bool wait(bool for_write, Clock::time_point deadline);
  bool flush(Clock::time_point deadline);
  // The next result, null at the end of one statement's; `late` and `lost` end up in the answer.
  bool next(pg_result*& result, Clock::time_point deadline, Answer& answer);
  Answer collect(Clock::time_point deadline);
  Answer collect_one_of_pipeline(Clock::time_point deadline);
  bool prepare(const Statement& statement, Clock::time_point deadline, Answer& answer);
  Answer could_not_send(Clock::time_point deadline);
  void take(const pg_result* result, Answer& answer);
  void give_up(Answer& answer, Clock::time_point deadline);
  static void notice(void* link, const pg_result* result);

  pg_conn* connection_ = nullptr;
  std::set<std::string> prepared_;
  bool loss_declared_ = false;  // by a warning since the last answer
};

}  // namespace tidemark::audit
