// What a statement costs from the client's bytes to the mark, with the kernel left out: a client's
// machine, server connections, the router, and answers that are always the same. Run under
// callgrind it leaves a count of instructions for each scenario (tools/instructions.py); by itself
// it only sees to it that the scenarios run.
#include <valgrind/callgrind.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "gateway/client_session.h"
#include "micro/world.h"
#include "session/client.h"
#include "session/testing_frames.h"
#include "sql/example_catalogue.h"

namespace tidemark::bench {
namespace {

using namespace session::testing;
using session::ServerEvent;
using topology::testing::at;

constexpr int k_statements = 200;  // of each scenario are counted
constexpr std::size_t k_nodes = 3;

class Node {
 public:
  Node(std::uint32_t index, Spares<Buffer::Storage>& storage)
      : out_(storage), server_(index, {"u", "d", {}}, "", "nonce", out_) {
    server_.start();
    const std::string greeting = made([](std::string& out) {
      wire::append_authentication_ok(out);
      wire::append_parameter_status(out, "client_encoding", "UTF8");
      wire::append_backend_key_data(out, 7, "key!");
      wire::append_ready_for_query(out, wire::TransactionStatus::k_idle);
      wire::append_data_row(out, {std::string_view("public")});
      wire::append_ready_for_query(out, wire::TransactionStatus::k_idle);
    });
    std::string nowhere;
    CHECK(server_.next(greeting, false, nowhere).kind == ServerEvent::Kind::k_started);
    out_.clear();
  }

  session::Server& server() { return server_; }
  void forget() { out_.clear(); }

 private:
  Buffer out_;
  session::Server server_;
};

// A logged-in client at level session, before a primary and two standbys that have everything. All
// answers come at one instant: behind the latest samples, which makes for marks that are pending,
// or before them.
class World {
 public:
  explicit World(int answered_ms)
      : answered_at_(at(answered_ms)),
        client_(1, out_, std::make_shared<const session::Surroundings>(surroundings())) {
    for (std::uint32_t node = 0; node < k_nodes; ++node) {
      nodes_[node] = std::make_unique<Node>(node, storage_);
    }
    reader_->set_catalogue(sql::example_catalogue());
    const wire::Parameters parameters = {{"user", "u"}, {"database", "d"}};
    CHECK(client_.on_bytes(
        made([&](std::string& out) { wire::append_startup(out, 0, parameters); })));
    client_.trust();
    const session::Server& greeter = nodes_[0]->server();
    client_.greet(greeter.parameters(), greeter.search_path(), 7, "key!");
    client_.take_actions();
    out_.clear();
  }

  // One unit, and the server's answer to all of it.
  void run(std::string_view bytes, std::string_view answer) {
    std::string_view left = bytes;
    left.remove_prefix(client_.on_bytes(left));
    if (client_.take_actions().route) left.remove_prefix(route(left));
    CHECK(left.empty() && client_.server() != nullptr);
    while (!answer.empty()) answer.remove_prefix(client_.on_server_bytes(answer, answered_at_));
    CHECK(client_.server() == nullptr && client_.take_actions().released != nullptr);
    client_.rest();
    for (auto& node : nodes_) node->forget();
    out_.clear();
  }

 private:
  static inline const Instant k_now = at(k_now_ms);

  session::Surroundings surroundings() const {
    session::Surroundings around;
    around.default_level = {consistency::Level::Kind::k_session, {}};
    around.find_reader = [reader = reader_](const auto&) { return reader; };
    around.token_key = "a key of 16 bytes or more";
    return around;
  }

  std::size_t route(std::string_view bytes) {
    routing::Request& request = client_.request();
    gateway::set_limits(request, client_.ruling(), config_);
    request.rotation = ++rotation_;
    const auto placed = gateway::decide(client_, client_.session(), *view_, loads_, k_now);
    CHECK(placed.decision.action == routing::Action::k_serve);
    const session::Route route = {.decision = placed.decision,
                                  .promise = request.promise,
                                  .on_primary = placed.decision.node == view_->primary(),
                                  .why_primary = client_.why_primary(),
                                  .rules = client_.ruling().rules,
                                  .alternative = placed.alternative};
    client_.attach(nodes_[placed.decision.node]->server(), route);
    return client_.on_bytes(bytes);
  }

  const Instant answered_at_;
  const std::shared_ptr<session::Reader> reader_ =
      std::make_shared<session::Reader>(1, sql::SearchPath::parse("public", "u"));
  const std::shared_ptr<const topology::ClusterView> view_ = view_of(k_nodes);
  const gateway::ConsistencyConfig config_{};
  const std::vector<routing::NodeLoad> loads_ = std::vector<routing::NodeLoad>(k_nodes);
  Spares<Buffer::Storage> storage_;
  std::array<std::unique_ptr<Node>, k_nodes> nodes_;
  Buffer out_{storage_};
  session::Client client_;
  std::uint32_t rotation_ = 0;
};

// The statements are made before anything is counted; what a count leaves out is done once before,
// too, so that caches are warm.
template <class Unit>
void count(const char* scenario, World& world, const std::string& answer, Unit unit) {
  std::vector<std::string> units;
  for (int number = 0; number <= k_statements; ++number) units.push_back(unit(1000 + number * 7));
  world.run(units.back(), answer);
  units.pop_back();
  CALLGRIND_ZERO_STATS;
  for (const std::string& bytes : units) world.run(bytes, answer);
  CALLGRIND_DUMP_STATS_AT(scenario);
}

std::string select_of(int number) { return "SELECT a FROM t WHERE b = " + std::to_string(number); }

const std::string k_rows =
    row_description({"a"}) + data_row({"1"}) + complete("SELECT 1") + ready();
const std::string k_bound_rows = bound() + k_rows;

void run_queries() {
  World world(k_now_ms);
  count("simple, text seen before", world, k_rows, [](int) { return query(select_of(1)); });
  count("simple, other value", world, k_rows, [](int n) { return query(select_of(n)); });
  count("simple, new text", world, k_rows,
        [](int n) { return query("SELECT a AS x" + std::to_string(n) + " FROM t WHERE b = 1"); });
  World settled(k_now_ms - 100);
  count("simple, marks resolved", settled, k_rows, [](int n) { return query(select_of(n)); });
  count("simple, write", settled, complete("UPDATE 1") + ready(),
        [](int n) { return query("UPDATE t SET a = 1 WHERE b = " + std::to_string(n)); });
}

void run_batches() {
  World world(k_now_ms);
  count("extended, text seen before", world, parsed() + k_bound_rows,
        [](int) { return prepared_and_run("SELECT a FROM t WHERE b = $1"); });
  count("extended, other value", world, parsed() + k_bound_rows,
        [](int n) { return prepared_and_run(select_of(n)); });
  world.run(parse("p", "SELECT a FROM t WHERE b = $1") + sync(), parsed() + ready());
  const std::string rows = bound() + data_row({"1"}) + complete("SELECT 1") + ready();
  count("prepared", world, rows,
        [](int n) { return bind_with("p", std::to_string(n)) + execute() + sync(); });
}

}  // namespace
}  // namespace tidemark::bench

int main() {
  tidemark::bench::run_queries();
  tidemark::bench::run_batches();
  std::printf("%d\n", tidemark::bench::k_statements);
}
