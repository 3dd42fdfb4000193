#include "audit/checks/model.h"

#include <gtest/gtest.h>

#include "audit/checks/check.h"
#include "audit/checks/testing.h"

namespace tidemark::audit {
namespace {

using testing::history;

std::string error_of(const History& history) {
  const auto found = check(history, {});
  return found ? "" : found.error().message;
}

TEST(Model, AWriteWithoutAnAnswerIsKnownByWhoSawIt) {
  const History all = history(R"(
    A 0..1 maybe x1 y1
    A 2..3 maybe x2
    B 4..5 reads x1)");
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  EXPECT_TRUE(model->happened(0));
  EXPECT_FALSE(model->happened(1));
  EXPECT_EQ(model->version_of(all.operations[0].puts[0]), 1);
  EXPECT_EQ(model->version_of(all.operations[0].puts[1]), k_unknown_version);
  ASSERT_EQ(model->chain(0).size(), 1);
  EXPECT_FALSE(model->chain(0)[0].acknowledged());
}

TEST(Model, TheLogAndTheLastStateAlsoShowIt) {
  History all = history("A 0..1 maybe x1 y1\nlast y1");
  all.commits = {{7, 8, {{0, 1, 1}}}};
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->version_of(all.operations[0].puts[0]), 1);
  EXPECT_EQ(model->version_of(all.operations[0].puts[1]), 1);
}

TEST(Model, AWholeListSaysWhoMadeWhichVersion) {
  const History all = history(R"(
    A 0..1 maybe l1
    B 2..3 writes l2
    C 4..5 reads l2[1,2])");
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  EXPECT_TRUE(model->happened(0));
  EXPECT_EQ(model->version_of(all.operations[0].puts[0]), 1);
}

TEST(Model, AListWithFewerItemsThanVersionsDoesNot) {
  const History all = history(R"(
    A 0..1 maybe l1
    B 2..3 writes l3
    C 4..5 reads l3[1,3])");
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  EXPECT_TRUE(model->happened(0));
  EXPECT_EQ(model->version_of(all.operations[0].puts[0]), k_unknown_version);
}

TEST(Model, ChainsAscendAndHaveHoles) {
  const History all = history(R"(
    A 0..1 writes x5
    A 2..3 writes x1
    A 4..5 writes x2
    B 4..5 writes x2)");
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  std::vector<Version> versions;
  for (const Made& made : model->chain(0)) versions.push_back(made.version);
  EXPECT_EQ(versions, (std::vector<Version>{1, 2, 2, 5}));
  EXPECT_EQ(model->next(0, 0)->version, 1);
  EXPECT_EQ(model->next(0, 1)->version, 2);
  EXPECT_EQ(model->next(0, 2)->version, 5);
  EXPECT_EQ(model->next(0, 4)->version, 5);
  EXPECT_EQ(model->next(0, 5), nullptr);
  for (const WriteId writer : {3, 4}) EXPECT_EQ(model->made(0, 2, writer)->writer, writer);
  EXPECT_EQ(model->made(0, 5, 1)->operation, 0);
  EXPECT_EQ(model->made(0, 0, 0), nullptr);
}

TEST(Model, ADeclaredLossBeginsALife) {
  const auto all = history(R"(
    A 0..1 reads x0
    B 0..1 reads x0
    A 2..3 reads x0 declared
    A 4..5 reads x0)");
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->lives(), 3);
  EXPECT_NE(model->place(0).life, model->place(2).life);
  EXPECT_EQ(model->place(2).index, 1);
  EXPECT_EQ(model->place(3).life, model->place(2).life);
  EXPECT_EQ(model->place(3).index, 2);
}

// Each breaks one thing of a history that is one.
TEST(Model, WhatIsNoHistoryIsRefused) {
  const History good = history(R"(
    A 0..1 writes x1
    A 2..2 tells B
    B 3..3 hears A
    B 4..5 reads l0[] x1
    last x1)");
  ASSERT_EQ(error_of(good), "");
  const auto broken = [&](auto&& spoil) {
    History history = good;
    spoil(history);
    return error_of(history);
  };
  EXPECT_EQ(broken([](History& h) { h.operations[0].ended = Duration(-1); }),
            "operation 0 ended before it started");
  EXPECT_EQ(broken([](History& h) { h.operations[0].endpoint = 1; }),
            "operation 0 names endpoint 1, which is not there");
  EXPECT_EQ(broken([](History& h) { h.operations[0].node = 1; }),
            "operation 0 names node 1, which is not there");
  EXPECT_EQ(broken([](History& h) { h.operations[0].puts[0].row = 2; }),
            "operation 0 writes row 2, which is not there");
  EXPECT_EQ(broken([](History& h) { h.operations[0].puts[0].version = 0; }),
            "operation 0 makes a write or a version numbered 0");
  EXPECT_EQ(broken([](History& h) { h.operations[0].puts[0].writer = 0; }),
            "operation 0 makes a write or a version numbered 0");
  EXPECT_EQ(broken([](History& h) { h.operations[0].puts.push_back(h.operations[0].puts[0]); }),
            "operation 0 has a write with the id 1, as another one has");
  EXPECT_EQ(broken([](History& h) { h.operations[1].message = 9; }),
            "operation 2 takes over message 1, which nobody sent");
  EXPECT_EQ(broken([](History& h) { h.operations.push_back(h.operations[1]); }),
            "operation 4 sends message 1 a second time");
  EXPECT_EQ(broken([](History& h) { h.operations[3].seen[1].row = 2; }),
            "operation 3 names row 2, which is not there");
  EXPECT_EQ(broken([](History& h) { h.operations[3].seen[1].row = 1; }),
            "operation 3 names list 11, version 1 by write 1, which nobody made");
  EXPECT_EQ(broken([](History& h) { h.operations[3].seen[1].writer = 9; }),
            "operation 3 names register 23, version 1 by write 9, which nobody made");
  EXPECT_EQ(broken([](History& h) { h.operations[3].seen[1].version = 0; }),
            "operation 3 names register 23, version 0 by write 1, which nobody made");
  EXPECT_EQ(broken([](History& h) { h.operations[3].lists[0].row = 2; }),
            "operation 3 names row 2, which is not there");
  EXPECT_EQ(broken([](History& h) { h.operations[3].lists[0].items = {1}; }),
            "operation 3 names an item 1 of list 11, which nobody appended");
  EXPECT_EQ(broken([](History& h) { h.operations[3].lists[0].items = {9}; }),
            "operation 3 names an item 9 of list 11, which nobody appended");
  EXPECT_EQ(broken([](History& h) { h.commits = {{5, 6, {{0, 1, 9}}}}; }),
            "commit 5 names register 23, version 1 by write 9, which nobody made");
  EXPECT_EQ(broken([](History& h) { h.last[0].row = 9; }),
            "the last state names row 9, which is not there");
  EXPECT_EQ(broken([](History& h) { h.last_lists = {{9, {}}}; }),
            "the last state names row 9, which is not there");
}

TEST(Model, EverythingThatShowsAWriteIsLookedAt) {
  const History all = history(R"(
    A 0..1 writes l1
    A 2..3 maybe l2 m1
    B 4..5 maybe l3
    B 6..7 writes l4 m2
    C 8..9 reads l4[1,2,3,4] m2[1,2]
    A 10..11 maybe x1 y1
    A 12..13 maybe n1
    B 14..15 writes n2
    last x1 y1 l4[1,2,3,4] n2[1,2])");
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->version_of(all.operations[1].puts[0]), 2);
  EXPECT_EQ(model->version_of(all.operations[1].puts[1]), 1);
  EXPECT_EQ(model->version_of(all.operations[2].puts[0]), 3);
  EXPECT_EQ(model->version_of(all.operations[5].puts[0]), 1);
  EXPECT_EQ(model->version_of(all.operations[5].puts[1]), 1);
  EXPECT_EQ(model->version_of(all.operations[6].puts[0]), 1);
}

TEST(Model, OfTwoThatFollowAHoleTheFirstComesNext) {
  const History all = history(R"(
    A 0..1 writes x1
    A 2..3 writes x3
    B 4..5 writes x3)");
  const auto model = Model::build(all);
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->next(0, 2)->operation, 1);
}

}  // namespace
}  // namespace tidemark::audit
