#include "audit/workload/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace tidemark::audit {
namespace {

std::vector<Task> tasks(const Workload& workload, SessionId session, int count) {
  Plan plan(workload, session);
  std::vector<Task> found;
  for (int at = 0; at < count; ++at) {
    found.push_back(plan.next());
    for (const RowId row : found.back().rows) plan.used(row);
  }
  return found;
}

TEST(Plan, IsTheSameForTheSameSeed) {
  const Workload workload;
  const auto one = tasks(workload, 3, 500);
  const auto other = tasks(workload, 3, 500);
  for (std::size_t at = 0; at < one.size(); ++at) {
    EXPECT_EQ(one[at].act, other[at].act);
    EXPECT_EQ(one[at].rows, other[at].rows);
  }
}

TEST(Plan, IsAnotherForEachSessionAndSeed) {
  Workload workload;
  const auto rows = [&](SessionId session) {
    std::vector<RowId> all;
    for (const Task& task : tasks(workload, session, 50)) {
      all.insert(all.end(), task.rows.begin(), task.rows.end());
    }
    return all;
  };
  const auto first = rows(0);
  EXPECT_NE(first, rows(1));
  workload.seed = 2;
  EXPECT_NE(first, rows(0));
}

TEST(Plan, KeepsToTheMix) {
  Workload workload;
  workload.mix = {.read_one = 50,
                  .read_many = 0,
                  .read_transaction = 25,
                  .write = 25,
                  .increment = 0,
                  .append = 0};
  std::map<Act, int> count;
  for (const Task& task : tasks(workload, 0, 10'000)) ++count[task.act];
  EXPECT_NEAR(count[Act::k_read_one], 5000, 250);
  EXPECT_EQ(count[Act::k_read_many], 0);
  EXPECT_NEAR(count[Act::k_read_transaction], 2500, 250);
  EXPECT_NEAR(count[Act::k_write], 2500, 250);
}

TEST(Plan, RowsAscendAndAreFewEnough) {
  Workload workload;
  workload.transaction_size = 4;
  workload.keys = 5;
  for (const Task& task : tasks(workload, 0, 2000)) {
    EXPECT_FALSE(task.rows.empty());
    EXPECT_LE(task.rows.size(), 4U);
    EXPECT_TRUE(std::ranges::is_sorted(task.rows));
    EXPECT_EQ(std::ranges::adjacent_find(task.rows), task.rows.end());
    EXPECT_LT(task.rows.back(), 15U);
  }
}

TEST(Plan, SkewPrefersFewKeys) {
  const auto share_of_favourite = [](double skew) {
    Workload workload;
    workload.skew = skew;
    workload.own_share = 0;
    std::map<std::uint32_t, int> count;
    int all = 0;
    for (const Task& task : tasks(workload, 0, 5000)) {
      for (const RowId row : task.rows) ++count[row % workload.keys], ++all;
    }
    const auto most = std::ranges::max_element(count, {}, [](const auto& e) { return e.second; });
    return static_cast<double>(most->second) / all;
  };
  EXPECT_LT(share_of_favourite(0), 0.03);
  EXPECT_GT(share_of_favourite(1), 0.15);
}

TEST(Plan, NobodyHandsOverToItself) {
  Workload workload;
  workload.handoff = true;
  workload.sessions = 3;
  int others = 0;
  for (const Task& task : tasks(workload, 1, 1000)) {
    if (!task.hand_over) continue;
    EXPECT_NE(task.whom, 1);
    EXPECT_LT(task.whom, 3);
    ++others;
  }
  EXPECT_GT(others, 100);
}

TEST(Plan, ALongListIsNotAppendedTo) {
  Workload workload;
  workload.keys = 1;
  Plan plan(workload, 0);
  plan.length_is(plan.row(RowKind::k_list, 0), 10'000);
  for (int at = 0; at < 500; ++at) {
    const Task task = plan.next();
    if (task.act != Act::k_write) continue;
    for (const RowId row : task.rows) EXPECT_NE(plan.kind(row), RowKind::k_list);
  }
}

}  // namespace
}  // namespace tidemark::audit
