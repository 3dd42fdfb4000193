// Client: one client connection and the gateway's work for it. It asks routing::decide as
// gateway/dispatch.cpp does, takes server connections as Worker::take does, and leaves marks as
// session::Client does. All it does it writes into the history.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "consistency/session.h"
#include "consistency/tables.h"
#include "routing/claim.h"
#include "routing/request.h"
#include "routing/router.h"
#include "simulation/book.h"
#include "simulation/executor.h"
#include "simulation/mechanisms.h"
#include "simulation/monitor.h"
#include "simulation/plan.h"
#include "simulation/recorder.h"
#include "simulation/sessions.h"

namespace tidemark::simulation {

// The gateway's end of a connection to a node.
struct ServerConnection {
  std::shared_ptr<Backend> backend;
  Instant born{};
  consistency::Incarnation incarnation = 0;  // 0: not known yet
};
using ServerConnectionPtr = std::shared_ptr<ServerConnection>;

// What all clients of the gateway share.
struct Gateway {
  World& world;
  Network& network;
  Executor& executor;
  Monitor& monitor;
  Recorder& recorder;
  Book& book;
  Without without = Without::k_nothing;
  std::vector<std::vector<ServerConnectionPtr>> idle;  // by node
  Sessions sessions;
};

class Client {
 public:
  Client(Gateway& gateway, SessionId session);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

 private:
  void think();
  void begin();
  void route();
  void refuse();
  bool tell(routing::Reason reason);
  void wait(const routing::Decision& decision);
  void acquire(NodeIndex node);
  void open(NodeIndex node);
  void set_request();
  void hand_over();
  void take_over();
  void handed_over();
  void node_failed(NodeIndex node);
  void take(ServerConnectionPtr connection);
  void attach(ServerConnectionPtr connection);
  void run_step();
  void tell_of_step();
  void move_elsewhere();
  void answered(Outcome outcome);
  void lost();
  void note_marks(Outcome::Kind kind, bool promoted);
  void add_tables();
  consistency::Tables tables(const consistency::TableSet& set) const;
  void give_back();
  bool goes_on_kept();
  void finish() { think(); }

  Operation operation(Operation::Kind kind) const;
  // REQUIRES: the session has been found once since the client began its transaction, or there has
  // ever been a primary.
  consistency::Session& session() { return *gateway_.sessions.find(id_); }
  // As Worker::with_session: both are brought up to date before one is merged into the other.
  void push_marks(consistency::Session& own, consistency::Session& shared);
  Random& random() { return gateway_.world.random(); }
  Instant now() const { return gateway_.world.now(); }
  bool is_without(Without what) const { return gateway_.without == what; }
  const Work& step() const { return plan_.steps[step_]; }
  // Guards what is called later: true only if nothing else has been done since.
  Events::Action if_still(void (Client::*what)());

  Gateway& gateway_;
  const SessionId id_;
  const bool is_pinned_;
  std::uint64_t turn_ = 0;

  Plan plan_;
  std::size_t step_ = 0;
  std::uint32_t transaction_ = 0;
  Txn txn_ = k_first_txn;
  int retries_ = 0;
  Instant transaction_began_{};
  Instant step_began_{};

  consistency::TableSet touched_;  // by the whole plan
  consistency::TableSet read_;     // by the statements so far
  consistency::TableSet written_;
  // Of a hand-over.
  SessionId heir_ = 0;
  std::optional<routing::Claim> claim_;
  Instant claimed_since_{};

  routing::Request request_;
  routing::Decision decision_;
  std::uint64_t decided_on_ = 0;
  bool on_primary_ = false;
  ServerConnectionPtr connection_;
  Book::Ticket under_way_;
  ServerConnectionPtr kept_;  // of one that is pinned: to the primary
};

}  // namespace tidemark::simulation
