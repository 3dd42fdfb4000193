// Behind the gateway a client sees, byte for byte, what it would see of a lone PostgreSQL: random
// conversations, in random pieces, held against a model that is asked directly.
#include <array>
#include <random>

#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

using Random = std::mt19937;

// In a transaction that has failed, whether a statement's name or its text is found wrong first is
// not for a client to rely on.
std::string without_order_of_errors(std::string words) {
  for (std::size_t at = 0; (at = words.find("E 42P05", at)) != std::string::npos;) {
    words.replace(at, 7, "E 25P02");
  }
  return words;
}

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

template <std::size_t size>
std::string any(Random& random, const std::array<const char*, size>& choices) {
  return choices[below(random, size)];
}

// A write in a READ ONLY transaction is refused at its Bind, where PostgreSQL refuses its Execute:
// a conversation has the one or the other.
std::string any_statement(Random& random, bool writes) {
  if (below(random, 3) == 0) {
    return writes ? any(random, std::array{"INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (2)"})
                  : any(random, std::array{"BEGIN READ ONLY", "SELECT a, b FROM t"});
  }
  return any(random, std::array{"SELECT a FROM t", "SELECT b FROM t", "SELECT 1/0", "BEGIN",
                                "COMMIT", "ROLLBACK"});
}

// One unit that a client may send, up to where it would wait for the answer. `pipelined`: it does
// not wait, and so cannot know which of its names there are.
std::string any_unit(Random& random, bool writes, bool pipelined) {
  const std::string name = any(random, std::array{"s1", "s2"});
  const std::string sql = any_statement(random, writes);
  switch (below(random, 11)) {
    case 0:
      return prepared_and_run(sql);
    case 1:
      return parse(pipelined ? "" : name, sql) + describe_statement(pipelined ? "" : name) + sync();
    case 2:
      return run(name);
    case 3:
      return bind_to(name) + describe_portal() + execute() + sync();
    case 4:
      return close_statement(name) + sync();
    case 5: {
      const std::string second = pipelined ? "" : name;
      return parse("", sql) + bind_to("") + execute() +
             parse(second, any_statement(random, writes)) + bind_to(second) + execute() + sync();
    }
    case 6:
      if (!writes) return flush();
      return query("COPY t FROM STDIN") + copy_data("1") +
             (below(random, 2) == 0 ? copy_done() : copy_fail("enough"));
    case 7:
      return sync();
    default:
      return query(sql);
  }
}

// Two clients that take turns on the same three servers, each with a twin of its own.
class Twins {
 public:
  explicit Twins(unsigned seed) : random_(seed), writes_(seed % 2 == 0) {
    for (std::size_t i = 0; i < servers_.size(); ++i) servers_[i]->plays(models_[i]);
    for (auto& client : clients_) {
      client->logs_in();
      client->got();
    }
  }

  void exchange(std::size_t units) {
    // The one that has a server must have its way.
    std::size_t turn = below(random_, 2);
    if (clients_[1 - turn]->machine().server() != nullptr) turn = 1 - turn;
    ScriptedClient& client = *clients_[turn];
    client.server_chunk = any_chunk();
    std::string said;
    for (std::size_t i = 0; i < units; ++i) said += any_unit(random_, writes_, units > 1);
    client.sends(said, any_chunk());
    history_[turn] += (history_[turn].empty() ? "" : " | ") + in_words(said, asked);
    const std::string expected = in_words(twins_[turn].take(said), told);
    ASSERT_EQ(without_order_of_errors(client.got()), without_order_of_errors(expected))
        << "after " << history_[turn] << "\nprimary: " << primary_.got()
        << "\nstandby: " << standby_.got() << "\nother: " << other_.got();
  }

 private:
  std::size_t any_chunk() { return below(random_, 2) == 0 ? k_all : 1 + below(random_, 9); }

  Random random_;
  const bool writes_;
  std::array<ModelPostgres, 3> models_ = {ModelPostgres(), ModelPostgres(true),
                                          ModelPostgres(true)};
  std::array<ModelPostgres, 2> twins_;
  ScriptedServer primary_{0}, standby_{1}, other_{2};
  std::array<ScriptedServer*, 3> servers_ = {&primary_, &standby_, &other_};
  std::array<std::unique_ptr<ScriptedClient>, 2> clients_ = {
      std::make_unique<ScriptedClient>(std::vector{&primary_, &standby_, &other_}, 1),
      std::make_unique<ScriptedClient>(std::vector{&primary_, &other_, &standby_}, 2)};
  std::array<std::string, 2> history_;
};

class TwinTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(TwinTest, AClientCannotTellTheGatewayFromPostgres) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Twins twins(seed);
    for (int i = 0; i < 30; ++i) {
      twins.exchange(GetParam());
      if (::testing::Test::HasFatalFailure()) {
        FAIL() << "seed " << seed << ", " << GetParam() << " units at a time";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(UnitsAtATime, TwinTest, ::testing::Values(1, 2, 5));

}  // namespace
}  // namespace tidemark::session
