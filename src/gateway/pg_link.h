// One libpq connection driven without blocking: poll fd() for wanted_events(), then advance().
// Resolving a host name is the one step that may block, once per target (ServerTarget::of).
// Thread rule: confined to one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/config.h"
#include "net/address.h"

// libpq's own types, as <libpq-fe.h> declares them.
struct pg_conn;
struct pg_result;

namespace tidemark::gateway {

// Whom to log in as, where, and with which session settings.
struct ServerTarget {
  std::string address;  // as net::Address::parse takes it
  std::string user;
  std::string password;
  std::string database;
  std::string application_name = "tidemark";
  std::string options;       // "-c name=value ..."
  bool replication = false;  // a walsender that takes SQL as well
  Duration timeout = std::chrono::seconds(5);

  // The monitor's login on a node of the configured origin.
  static ServerTarget of(const Config& config, std::string address);
};

struct PgConnectionCloser {
  void operator()(pg_conn* connection) const;
};
using PgConnection = std::unique_ptr<pg_conn, PgConnectionCloser>;

struct PgResultDeleter {
  void operator()(pg_result* result) const;
};
using PgResult = std::unique_ptr<pg_result, PgResultDeleter>;

// The text of a field; "" for NULL.
std::string_view field(const PgResult& result, int row, int column);
bool is_null(const PgResult& result, int row, int column);

// The first line of what libpq says went wrong, without the severity: one sentence for a log.
std::string first_line(std::string_view message);

class PgLink {
 public:
  enum class State { k_closed, k_connecting, k_idle, k_busy };
  enum class Progress { k_none, k_connected, k_answered };

  State state() const { return state_; }

  // Begins to connect; a connection that exists is closed first. After an error the link is closed.
  Result<void> connect(const ServerTarget& target);

  // Sends one simple-query message. REQUIRES: state() == k_idle, and send_prepared() was never
  // called on this connection.
  Result<void> send(const std::string& sql);

  // Has prepared statements run, in one message and one transaction: a server is spared the parsing
  // of their names. Several such messages may be under way; they are answered in order. REQUIRES:
  // state() == k_idle, or k_busy with such messages.
  struct Execution {
    std::string statement;
    std::vector<std::string> parameters;  // as text

    bool operator==(const Execution&) const = default;
  };
  Result<void> send_prepared(const std::vector<Execution>& executions);

  int fd() const;
  short wanted_events() const;  // for poll(2)

  // Does what can be done without blocking. After an error the link is closed.
  Result<Progress> advance();

  // What the oldest query that has been answered and not been taken answered, one result a
  // statement: rows, or the error as its last one. REQUIRES: has_answer().
  bool has_answer() const { return !answers_.empty(); }
  std::vector<PgResult> take_results();

  void close();

 private:
  Result<Progress> advance_connecting();
  Result<Progress> advance_busy();
  Result<void> flush();
  void finish();
  std::unexpected<Error> broken();

  State state_ = State::k_closed;
  PgConnection connection_;
  bool awaits_input_ = false;      // while connecting: to read, rather than to write
  bool unsent_ = false;            // a query is partly in libpq's buffer
  std::size_t in_flight_ = 0;      // messages that are not answered to the end
  std::vector<PgResult> results_;  // of the one that is being answered
  std::deque<std::vector<PgResult>> answers_;
};

}  // namespace tidemark::gateway
