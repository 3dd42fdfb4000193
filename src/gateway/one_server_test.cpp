#include "gateway/one_server.h"

#include <gtest/gtest.h>

namespace tidemark::gateway {
namespace {

net::Address address(std::string_view text) { return *net::Address::parse(text); }

TEST(NodesOfOneServer, AreFoundByWhatTheirNamesStandFor) {
  const auto local = address("localhost:5501").resolve();
  ASSERT_TRUE(local.has_value());
  const auto found =
      nodes_of_one_server({address("127.0.0.1:5501"), address("127.0.0.1:5502"), *local});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(
      found[0].starts_with("\"127.0.0.1:5501\" and \"localhost:5501\" are both 127.0.0.1:5501"))
      << found[0];
  EXPECT_TRUE(
      nodes_of_one_server({*local, address("127.0.0.1:5502"), address("[::2]:5501")}).empty());
}

TEST(NodesOfOneServer, AreNotGuessedFromNamesThatAreNotResolved) {
  EXPECT_TRUE(nodes_of_one_server({address("127.0.0.1:5501"), address("localhost:5501")}).empty());
}

}  // namespace
}  // namespace tidemark::gateway
