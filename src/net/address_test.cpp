#include "net/address.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark::net {
namespace {

std::string spelt(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? address->to_string() : "error: " + address.error().message;
}

TEST(Address, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:5432", "[::1]:5432", "localhost:5432", "db-1.example.org:0",
                           "unix:/run/postgresql/.s.PGSQL.5432", "[fe80::1%eth0]:65535"}) {
    EXPECT_EQ(spelt(text), text);
  }
}

TEST(Address, AFolderMeansThePostgresSocketInIt) {
  EXPECT_EQ(spelt("/run/postgresql:5432"), "unix:/run/postgresql/.s.PGSQL.5432");
  EXPECT_EQ(spelt("/:5432"), "unix:/.s.PGSQL.5432");
}

TEST(Address, RefusesInWordsThatSayWhatIsAllowed) {
  const struct {
    std::string text;
    std::string why;
  } cases[] = {
      {"localhost", "the port is missing"},
      {"", "the port is missing"},
      {"[::1]", "the port is missing"},
      {"::1:5432", "an IPv6 address goes in brackets"},
      {":5432", "the host is missing"},
      {"[]:5432", "the host is missing"},
      {"localhost:", "the port must be a number"},
      {"localhost:65536", "the port must be a number"},
      {"localhost:-1", "the port must be a number"},
      {"localhost:54 32", "the port must be a number"},
      {"local host:5432", "a character that no host name has"},
      {"/run/postgresql", "a folder needs a port"},
      {"unix:relative", "must begin with \"/\""},
      {"unix:/" + std::string(107, 'x'), "at most 107 bytes"},
  };
  for (const auto& [text, why] : cases) {
    const auto address = Address::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_NE(address.error().message.find(why), std::string::npos) << address.error().message;
    EXPECT_NE(address.error().message.find('"' + text + '"'), std::string::npos);
  }
}

TEST(Address, OnlyNamesNeedAResolver) {
  EXPECT_TRUE(Address::parse("127.0.0.1:5432")->resolved());
  EXPECT_TRUE(Address::parse("[::1]:5432")->resolved());
  EXPECT_TRUE(Address::parse("unix:/socket")->resolved());
  EXPECT_FALSE(Address::parse("localhost:5432")->resolved());
}

TEST(Address, TargetsAreWhatTheKernelWillSee) {
  EXPECT_EQ(Address::parse("127.0.0.1:5432")->targets().front().to_string(), "127.0.0.1:5432");
  EXPECT_EQ(Address::parse("[::1]:5432")->targets().front().to_string(), "[::1]:5432");
  EXPECT_EQ(Address::parse("/tmp:5432")->targets().front().to_string(), "unix:/tmp/.s.PGSQL.5432");
}

TEST(Address, ResolvingKeepsTheSpelling) {
  const auto resolved = Address::parse("localhost:5432")->resolve();
  ASSERT_TRUE(resolved) << resolved.error().message;
  EXPECT_EQ(resolved->to_string(), "localhost:5432");
  EXPECT_EQ(*resolved, *Address::parse("localhost:5432"));
  for (const SocketAddress& target : resolved->targets()) EXPECT_TRUE(target.is_loopback());
}

TEST(Address, AnUnknownNameIsAnErrorThatNamesIt) {
  const auto resolved = Address::parse("no-such-host.invalid:5432")->resolve();
  ASSERT_FALSE(resolved);
  EXPECT_NE(resolved.error().message.find("no-such-host.invalid:5432"), std::string::npos);
}

TEST(Address, KnowsWhatStaysOnThisMachine) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1",
                           "localhost:1", "unix:/socket"}) {
    EXPECT_TRUE(Address::parse(text)->is_loopback()) << text;
  }
  for (const char* text :
       {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[2001:db8::1]:1", "example.org:1"}) {
    EXPECT_FALSE(Address::parse(text)->is_loopback()) << text;
  }
}

}  // namespace
}  // namespace tidemark::net
