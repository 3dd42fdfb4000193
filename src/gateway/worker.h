// A worker: one thread, one event loop, its clients and its own server connections. It performs
// what the state machines of session/ ask for: routes, pools, opens, closes, cancels.
//
// Thread rule: everything runs on the worker's thread unless said otherwise.
#pragma once

#include <atomic>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "gateway/connections.h"
#include "gateway/hub.h"
#include "net/reactor.h"
#include "routing/claim.h"
#include "routing/decision.h"
#include "routing/request.h"
#include "topology/cluster_view.h"

namespace tidemark::gateway {

struct Placed;

class Worker {
 public:
  Worker(Hub& hub, std::size_t index);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  net::Reactor& reactor() { return reactor_; }
  void run() { reactor_.run(); }

  // Takes over a client's socket.
  void adopt(int fd);

  // Any thread: a new view, or a new catalogue, is there; wakes the worker if it waits for one.
  void wake();
  // Any thread: which nodes are admitted has changed.
  void look_at_nodes();
  // Any thread. `done` is called on this worker's thread when the request has reached the server,
  // or has nothing to cancel.
  void cancel(std::uint64_t client, std::function<void()> done);
  // Any thread: closes the idle connections to a database that is about to go.
  void evict(const std::string& database);
  // Any thread: tells every client 57P01 at the end of its transaction; `done` is called when the
  // last is gone. close_all() does not wait.
  void drain(std::function<void()> done);
  void close_all();
  // Any thread: pools take the sizes of the configuration.
  void apply_live();

 private:
  friend class ClientConnection;
  friend class ServerConnection;

  // worker.cpp: clients
  std::size_t client_bytes(ClientConnection& c, std::string_view bytes);
  void drive(ClientConnection& c);
  bool perform(ClientConnection& c);
  void let_go_on(ClientConnection& c);
  void update_reading(ClientConnection& c);
  void authenticate(ClientConnection& c);
  void cancel_other(ClientConnection& c);
  void close_client(ClientConnection& c);
  void bury(ClientConnection& c);
  ClientConnection* find_client(std::uint64_t id);
  // Picks up what other threads have published.
  void refresh() {
    const bool seen = hub_.monitor->board().version() == view_version_ &&
                      hub_.catalogues->version() == catalogue_version_;
    if (!seen) [[unlikely]] {
      pick_up();
    }
  }
  void pick_up();
  void end_turn();
  std::shared_ptr<session::Reader> reader_for(const session::ReaderContext& context);
  session::Surroundings surroundings();

  // greeting.cpp: from a client that is who it says to one that is ready
  consistency::NodeIndex node_to_log_in(const ClientConnection& c) const;
  void log_in(ClientConnection& c);
  void wait_to_log_in(ClientConnection& c, ClientConnection::Stage stage, Instant until);
  void go_on_logging_in(ClientConnection& c);
  void greet(ClientConnection& c);

  // dispatch.cpp: from a request to a server connection
  void start_route(ClientConnection& c);
  void route(ClientConnection& c);
  void refuse(ClientConnection& c, const routing::Decision& decision);
  void wait(ClientConnection& c, const routing::Decision& decision);
  void await_view(ClientConnection& c, const routing::Pending& pending);
  void acquire(ClientConnection& c, consistency::NodeIndex node);
  // `asking`: who may be the one that the first grant is for, which then need not be looked up.
  void apply(NodePool& pool, const pool::Grant& grant, ClientConnection* asking = nullptr);
  void take(ClientConnection& c, ServerConnection& s);
  void attach(ClientConnection& c, ServerConnection& s);
  void stay(ClientConnection& c);
  session::Route route_of(const ClientConnection& c, consistency::NodeIndex node) const;
  void node_failed(ClientConnection& c, consistency::NodeIndex node,
                   const session::Refusal& trouble);
  void waited_too_long(ClientConnection& c);
  void stop_waiting(ClientConnection& c);
  void recheck();
  void end_terminated_sessions();
  session::ServerKey key_of(const ClientConnection& c) const;
  std::shared_ptr<const pool::KeyId> intern(const session::ServerKey& key);
  NodePool& pool_for(consistency::NodeIndex node, const session::ServerKey& key);

  // shared_sessions.cpp: sessions that are more than a connection
  std::expected<routing::Decision, session::Refusal> decide(ClientConnection& c);
  void forgive(ClientConnection& c, routing::Reason told);
  void push_marks(ClientConnection& c);
  void make_token(ClientConnection& c);

  // quiet_tables.cpp: reads of tables that nobody has written since
  std::optional<routing::Decision> decide_quiet(const ClientConnection& c, const Placed& ordinary,
                                                const consistency::Session& session);
  void note_table_writes(ClientConnection& c, const session::Actions& actions);

  // servers.cpp: server connections
  void open(NodePool& pool, ClientConnection& c);
  std::size_t server_bytes(ServerConnection& s, std::string_view bytes);
  void server_started(ServerConnection& s);
  void share_parameters(session::Server& server);
  void server_failed(ServerConnection& s, const session::Refusal& trouble);
  void server_closed(ServerConnection& s, const Error& why);
  void give_back(ClientConnection& c, ServerConnection& s, bool broken);
  void free_server(ServerConnection& s);
  void destroy(ServerConnection& s);
  void leave_nodes();
  void send_cancel(ServerConnection& s, std::function<void()> done);
  void cancel_sent(pool::ServerId server);
  void cool(ServerConnection& s);
  void expire_idle();
  void log_counts();

  Hub& hub_;
  const std::size_t index_;
  net::Reactor reactor_;
  std::shared_ptr<const Live> live_;
  std::shared_ptr<const session::Surroundings> around_;  // of live_; null: to be made

  std::shared_ptr<const topology::ClusterView> view_;
  std::uint64_t view_version_ = 0;
  std::uint64_t catalogue_version_ = 0;
  std::atomic<bool> wants_views_ = false;

  std::unordered_map<std::uint64_t, std::unique_ptr<ClientConnection>> clients_;
  std::unordered_map<pool::ServerId, std::unique_ptr<ServerConnection>> servers_;
  std::map<std::tuple<consistency::NodeIndex, std::string, std::string>, std::unique_ptr<NodePool>>
      pools_;
  std::map<std::string, std::weak_ptr<const pool::KeyId>> keys_;
  std::vector<session::ParametersPtr> parameters_;  // what servers report, each once
  // By database, search path (none: unknown), the role that "$user" stands for, and the scope of
  // rules. Those that no client uses go when another is made.
  using ReaderKey = std::tuple<std::string, std::optional<std::string>, std::string, std::size_t>;
  std::map<ReaderKey, std::shared_ptr<session::Reader>> readers_;
  std::vector<consistency::Scope> scopes_;  // of live_'s policy, as clients have come to need them
  std::map<std::string, wire::ScramSecret> derived_;  // of passwords in clear, for this live_
  std::vector<routing::NodeLoad> loads_;
  std::vector<std::uint64_t> waiting_;  // clients to look at again when a view comes

  // Sessions that were ended on their server while idle: told so once it is sure that the node goes
  // on, as all of a node's connections end when it stops.
  struct Ended {
    std::uint64_t client;
    consistency::NodeIndex node;
    consistency::Incarnation incarnation;
    Instant at;
  };
  std::vector<Ended> ended_;

  session::ClientCounts gone_counts_;  // of clients that are gone
  std::uint64_t pins_ = 0;             // clients that were pinned, ever
  Instant counted_at_;                 // when the counts were last logged

  std::uint64_t next_id_ = 1;
  std::uint32_t rotation_ = 0;
  std::function<void()> drained_;

  // Closed in this turn, destroyed at its end.
  std::vector<std::unique_ptr<net::Handler>> graveyard_;
};

}  // namespace tidemark::gateway
