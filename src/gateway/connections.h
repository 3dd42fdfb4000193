// One client's and one server's connection as a worker holds them: the socket, the state machine
// from session/, and what the worker needs to know to bring the two together.
// Thread rule: confined to the worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/instant.h"
#include "base/lazy.h"
#include "gateway/cancel_registry.h"
#include "net/reactor.h"
#include "pool/pool.h"
#include "routing/decision.h"
#include "routing/table_writes.h"
#include "session/client.h"
#include "session/server.h"

namespace tidemark::gateway {

class Worker;
class ServerConnection;

// The connections of one node, database and user.
struct NodePool {
  consistency::NodeIndex node = 0;
  std::string database;
  std::string user;
  pool::Pool pool;
};

class ClientConnection final : public net::Handler {
 public:
  ClientConnection(Worker& owner, std::uint64_t number) : worker(owner), id(number) {}

  std::size_t on_bytes(std::string_view bytes) override;
  void on_drained() override;
  void on_closed(const Error& why) override;

  // What the client waits for before it has a server connection.
  enum class Stage : std::uint8_t {
    k_none,
    k_node,         // any node to log in at
    k_catalogue,    // the first look at its database
    k_decision,     // the router's word
    k_place,        // a place in the pool
    k_opening,      // a new connection
    k_incarnation,  // a sample that tells which run of its node the connection belongs to
    k_verdict,      // whether its session was ended, or its node stopped
    k_token,        // samples that tell what its session requires
  };

  // What matters until it has been greeted: the nodes that were tried, and what one of them told.
  struct LoggingIn {
    consistency::NodeSet tried = 0;
    session::ParametersPtr parameters;
    std::optional<std::string> search_path;
    std::uint32_t pid = 0;
  };

  Worker& worker;
  const std::uint64_t id;
  net::Connection* connection = nullptr;
  std::unique_ptr<session::Client> client;  // writes to the connection's buffer
  ServerConnection* server = nullptr;       // attached
  std::shared_ptr<const pool::KeyId> key;

  Stage stage = Stage::k_none;
  bool logging_in = false;
  bool verdict_pending = false;
  bool pin_told = false;  // to the log
  Instant since{};        // when it began to wait
  net::Timer timer;
  routing::Decision decision;
  Lazy<routing::TableWrites::Ticket> writes;  // of what is under way
  std::optional<std::size_t> alternative;     // of the levels asked for, the one decided on
  std::uint64_t decided_on = 0;               // version of the view
  NodePool* pool = nullptr;                   // of k_place and later
  NodePool* last_pool = nullptr;              // where its last statement went; pools stay for good
  ServerConnection* intended = nullptr;       // of k_opening and k_incarnation
  std::unique_ptr<session::Refusal> trouble;  // why the last node could not serve
  pool::ServerId home = 0;                    // the connection it used last
  std::unique_ptr<consistency::Session> under_keys;  // what it did in sessions that have keys
  Lazy<LoggingIn> login;
  std::optional<CancelRegistry::Key> cancel_key;
};

class ServerConnection final : public net::Handler {
 public:
  ServerConnection(Worker& owner, pool::ServerId number, NodePool& of,
                   std::shared_ptr<const pool::KeyId> opened_with)
      : worker(owner), id(number), pool(of), key(std::move(opened_with)) {}

  void on_connected() override;
  std::size_t on_bytes(std::string_view bytes) override;
  void on_drained() override;
  void on_closed(const Error& why) override;

  Worker& worker;
  const pool::ServerId id;
  NodePool& pool;
  const std::shared_ptr<const pool::KeyId> key;
  net::Connection* connection = nullptr;
  std::unique_ptr<session::Server> session;
  ClientConnection* client = nullptr;    // attached
  ClientConnection* intended = nullptr;  // it is opened, or kept, for this one
  Instant born = k_never;                // when the login was done
  consistency::Incarnation incarnation = 0;
  int cancels = 0;          // cancel requests under way: nobody else may get it
  bool cooling = false;     // free but for those
  bool broken = false;      // to be closed after those
  int cancel_rounds = 0;    // how often that was tried
  bool terminated = false;  // it said 57P01 while nobody used it
  net::Timer timer;         // limit of connecting
};

}  // namespace tidemark::gateway
