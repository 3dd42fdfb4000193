// The operations of a session.
#include <array>

#include "audit/workload/outcome.h"
#include "audit/workload/session.h"

namespace tidemark::audit {
namespace {

constexpr const char* k_begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

Outcome outcome_of_read(const Answer& answer) {
  return answer.fate == Fate::k_done ? Outcome::k_ok : Outcome::k_failed;
}

// Only what is sent in one go is pipelined.
Protocol alone(Protocol protocol) {
  return protocol == Protocol::k_pipelined ? Protocol::k_extended : protocol;
}

Statement plain(const char* text) { return {.name = {}, .text = text, .parameters = {}}; }

}  // namespace

void Session::read(const Task& task, EndpointId endpoint) {
  Connection* connection = connection_to(endpoint);
  if (connection == nullptr) return could_not_connect(OperationKind::k_read, endpoint);
  if (task.act == Act::k_read_transaction) {
    read_in_transaction(task, endpoint, *connection);
  } else if (task.act == Act::k_read_one && task.protocol == Protocol::k_pipelined) {
    read_twice(task, endpoint, *connection);
  } else {
    read_one_or_many(task, endpoint, *connection);
  }
  ask_who_served(endpoint, *connection);
  drop_if_lost(endpoint);
}

void Session::read_one_or_many(const Task& task, EndpointId endpoint, Connection& connection) {
  const Statements& statements = stage_.endpoints[endpoint].statements;
  const std::vector<Row> all = rows_of(task);
  const Statement statement =
      all.size() == 1 ? statements.read_one(all[0], task.items) : statements.read_many(all);
  const Protocol protocol = alone(task.protocol);
  Operation operation = begin(OperationKind::k_read, protocol, endpoint, connection);
  const Answer answer = connection.link.run(statement, protocol, stage_.workload.patience);
  note_rows(answer, operation);
  finish(operation, outcome_of_read(answer), answer);
}

// The same row twice in one pipeline.
void Session::read_twice(const Task& task, EndpointId endpoint, Connection& connection) {
  const Statement statement =
      stage_.endpoints[endpoint].statements.read_one(rows_of(task)[0], task.items);
  const std::array statements = {statement, statement};
  const Operation begun = begin(OperationKind::k_read, Protocol::k_pipelined, endpoint, connection);
  for (const Answer& answer : connection.link.pipeline(statements, stage_.workload.patience)) {
    Operation operation = begun;
    note_rows(answer, operation);
    finish(operation, outcome_of_read(answer), answer);
  }
}

void Session::read_in_transaction(const Task& task, EndpointId endpoint, Connection& connection) {
  const Statements& statements = stage_.endpoints[endpoint].statements;
  const Protocol protocol = alone(task.protocol);
  Operation operation = begin(OperationKind::k_read_transaction, protocol, endpoint, connection);
  const Duration patience = stage_.workload.patience;
  Answer answer = connection.link.run(k_begin_read, patience);
  for (const Row& row : rows_of(task)) {
    if (answer.fate != Fate::k_done) break;
    answer = connection.link.run(statements.read_one(row, false), protocol, patience);
    note_rows(answer, operation);
  }
  if (answer.fate == Fate::k_done) {
    answer = connection.link.run("COMMIT", patience);
  } else if (answer.fate == Fate::k_error && connection.link.usable()) {
    connection.link.run("ROLLBACK", patience);
  }
  finish(operation, outcome_of_read(answer), answer);
}

void Session::write(const Task& task) {
  Connection* connection = connection_to(stage_.write_to);
  if (connection == nullptr) return could_not_connect(OperationKind::k_write, stage_.write_to);
  const bool reads_there = stage_.write_to < stage_.readable;
  if (task.rows.size() > 1) {
    write_in_transaction(task, *connection);
  } else if (task.protocol == Protocol::k_pipelined && reads_there) {
    write_and_look(task, *connection);
  } else {
    write_alone(task, *connection);
  }
  drop_if_lost(stage_.write_to);
}

// A write, and a read of the row right behind it, before the write is answered.
void Session::write_and_look(const Task& task, Connection& connection) {
  const Statements& sql = stage_.endpoints[stage_.write_to].statements;
  const Row row = rows_of(task)[0];
  Operation write =
      begin(OperationKind::k_write, Protocol::k_pipelined, stage_.write_to, connection);
  Operation look = begin(OperationKind::k_read, Protocol::k_pipelined, stage_.write_to, connection);
  look.started = write.started;
  write.puts.push_back({.row = task.rows[0], .writer = next_write()});
  const std::array statements = {sql.write(row, write.puts[0].writer), sql.read_one(row, false)};
  const auto answers = connection.link.pipeline(statements, stage_.workload.patience);
  const bool there = note_put(answers[0], 0, write);
  finish(write, there ? outcome_of_commit(answers[0]) : Outcome::k_failed, answers[0]);
  note_rows(answers[1], look);
  finish(look, outcome_of_read(answers[1]), answers[1]);
}

void Session::write_alone(const Task& task, Connection& connection) {
  const Protocol protocol = alone(task.protocol);
  Operation operation = begin(OperationKind::k_write, protocol, stage_.write_to, connection);
  operation.puts.push_back({.row = task.rows[0], .writer = next_write()});
  const Statement statement = stage_.endpoints[stage_.write_to].statements.write(
      rows_of(task)[0], operation.puts[0].writer);
  const Answer answer = connection.link.run(statement, protocol, stage_.workload.patience);
  const bool there = note_put(answer, 0, operation);
  finish(operation, there ? outcome_of_commit(answer) : Outcome::k_failed, answer);
}

void Session::write_in_transaction(const Task& task, Connection& connection) {
  const Protocol protocol = alone(task.protocol);
  const Duration patience = stage_.workload.patience;
  const Statements& statements = stage_.endpoints[stage_.write_to].statements;
  Operation operation = begin(OperationKind::k_write, protocol, stage_.write_to, connection);
  for (const RowId row : task.rows) {
    operation.puts.push_back({.row = row, .writer = next_write()});
  }
  const std::vector<Row> rows = rows_of(task);
  Answer answer = connection.link.run(plain("BEGIN"), protocol, patience);
  bool there = true;
  for (std::size_t at = 0; at < rows.size() && there && answer.fate == Fate::k_done; ++at) {
    answer = connection.link.run(statements.write(rows[at], operation.puts[at].writer), protocol,
                                 patience);
    there = note_put(answer, at, operation);
  }
  if (there && answer.fate == Fate::k_done) {
    answer = connection.link.run(plain("COMMIT"), protocol, patience);
    return finish(operation, outcome_of_commit(answer), answer);
  }
  // Nobody has been asked to commit.
  if (connection.link.usable()) connection.link.run("ROLLBACK", patience);
  finish(operation, Outcome::k_failed, answer);
}

}  // namespace tidemark::audit
