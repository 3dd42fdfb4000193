// A scripted client and scripted servers, joined as the shell joins them (gateway/worker.cpp):
//
//   client.sends(query("SELECT 1"));
//   EXPECT_EQ(standby.got(), "Q SELECT 1");
//   standby.answers(row("1") + ready());
//   EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
//
// A request is routed at once: to the primary if it needs it, else to the first standby that it
// does not exclude; with `holds_requests` it waits for goes_to() or refused().
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/client.h"
#include "session/model_postgres.h"
#include "session/testing_frames.h"
#include "sql/example_catalogue.h"

namespace tidemark::session::testing {

// How many bytes arrive at once.
constexpr std::size_t k_all = ~std::size_t{0};

class ScriptedClient;

class ScriptedServer {
 public:
  explicit ScriptedServer(std::uint32_t node, std::string search_path = "public")
      : node_(node), search_path_(std::move(search_path)) {
    connect();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  Server& machine() { return *machine_; }
  std::uint32_t node() const { return node_; }
  bool is_free() const { return client_ == nullptr; }
  // Whether the last connection was given back as not to be used again.
  bool broken() const { return broken_; }

  // What arrived since the last look; the same as bytes.
  std::string got() { return in_words(std::exchange(arrived_, {}), asked); }
  std::string received() { return std::exchange(arrived_, {}); }
  void forget() { arrived_.clear(); }

  void answers(std::string_view bytes, std::size_t chunk = k_all);
  void is_lost();
  // From now on a model answers, at once.
  void plays(ModelPostgres& model) { model_ = &model; }

 private:
  friend class ScriptedClient;

  void connect() {
    machine_ = std::make_unique<Server>(node_, ServerKey{"u", "d", {}}, "", "nonce", out_);
    machine_->start();
    const std::string greeting = made([this](std::string& out) {
      wire::append_authentication_ok(out);
      wire::append_parameter_status(out, "client_encoding", "UTF8");
      wire::append_backend_key_data(out, 7, "key!");
      wire::append_ready_for_query(out, wire::TransactionStatus::k_idle);
      wire::append_data_row(out, {std::string_view(search_path_)});
      wire::append_ready_for_query(out, wire::TransactionStatus::k_idle);
    });
    std::string nowhere;
    EXPECT_EQ(machine_->next(greeting, false, nowhere).kind, ServerEvent::Kind::k_started);
    out_.clear();
    in_.clear();
    to_model_.clear();
    dead_ = false;
    if (model_ != nullptr) model_->reset();
  }

  // Bytes on their way to the node. The model's answers go back when the client is done.
  bool flush();
  void offer();

  const std::uint32_t node_;
  const std::string search_path_;  // as a login finds it
  Buffer out_;
  std::unique_ptr<Server> machine_;
  ScriptedClient* client_ = nullptr;
  ModelPostgres* model_ = nullptr;
  std::string arrived_;
  std::string to_model_;
  std::string in_;  // from the node, not taken yet
  std::size_t chunk_ = k_all;
  bool broken_ = false;
  bool dead_ = false;
};

class ScriptedClient {
 public:
  explicit ScriptedClient(std::vector<ScriptedServer*> nodes, std::uint64_t id = 1)
      : nodes_(std::move(nodes)), machine_(id, out_, surroundings()) {}

  ~ScriptedClient() { hangs_up(); }
  ScriptedClient(const ScriptedClient&) = delete;
  ScriptedClient& operator=(const ScriptedClient&) = delete;

  Client& machine() { return machine_; }

  void logs_in(const wire::Parameters& more = {}) {
    wire::Parameters parameters = {{"user", "u"}, {"database", "d"}};
    parameters.insert(parameters.end(), more.begin(), more.end());
    sends(made([&](std::string& out) { wire::append_startup(out, 0, parameters); }));
  }

  void sends(std::string_view bytes, std::size_t chunk = k_all) {
    for (std::size_t at = 0; at < bytes.size(); at += std::min(chunk, bytes.size() - at)) {
      in_.append(bytes.substr(at, chunk));
      pump();
    }
  }

  // What arrived since the last look.
  std::string got() {
    const std::string text = in_words(out_.view(), told);
    out_.clear();
    return text;
  }
  // The same as bytes.
  std::string received() { return std::exchange(out_.tail(), {}); }

  void hangs_up() {
    if (std::exchange(is_closed, true)) return;
    machine_.on_gone(now);
    let_go(machine_.take_actions());
  }

  // The answers to a request that is held.
  void goes_to(ScriptedServer& server) {
    ASSERT_TRUE(std::exchange(has_request, false)) << "the client asks for no server";
    attach(server);
    pump();
  }
  void is_refused(const Refusal& refusal) {
    ASSERT_TRUE(std::exchange(has_request, false)) << "the client asks for no server";
    machine_.refuse(refusal);
    pump();
  }
  void is_cancelled() {
    machine_.cancel();
    has_request = has_request && machine_.waits();
    pump();
  }
  void is_shut_down() {
    machine_.shut_down();
    pump();
  }

  // What is left of the client's bytes is offered, and what the machine asks for is done.
  void pump() {
    while (true) {
      const bool took = offer();
      const bool acted = act();
      const bool played = play();
      if (!took && !acted && !played) return machine_.rest();
    }
  }

  consistency::Policy policy;  // what is set before logging in counts
  // That of a search path, once it has been asked for.
  Reader& reader(const std::string& path) { return *readers_.at(path); }
  bool holds_tokens = false;
  int token_requests = 0;
  bool holds_requests = false;
  bool has_request = false;
  bool is_closed = false;
  std::size_t server_chunk = k_all;  // in which the models' answers arrive
  int cancels = 0;                   // sent to the server
  int catalogue_changes = 0;
  int requests = 0;
  std::string affected_database;
  std::string writes;  // what was reported of them, in words
  Instant now{};

 private:
  friend class ScriptedServer;

  std::shared_ptr<const Surroundings> surroundings() {
    const auto around = std::make_shared<Surroundings>();
    around->default_level = {consistency::Level::Kind::k_session, {}};
    around->describe_route = [](const Route& route) {
      return "node " + std::to_string(route.decision.node);
    };
    around->find_reader = [this](const ReaderContext& context) {
      auto& reader = readers_[std::string(context.search_path.value_or("?"))];
      if (reader == nullptr) {
        const auto path = context.search_path.has_value()
                              ? sql::SearchPath::parse(*context.search_path, context.role)
                              : sql::SearchPath();
        reader = std::make_shared<Reader>(readers_.size(), path, policy.scope({"u", "d", ""}));
        reader->set_catalogue(sql::example_catalogue());
      }
      return reader;
    };
    around->token_key = "a key of the tests";
    around->system_identifier = [] { return std::uint64_t{7}; };
    around->reports_writes = true;
    return around;
  }

  void attach(ScriptedServer& server) {
    Route route;
    route.decision.node = server.node_;
    route.decision.incarnation = 1;
    route.promise = machine_.request().promise;
    route.on_primary = server.node_ == 0;
    if (server_ == &server) return machine_.stay(route);
    if (server_ != nullptr) return machine_.lose_place();
    ASSERT_TRUE(server.is_free()) << "another client has it";
    if (server.broken_ || server.dead_) server.connect();
    server.broken_ = false;
    (server_ = &server)->client_ = this;
    machine_.attach(server.machine(), route);
  }

  ScriptedServer& choice() const {
    const routing::Request& request = const_cast<Client&>(machine_).request();
    if (request.needs_primary || request.promise.strong) return *nodes_[0];
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      const auto bit = consistency::node_bit(static_cast<std::uint32_t>(i));
      if ((request.excluded & bit) == 0) return *nodes_[i];
    }
    return *nodes_[0];
  }

  void let_go(const Actions& actions) {
    writes += of_writes(actions, machine_.writing());
    if (actions.released == nullptr || server_ == nullptr) return;
    server_->flush();
    server_->client_ = nullptr;
    server_->broken_ = actions.released_broken;
    server_ = nullptr;
  }

  bool act() {
    if (is_closed) return false;
    const Actions actions = machine_.take_actions();
    if (!actions.any()) return false;
    EXPECT_TRUE(!actions.writes || server_ == nullptr || !server_->out_.empty()) << "it has left";
    let_go(actions);
    cancels += actions.cancel_server ? 1 : 0;
    catalogue_changes += actions.catalogue_changed ? 1 : 0;
    if (actions.affects_database) affected_database = machine_.affected_database();
    if (actions.authenticate) machine_.trust();
    if (actions.log_in) {
      const Server& greeter = nodes_[0]->machine();
      machine_.greet(greeter.parameters(), greeter.search_path(), 7, "key!");
    }
    if (actions.token) {
      ++token_requests;
      if (!holds_tokens) machine_.provide_token("token " + std::to_string(token_requests));
    }
    if (actions.route) {
      ++requests;
      has_request = holds_requests;
      if (!holds_requests) attach(choice());
    }
    if (actions.close) hangs_up();
    return true;
  }

  bool offer() {
    if (is_closed || in_.empty() || !machine_.wants_input()) return false;
    // A copy that ends where its memory does, so that a sanitizer sees a byte too many.
    const std::vector<char> bytes(in_.begin(), in_.end());
    const std::size_t count = machine_.on_bytes({bytes.data(), bytes.size()});
    EXPECT_LE(count, in_.size()) << "took more than there is";
    in_.erase(0, std::min(count, in_.size()));
    return count > 0;
  }

  bool play() {
    bool played = false;
    for (ScriptedServer* server : nodes_) {
      server->chunk_ = server_chunk;
      played = server->flush() || played;
    }
    return played;
  }

  std::vector<ScriptedServer*> nodes_;
  Buffer out_;
  std::map<std::string, std::shared_ptr<Reader>> readers_;  // by search path
  Client machine_;
  std::string in_;
  ScriptedServer* server_ = nullptr;
};

inline bool ScriptedServer::flush() {
  const std::string sent(out_.view());
  out_.clear();
  arrived_.append(sent);
  if (model_ == nullptr || sent.empty()) return false;
  to_model_.append(sent);
  const std::string reply = model_->take(to_model_);
  for (std::size_t at = 0; at < reply.size(); at += std::min(chunk_, reply.size() - at)) {
    in_.append(reply.substr(at, chunk_));
    offer();
  }
  return true;
}

inline void ScriptedServer::offer() {
  while (!in_.empty()) {
    const std::vector<char> bytes(in_.begin(), in_.end());
    const std::string_view view(bytes.data(), bytes.size());
    std::size_t count = 0;
    if (client_ != nullptr) {
      count = client_->machine_.on_server_bytes(view, client_->now);
    } else {
      std::string nowhere;
      const ServerEvent event = machine_->next(view, false, nowhere);
      if (event.kind == ServerEvent::Kind::k_parameter) machine_->note_parameter(event.payload);
      count = event.consumed;
    }
    ASSERT_LE(count, in_.size());
    in_.erase(0, count);
    if (client_ != nullptr) client_->act();
    if (count == 0) break;
  }
}

inline void ScriptedServer::answers(std::string_view bytes, std::size_t chunk) {
  ScriptedClient* client = client_;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(chunk, bytes.size() - at)) {
    in_.append(bytes.substr(at, chunk));
    offer();
  }
  if (client != nullptr) client->pump();
}

inline void ScriptedServer::is_lost() {
  flush();
  dead_ = true;
  ScriptedClient* client = std::exchange(client_, nullptr);
  if (client == nullptr) return;
  client->server_ = nullptr;
  client->machine_.on_server_lost(Error{"it is gone"}, client->now);
  client->pump();
}

// One client, logged in, before a primary and two standbys.
class Conversation : public ::testing::Test {
 protected:
  Conversation() {
    client.logs_in();
    EXPECT_EQ(client.got(), "R | S client_encoding=UTF8 | S in_hot_standby=off | K | Z I");
  }

  // A whole statement, on whichever node it lands.
  std::string says(std::string_view sql, ScriptedServer& server, std::string_view answer) {
    client.sends(query(sql));
    server.answers(answer);
    return client.got();
  }

  // Whether the session remembers a write on the primary, no later than now.
  bool has_written() {
    const auto marks = client.machine().session().marks();
    return std::any_of(marks.begin(), marks.end(), [&](const auto& remembered) {
      return remembered.is_write && remembered.mark.node == 0 && remembered.mark.at == client.now;
    });
  }

  // In a transaction on the primary, with nothing left to look at.
  void is_in_transaction() {
    client.sends(query("BEGIN") + query("INSERT INTO t VALUES (1)"));
    primary.answers(complete("BEGIN") + ready('T') + complete("INSERT 0 1") + ready('T'));
    forget();
  }
  // In a READ ONLY one, on the standby.
  void is_reading_in_transaction() {
    client.sends(query("BEGIN READ ONLY") + query("SELECT a FROM t"));
    standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
    forget();
  }
  void forget() {
    client.got();
    for (ScriptedServer* server : {&primary, &standby, &other}) server->forget();
  }

  ScriptedServer primary{0};
  ScriptedServer standby{1};
  ScriptedServer other{2};
  ScriptedClient client{{&primary, &standby, &other}};
};

}  // namespace tidemark::session::testing
