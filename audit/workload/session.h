// Session: one user, as the endpoints see it: does what its plan says and records it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/history/history.h"
#include "audit/workload/link.h"
#include "audit/workload/plan.h"
#include "audit/workload/stage.h"

namespace tidemark::audit {

// Thread rule: confined to its thread; what it recorded is read once that has ended.
class Session {
 public:
  Session(Stage& stage, SessionId id);

  // Until the stage says stop.
  void run();

  std::vector<Operation> take_operations() { return std::move(operations_); }

 private:
  struct Connection {
    Link link;
    std::uint32_t number;
  };

  // session.cpp: its life
  void pace();
  void act(const Task& task);
  void move();
  EndpointId endpoint_to_read();
  Connection* connection_to(EndpointId endpoint);
  bool prepare(EndpointId endpoint, Link& link);
  void back_off();
  void drop_if_lost(EndpointId endpoint);

  // session_acts.cpp: its operations
  void read(const Task& task, EndpointId endpoint);
  void read_one_or_many(const Task& task, EndpointId endpoint, Connection& connection);
  void read_twice(const Task& task, EndpointId endpoint, Connection& connection);
  void read_in_transaction(const Task& task, EndpointId endpoint, Connection& connection);
  void write(const Task& task);
  void write_and_look(const Task& task, Connection& connection);
  void write_alone(const Task& task, Connection& connection);
  void write_in_transaction(const Task& task, Connection& connection);
  bool update(const Task& task, Connection& connection, Operation& operation);

  // session_records.cpp: what is noted of them
  std::vector<Row> rows_of(const Task& task) const;
  WriteId next_write();
  Operation begin(OperationKind kind, Protocol protocol, EndpointId endpoint,
                  const Connection& connection) const;
  void could_not_connect(OperationKind kind, EndpointId endpoint);
  void note_rows(const Answer& answer, Operation& operation);
  bool note_put(const Answer& answer, std::size_t at, Operation& operation);
  void finish(Operation& operation, Outcome outcome, const Answer& answer);
  void ask_who_served(EndpointId endpoint, Connection& connection);
  void record(Operation operation);

  // session_messages.cpp: what it tells others and is told
  void hand_over(SessionId whom);
  bool take_over(const Message& message, EndpointId endpoint);
  std::optional<std::string> token_of(EndpointId endpoint, Answer& answer);

  Stage& stage_;
  SessionId id_;
  Plan plan_;
  Random random_;
  std::vector<std::optional<Connection>> connections_;  // by endpoint
  std::vector<Operation> operations_;
  std::uint32_t writes_ = 0;
  std::uint64_t turn_ = 0;  // of going round
  std::string connect_error_;
  Duration back_off_{0};
  Clock::time_point due_{};
};

}  // namespace tidemark::audit
