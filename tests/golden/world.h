// The world of a scenario: nodes that are sampled when the script says so, clients that speak, and
// between them all that decides in Tidemark (configuration, catalogue, the client's machine, the
// router, the registry of sessions), joined as gateway::Worker joins them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "gateway/client_session.h"
#include "gateway/config.h"
#include "gateway/session_registry.h"
#include "golden/backend.h"
#include "golden/nodes.h"
#include "golden/script.h"
#include "routing/decision.h"
#include "session/client.h"
#include "topology/informed.h"

namespace tidemark::golden {

class World {
 public:
  // What comes of a command. Throws std::runtime_error for one that makes no sense.
  std::vector<std::string> run(const Command& command);

 private:
  // A client's connection.
  struct Speaker {
    std::string name;
    std::string search_path;
    Buffer out;
    std::unique_ptr<session::Client> client;
    std::string said;    // its last text
    std::string unread;  // of what it sent
    std::map<consistency::NodeIndex, std::unique_ptr<Backend>> backends;
    Backend* served_by = nullptr;
    bool was_routed = false;             // in this command
    routing::Decision decision;          // the last
    std::optional<std::size_t> choice;   // of several levels
    std::optional<Instant> wakes_at;     // decides again then, or when something is seen
    std::optional<Instant> token_since;  // waits for its token
    std::unique_ptr<consistency::Session> under_keys;  // what it did in sessions that have keys
    std::string told;                                  // why it waits, as it was last told
  };

  // world.cpp: the script's side
  void configure(const std::vector<std::string>& lines);
  void log_in(const std::string& name, std::string_view parameters);
  Speaker& speaker(const std::string& name);
  void speak(Speaker& s, const std::string& sql);
  void pass_time(Instant to);
  void see_anew();
  void wake(Speaker& s);
  std::string with_tokens(std::string sql) const;

  // telling.cpp: what is said of it
  void tell(const Speaker& s, const std::string& what);
  void tell_messages(Speaker& s);
  void tell_route(const Speaker& s);
  void tell_wait(Speaker& s);
  void tell_registry();
  std::string in_words(std::string_view token) const;

  // shell.cpp: the gateway's side, as gateway/worker.cpp, dispatch.cpp and shared_sessions.cpp
  session::Surroundings surroundings();
  void pump(Speaker& s);
  bool act(Speaker& s);
  bool play(Speaker& s);
  template <class F>
  auto with_session(Speaker& s, F f, gateway::Room room = gateway::Room::k_limited) {
    return gateway::with_session(*s.client, s.under_keys, *registry_, *view_, std::move(f), room);
  }
  void route(Speaker& s);
  bool is_settled(Speaker& s, const routing::Decision& decision);
  void attach(Speaker& s);
  void make_token(Speaker& s);

  gateway::Config config_;
  consistency::Policy policy_;
  std::optional<Nodes> nodes_;
  std::optional<topology::testing::InformedCluster> cluster_;
  std::shared_ptr<const topology::ClusterView> view_;
  std::shared_ptr<const sql::Catalogue> catalogue_ = std::make_shared<const sql::Catalogue>();
  std::unique_ptr<gateway::SessionRegistry> registry_;
  std::map<std::string, Speaker> speakers_;
  std::map<std::string, std::string> tokens_;  // the last that each was shown
  Instant now_{};
  std::uint32_t rotation_ = 0;
  std::uint64_t serial_ = 0;
  Instant commanded_{};
  std::string speaking_;          // whose command it is
  std::set<std::string> advice_;  // details and hints: told once
  std::vector<std::string> answers_;
};

}  // namespace tidemark::golden
