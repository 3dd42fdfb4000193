#include "gateway/config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/toml_reader.h"

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;

const std::string k_origin = "[origins.main]\nnodes = [\"127.0.0.1:5501\", \"127.0.0.1:5502\"]\n";

ConfigReport read(const std::string& text) { return parse_config(text, "t.toml"); }

// The only error of a file that is right but for this text.
std::string error_of(const std::string& text) {
  const auto report = read(k_origin + text);
  EXPECT_EQ(report.errors.size(), 1U);
  return report.errors.empty() ? "" : report.errors.front();
}

TEST(Config, OneOriginIsEnough) {
  const auto report = read(k_origin);
  ASSERT_TRUE(report.ok()) << report.errors.front();
  EXPECT_EQ(report.config.origin.name, "main");
  EXPECT_EQ(report.config.origin.nodes.size(), 2U);
  EXPECT_EQ(report.config.monitor.interval, 10ms);
  EXPECT_EQ(report.config.consistency.wait, 50ms);
}

TEST(Config, EveryKeyOfTheDocumentedFileIsRead) {
  const auto report = read(R"(
    [listen]
    address = ["127.0.0.1:7000", "[::1]:7000"]
    http = "127.0.0.1:8432"
    backlog = 9
    [auth]
    method = "trust"
    [origins.shop]
    nodes = "10.0.0.1:5432"
    user = "mon"
    password = "hidden"
    database = "shop"
    [monitor]
    interval = "20ms"
    timeout = "2s"
    [pool]
    size = 7
    wait_timeout = "1s"
    idle_timeout = "1min"
    connect_timeout = "2s"
    [net]
    workers = 3
    backend = "io_uring"
    [consistency]
    default = "eventual"
    wait = "0"
    otherwise = "refuse"
    lost_writes = "warn"
    wait_for_primary = "5s"
    wait_for_barrier = "2s"
    token_key = "0123456789abcdef"
    max_sessions = 10
    all_writes_here = true
    [log]
    level = "debug"
    [shutdown]
    drain = "3s"
  )");
  ASSERT_TRUE(report.ok()) << report.errors.front();
  const Config& config = report.config;
  EXPECT_EQ(config.listen.addresses.size(), 2U);
  EXPECT_EQ(config.origin.nodes, std::vector<std::string>{"10.0.0.1:5432"});
  EXPECT_EQ(config.origin.password, "hidden");
  EXPECT_EQ(config.pool.size, 7);
  EXPECT_EQ(config.net.workers, 3);
  EXPECT_EQ(config.net.backend, net::BackendWish::k_io_uring);
  EXPECT_EQ(to_string(config.consistency.level), "eventual");
  EXPECT_EQ(config.consistency.wait, 0ms);
  EXPECT_EQ(config.consistency.otherwise, consistency::Otherwise::k_refuse);
  EXPECT_EQ(config.consistency.lost_writes, LostWrites::k_warn);
  EXPECT_EQ(config.consistency.wait_for_barrier, 2s);
  EXPECT_EQ(config.consistency.token_key, "0123456789abcdef");
  EXPECT_EQ(config.consistency.max_sessions, 10);
  EXPECT_TRUE(config.consistency.all_writes_here);
  EXPECT_EQ(config.log_level, LogLevel::k_debug);
  EXPECT_EQ(config.shutdown.drain, 3s);
}

TEST(Config, TheEffectiveConfigurationReadsBackAsItself) {
  const auto report = read(k_origin + "password = \"hidden\"\n[pool]\nsize = 3\n");
  const std::string text = to_toml(report.config);
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  const auto again = read(text);
  ASSERT_TRUE(again.ok()) << again.errors.front();
  EXPECT_EQ(to_toml(again.config), text);
}

TEST(Config, SecretsAreNotShown) {
  const auto report = read(k_origin + "[consistency]\ntoken_key = \"0123456789abcdef\"\n");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(to_toml(report.config).find("0123456789abcdef"), std::string::npos);
}

TEST(Config, ATokenKeyIsLongEnoughAndReadable) {
  EXPECT_EQ(error_of("[consistency]\ntoken_key = \"short\"\n"),
            "t.toml:4: consistency.token_key: has 5 bytes; at least 16 are needed, best from a "
            "random source");
  EXPECT_EQ(error_of("[consistency]\ntoken_key_file = \"nowhere\"\n"),
            "t.toml:4: consistency.token_key_file: \"nowhere\" cannot be read or is empty");
}

TEST(Config, AnUnknownKeyNamesTheLineAndTheNearestKey) {
  EXPECT_EQ(error_of("[monitor]\nintervall = \"10ms\"\n"),
            "t.toml:4: unknown key \"intervall\" in [monitor]; did you mean \"interval\"?");
  EXPECT_EQ(error_of("[monitr]\n"), "t.toml:3: unknown key \"monitr\"; did you mean \"monitor\"?");
  EXPECT_EQ(error_of("[net]\nsomething_else = 1\n"),
            "t.toml:4: unknown key \"something_else\" in [net]; known are workers, backend");
}

TEST(Config, AWrongValueNamesTheKeyAndWhatIsAllowed) {
  EXPECT_EQ(error_of("[pool]\nsize = 0\n"),
            "t.toml:4: pool.size: 0 is out of range: allowed are 1 to 10000");
  EXPECT_EQ(error_of("[pool]\nsize = \"many\"\n"),
            "t.toml:4: pool.size: must be a whole number from 1 to 10000, but is of type string");
  EXPECT_EQ(error_of("[consistency]\notherwise = \"never\"\n"),
            "t.toml:4: consistency.otherwise: \"never\" is not allowed here: choose \"primary\", "
            "\"wait\" or \"refuse\"");
  EXPECT_EQ(error_of("[listen]\naddress = []\n"),
            "t.toml:4: listen.address: is empty: name at least one");
  EXPECT_NE(error_of("[monitor]\ninterval = \"10\"\n").find("monitor.interval"), std::string::npos);
  EXPECT_NE(error_of("[consistency]\ndefault = \"newest\"\n").find("not a level"),
            std::string::npos);
  EXPECT_NE(error_of("[consistency]\ndefault = \"policy\"\n").find("not a level"),
            std::string::npos);
}

TEST(Config, AllErrorsAreReportedAtOnce) {
  EXPECT_EQ(read("[pool]\nsize = 0\nsise = 1\n[log]\nlevel = \"loud\"\n").errors.size(), 4U);
}

TEST(Config, ErrorsAreReportedInTheOrderOfTheFile) {
  const auto report = read(k_origin + "[colour]\n[pool]\nsize = 0\n[log]\nlevel = \"loud\"\n");
  ASSERT_EQ(report.errors.size(), 3U);
  EXPECT_TRUE(report.errors[0].starts_with("t.toml:3: unknown key \"colour\""));
  EXPECT_TRUE(report.errors[1].starts_with("t.toml:5: pool.size"));
  EXPECT_TRUE(report.errors[2].starts_with("t.toml:7: log.level"));
}

TEST(Config, ExactlyOneOriginIsServed) {
  EXPECT_EQ(read("").errors.size(), 1U);
  EXPECT_NE(error_of("[origins.other]\nnodes = [\"127.0.0.1:1\"]\n").find("exactly one"),
            std::string::npos);
}

TEST(Config, TrustIsForThisMachineOnly) {
  EXPECT_TRUE(
      error_of("[listen]\naddress = \"0.0.0.0:6432\"\n").starts_with("t.toml: auth.method: trust"));
  EXPECT_NE(error_of("[auth]\nmethod = \"trust\"\n[listen]\naddress = \"192.168.1.1:6432\"\n")
                .find("t.toml:4: auth.method: trust"),
            std::string::npos);
  EXPECT_TRUE(read(k_origin + "[listen]\naddress = [\"[::1]:6432\", \"/tmp:6432\"]\n").ok());
}

TEST(Config, BadSyntaxNamesItsLine) {
  const auto report = read("[listen]\naddress = \n");
  ASSERT_EQ(report.errors.size(), 1U);
  EXPECT_EQ(report.errors.front().rfind("t.toml:2: ", 0), 0U) << report.errors.front();
}

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("interval", "intervall"), 1U);
  EXPECT_EQ(edit_distance("wiat", "wait"), 1U);
  EXPECT_EQ(edit_distance("size", "sides"), 2U);
}

}  // namespace
}  // namespace tidemark::gateway
