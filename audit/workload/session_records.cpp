// What a session notes of its operations.
#include <utility>

#include "audit/workload/outcome.h"
#include "audit/workload/schema.h"
#include "audit/workload/session.h"

namespace tidemark::audit {
namespace {

// How often a Tidemark is asked which node served: it costs a round trip.
constexpr double k_ask_chance = 0.25;

}  // namespace

std::vector<Row> Session::rows_of(const Task& task) const {
  std::vector<Row> rows;
  for (const RowId id : task.rows) {
    rows.push_back({.kind = plan_.kind(id), .key = id % stage_.workload.keys});
  }
  return rows;
}

WriteId Session::next_write() { return (WriteId{id_} + 1) << 32 | ++writes_; }

Operation Session::begin(OperationKind kind, Protocol protocol, EndpointId endpoint,
                         const Connection& connection) const {
  Operation operation;
  operation.kind = kind;
  operation.protocol = protocol;
  operation.session = id_;
  operation.endpoint = endpoint;
  operation.connection = connection.number;
  operation.started = stage_.since_began(Clock::now());
  return operation;
}

void Session::could_not_connect(OperationKind kind, EndpointId endpoint) {
  Operation operation;
  operation.kind = kind;
  operation.outcome = Outcome::k_failed;
  operation.session = id_;
  operation.endpoint = endpoint;
  operation.started = operation.ended = stage_.since_began(Clock::now());
  operation.error = connect_error_;
  record(std::move(operation));
  back_off();
}

// Columns: kind, key, version, writer, server, items.
void Session::note_rows(const Answer& answer, Operation& operation) {
  for (const Cells& cells : answer.rows) {
    const char letter = (*cells[0])[0];
    const RowKind kind = letter == 'r'   ? RowKind::k_register
                         : letter == 'c' ? RowKind::k_counter
                                         : RowKind::k_list;
    const RowId row = plan_.row(kind, static_cast<std::uint32_t>(parse_number(*cells[1])));
    operation.seen.push_back(
        {.row = row, .version = parse_number(*cells[2]), .writer = parse_number(*cells[3])});
    if (cells[4]) {
      const std::string& server = *cells[4];
      const std::size_t blank = server.rfind(' ');
      operation.node = stage_.nodes.number_of(server.substr(0, blank));
      operation.served_by =
          server.substr(blank + 1) == "standby" ? ServedBy::k_standby : ServedBy::k_primary;
    }
    if (cells[5]) operation.lists.push_back({.row = row, .items = parse_items(*cells[5])});
  }
}

// Columns: version, transaction id, length. False if an update found no row.
bool Session::note_put(const Answer& answer, std::size_t at, Operation& operation) {
  if (answer.fate != Fate::k_done) return true;
  if (answer.rows.empty()) return false;
  const Cells& cells = answer.rows[0];
  Put& put = operation.puts[at];
  put.version = parse_number(*cells[0]);
  operation.xid = parse_number(*cells[1]);
  if (cells[2]) plan_.length_is(put.row, parse_number(*cells[2]));
  return true;
}

void Session::finish(Operation& operation, Outcome outcome, const Answer& answer) {
  operation.outcome = outcome;
  operation.ended = stage_.since_began(answer.ended);
  operation.loss_declared = answer.loss_declared;
  operation.error = error_of(answer);
  const bool is_write = operation.kind == OperationKind::k_write;
  if (outcome == Outcome::k_failed) {
    if (operation.error.empty()) operation.error = "a row was not there";
    operation.seen.clear();
    operation.lists.clear();
    for (Put& put : operation.puts) put.version = k_unknown_version;
  } else if (is_write || !operation.seen.empty()) {
    for (const Seen& seen : operation.seen) plan_.used(seen.row);
    for (const Put& put : operation.puts) plan_.used(put.row);
  } else {
    operation.outcome = Outcome::k_failed;
    operation.error = "the rows were not there";
  }
  record(std::move(operation));
}

void Session::ask_who_served(EndpointId endpoint, Connection& connection) {
  if (!stage_.endpoints[endpoint].tidemark || !connection.link.usable()) return;
  if (operations_.back().outcome != Outcome::k_ok || !random_.chance(k_ask_chance)) return;
  const Answer answer = connection.link.run("SHOW tidemark.route", stage_.workload.patience);
  if (answer.rows.empty() || !answer.rows[0][0]) return;
  const std::string& route = *answer.rows[0][0];
  const std::string role = word(route, "role");
  Operation& operation = operations_.back();
  if (role == "standby") operation.served_by = ServedBy::k_standby;
  if (role == "primary") operation.served_by = ServedBy::k_primary;
  if (const std::string node = word(route, "node"); !node.empty()) {
    operation.node = stage_.nodes.number_of(node);
  }
}

void Session::record(Operation operation) {
  if (operation.outcome == Outcome::k_failed) ++stage_.failed;
  if (operation.outcome == Outcome::k_maybe) ++stage_.maybes;
  operations_.push_back(std::move(operation));
  if (++stage_.operations >= stage_.workload.most_operations) stage_.full = stage_.stop = true;
}

}  // namespace tidemark::audit
