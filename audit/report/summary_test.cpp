#include "audit/report/summary.h"

#include <gtest/gtest.h>

#include "audit/report/example_history.h"

namespace tidemark::audit {
namespace {

using std::chrono::seconds;

Summary summary_of(const Example& example) { return summarize(example.history, example.findings); }

TEST(Distribution, EachPercentileIsAValueThatOccurred) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t value = 1000; value > 0; --value) values.push_back(value);
  EXPECT_EQ(distribution(values), (Distribution<std::uint64_t>{1000, 500, 900, 990, 999, 1000}));
  values = {7};
  EXPECT_EQ(distribution(values), (Distribution<std::uint64_t>{1, 7, 7, 7, 7, 7}));
  values = {1, 2};
  EXPECT_EQ(distribution(values), (Distribution<std::uint64_t>{2, 1, 2, 2, 2, 2}));
  values = {};
  EXPECT_EQ(distribution(values), Distribution<std::uint64_t>{});
}

TEST(Summary, CountsWhatWasAnsweredAndHowFast) {
  const Summary summary = summary_of(example());
  EXPECT_EQ(summary.length, seconds(2));
  EXPECT_EQ(summary.sessions, 2U);
  EXPECT_EQ(summary.connections, 3U);
  EXPECT_EQ(summary.reads, 6U);
  EXPECT_EQ(summary.writes, 3U);
  EXPECT_EQ(summary.messages, 1U);
  EXPECT_DOUBLE_EQ(summary.reads_a_second, 3.0);
  EXPECT_EQ(summary.read_latency.p50, microseconds(900));
  EXPECT_EQ(summary.read_latency.max, microseconds(12345));
  EXPECT_EQ(summary.write_latency.p50, microseconds(4000));
}

TEST(Summary, TellsActionsApart) {
  std::vector<std::string> found;
  for (const ActionSummary& action : summary_of(example()).actions) {
    found.push_back(std::string(name(action.action)) + " " + std::to_string(action.ok) + " " +
                    std::to_string(action.failed) + " " + std::to_string(action.maybe));
  }
  EXPECT_EQ(found,
            (std::vector<std::string>{"read_one 4 1 0", "read_many 1 0 0", "read_transaction 1 0 0",
                                      "write 1 0 1", "increment 1 0 0", "append 1 0 0"}));
}

TEST(Summary, AWriteOfSeveralKindsOfRowsIsAWrite) {
  Example made = example();
  Operation& both = made.add_write(1, microseconds(1), 3, 2);
  both.puts.push_back({4, 2, 99});
  EXPECT_EQ(action_of(made.history, both), Action::k_write);
}

TEST(Summary, SharesAreOfTheReadsOfWhichItIsKnown) {
  const Summary summary = summary_of(example());
  EXPECT_EQ(summary.share, (Share{1, 4, 1}));
  EXPECT_DOUBLE_EQ(summary.share.on_standbys(), 0.8);
  EXPECT_DOUBLE_EQ(Share{}.on_standbys(), 0.0);
}

TEST(Summary, EndpointsKeepTheirOrderAndNodesThatServedNothingAreLeftOut) {
  Example made = example();
  made.history.nodes.push_back("127.0.0.1:5504");
  const Summary summary = summary_of(made);
  ASSERT_EQ(summary.endpoints.size(), 2U);
  EXPECT_EQ(summary.endpoints[1].name, "port=5503");
  EXPECT_EQ(summary.endpoints[1].reads, (Share{0, 1, 0}));
  EXPECT_EQ(summary.endpoints[0].writes, 3U);
  ASSERT_EQ(summary.nodes.size(), 3U);
  EXPECT_EQ(summary.nodes[0].name, "127.0.0.1:5501");
  EXPECT_EQ(summary.nodes[1].read_latency.count, 4U);
  EXPECT_EQ(summary.nodes[2].name, "");
}

TEST(Summary, ErrorsGoBySqlstateTheMostFrequentFirst) {
  Example made = example();
  for (int time : {300, 250}) {
    Operation& cancelled = made.add_read(time, microseconds(1), 0, 0);
    cancelled.outcome = Outcome::k_failed;
    cancelled.error = "40001 canceling statement at " + std::to_string(time);
  }
  Operation& cut = made.add_read(400, microseconds(1), 0, 0);
  cut.outcome = Outcome::k_failed;
  cut.error = "server closed the connection unexpectedly";
  const Summary summary = summary_of(made);
  ASSERT_EQ(summary.errors.size(), 4U);
  EXPECT_EQ(summary.errors[0].sqlstate, "40001");
  EXPECT_EQ(summary.errors[0].count, 2U);
  EXPECT_EQ(summary.errors[0].example, "canceling statement at 250");
  EXPECT_EQ(summary.errors[0].last, milliseconds(300) + microseconds(1));
  EXPECT_EQ(summary.errors[1].sqlstate, "");
  EXPECT_EQ(summary.errors[2].sqlstate, "57P01");
  EXPECT_EQ(summary.errors[2].maybes, 1U);
  EXPECT_EQ(summary.losses_declared, 1U);
}

TEST(Summary, StalenessIsCountedInTimeAndInVersions) {
  const Summary summary = summary_of(example());
  EXPECT_EQ(summary.fresh, 95U);
  EXPECT_EQ(summary.behind,
            (Distribution<Duration>{100, milliseconds(0), milliseconds(0), milliseconds(80),
                                    milliseconds(90), milliseconds(90)}));
  EXPECT_EQ(summary.missed.p99, 2U);
}

TEST(Summary, SaysWhatCouldNotBeKnown) {
  Example made = example();
  made.verdict(Guarantee::k_monotonic_writes).chances = 0;
  std::string all;
  for (const std::string& sentence : summary_of(made).unknown) all += sentence + "\n";
  EXPECT_NE(all.find("\"monotonic writes\""), std::string::npos) << all;
  EXPECT_NE(all.find("Of 3 writes no answer came"), std::string::npos) << all;
  EXPECT_NE(all.find("permission denied to use replication slots"), std::string::npos) << all;
  EXPECT_NE(all.find("rows as they were at the end"), std::string::npos) << all;
  EXPECT_NE(all.find("Of 1 reads (16.7 %)"), std::string::npos) << all;

  made.verdict(Guarantee::k_monotonic_writes).chances = 1;
  made.findings.maybes = 0;
  made.history.commits.emplace_back();
  made.history.last.emplace_back();
  made.history.operations[4].served_by = ServedBy::k_primary;
  EXPECT_TRUE(summary_of(made).unknown.empty());
}

TEST(Summary, OfNothingIsEmpty) {
  const Summary summary = summarize(History{}, Findings{});
  EXPECT_EQ(summary.reads, 0U);
  EXPECT_EQ(summary.reads_a_second, 0.0);
  EXPECT_TRUE(summary.actions.empty());
  EXPECT_TRUE(summary.nodes.empty());
  EXPECT_TRUE(summary.unknown.empty());
}

}  // namespace
}  // namespace tidemark::audit
