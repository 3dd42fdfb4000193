// The real core in random worlds: no promise is broken. And without any one of its mechanisms some
// promise is: a checker that cannot fail proves nothing.
#include "simulation/simulation.h"

#include <gtest/gtest.h>

#include "simulation/server.h"

namespace tidemark::simulation {
namespace {

// Instrumented code is slower by an order of magnitude.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t k_operations = 60'000;
constexpr std::uint64_t k_seeds = 60;
#else
constexpr std::uint64_t k_operations = 1'500'000;
constexpr std::uint64_t k_seeds = 400;
#endif

TEST(Simulation, KeepsEveryPromiseInAMillionOperations) {
  Tally tally;
  std::uint64_t seed = 0;
  while (tally.operations < k_operations) {
    const Report run = simulate(++seed);
    ASSERT_TRUE(run.violations.empty()) << "seed " << seed << ": " << run.violations.front().story;
    tally += run.tally;
  }
  // All of it happens, and most of it works. Shares are of few seeds where the run is a short one,
  // under sanitizers.
  EXPECT_GT(tally.on_standby, tally.operations / 5);
  EXPECT_GT(tally.on_primary, tally.operations / 20);
  EXPECT_GT(tally.told, tally.operations / 500);
  EXPECT_GT(tally.quiet, tally.operations / 2000);
  EXPECT_LT(tally.refused + tally.failed, tally.operations / 2);
}

TEST(Simulation, TellsNobodyOfLossesWhereNothingIsLost) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= k_seeds / 4; ++seed) {
    Options options = draw_options(seed);
    options.faults.crash = options.faults.promotion = options.faults.following = Duration(0);
    options.operations = 300;
    tally += simulate(seed, options).tally;
  }
  EXPECT_EQ(tally.told, 0u);
}

TEST(Simulation, ASeedRepeatsItself) {
  const Report one = simulate(7);
  const Report other = simulate(7);
  EXPECT_EQ(one.tally.operations, other.tally.operations);
  EXPECT_EQ(one.tally.on_standby, other.tally.on_standby);
  EXPECT_EQ(one.tally.refused, other.tally.refused);
}

class WithoutTest : public ::testing::TestWithParam<Without> {};

// The faults that the mechanism is there for happen more often.
Options hostile_options(std::uint64_t seed, Without without) {
  Options options = draw_options(seed);
  if (without == Without::k_barrier_for_all || without == Without::k_fresh_sample) {
    options.strong_from_standbys = options.mixes_levels = true;
    options.strong = 0.7;
    options.writes = 0.4;
    options.transactions = 0.5;
    options.faults.synchronous = std::chrono::milliseconds(20);
  }
  if (without == Without::k_log_files) {
    options.faults.promotion = options.faults.following = std::chrono::milliseconds(60);
    options.faults.cut = std::chrono::milliseconds(60);
    options.checkpoint.least = options.checkpoint.most = std::chrono::seconds(10);
  }
  if (without == Without::k_own_question) {
    options.samples_under_way = 8;
    options.network.least = std::chrono::milliseconds(1);
    options.network.most = std::chrono::milliseconds(8);
  }
  if (without == Without::k_reached || without == Without::k_strangers) {
    options.samples_under_way = 1;
    options.network.most = std::chrono::microseconds(500);
  }
  if (without >= Without::k_last_writes) options.all_writes_here = true;
  if (without == Without::k_ends_unknown) {
    options.writes = 0.2;
    options.faults.broken_connection = 0.2;
    options.faults.slow_statement = 0.3;
  }
  if (without == Without::k_strangers) {
    options.writes = 0.02;
    options.before = std::chrono::milliseconds(200);
    options.outsider = {.least = std::chrono::milliseconds(5),
                        .most = std::chrono::milliseconds(40),
                        .tail_chance = 0,
                        .tail = {}};
  }
  return options;
}

TEST_P(WithoutTest, APromiseIsBroken) {
  for (std::uint64_t seed = 1; seed <= k_seeds; ++seed) {
    const Report run = simulate(seed, hostile_options(seed, GetParam()), GetParam());
    if (run.violations.empty()) continue;
    RecordProperty("seed", static_cast<int>(seed));
    return;
  }
  // The slow builds play fewer seeds than the rarest of these takes.
  if (k_seeds < 400) GTEST_SKIP() << "not within " << k_seeds << " seeds";
  FAIL() << "not noticed within " << k_seeds << " seeds";
}

std::vector<Without> all_mechanisms() {
  std::vector<Without> all;
  for (auto which = 1; which < static_cast<int>(Without::k_count); ++which) {
    all.push_back(static_cast<Without>(which));
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(EachMechanism, WithoutTest, ::testing::ValuesIn(all_mechanisms()),
                         [](const auto& param) { return to_string(param.param); });

TEST(SimulatedServer, AnInsertPositionBehindAPageHeaderIsRoundedDownToWhereTheRecordEnded) {
  Server server;
  History history;
  server.is_primary = true;
  server.recover(history, 1);
  int behind_headers = 0;
  for (std::uint64_t serial = 2; serial < 2000; ++serial) {
    server.append(Record::Kind::k_data, 3, k_first_txn, 8 * (1 + serial % 7), serial);
    const Lsn end = server.end_of(server.log.size());
    behind_headers += server.insert_position() == end ? 0 : 1;
    EXPECT_EQ(consistency::round_down_off_page_header(server.insert_position(), k_page_bytes,
                                                      k_segment_bytes),
              end);
    EXPECT_LT(server.end_of(server.log.size() - 1), end);
  }
  EXPECT_GT(behind_headers, 10);
}

}  // namespace
}  // namespace tidemark::simulation
