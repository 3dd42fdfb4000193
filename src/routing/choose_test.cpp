#include "routing/choose.h"

#include <vector>

#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using std::chrono::milliseconds;
using topology::testing::at;
using topology::testing::primary;
using topology::testing::standby;

// 'strong<20ms, session<50ms, eventual', with a primary that is `far` away.
class ChooseTest : public Scenario {
 protected:
  void answers(consistency::Sample sample, int after_ms) {
    sample.received_at = sample.sent_at + milliseconds(after_ms);
    sees(sample);
  }
  void all_answer(int ms, std::uint64_t lsn, int primary_ms, int standby_ms) {
    answers(primary(0, ms, lsn), primary_ms);
    answers(standby(1, ms, lsn), standby_ms);
    answers(standby(2, ms, lsn), standby_ms);
  }
  Choice chooses(int ms) {
    std::vector<Request> requests(3, request_);
    requests[0].promise = consistency::promise_of({.kind = Kind::k_strong, .bound = {}});
    requests[0].within = milliseconds(20);
    requests[1].promise = consistency::promise_of({.kind = Kind::k_session, .bound = {}});
    requests[1].within = milliseconds(50);
    requests[2].promise = {};
    const auto now = at(ms);
    return choose(requests, session_, *cluster_.view(now), loads_, now);
  }
};

TEST_F(ChooseTest, TheFirstThatIsSoonEnoughIsUsed) {
  all_answer(10, 100, 1, 1);
  const auto choice = chooses(20);
  EXPECT_EQ(choice.index, 0u);
  EXPECT_EQ(choice.decision.node, 0u);
}

TEST_F(ChooseTest, AFarPrimaryIsLeftOut) {
  all_answer(10, 100, 80, 1);
  const auto choice = chooses(100);
  EXPECT_EQ(choice.index, 1u);
  EXPECT_NE(choice.decision.node, 0u);
}

TEST_F(ChooseTest, WhatNoNearNodeCoversInTimeGivesWayToLess) {
  all_answer(10, 100, 80, 1);
  wrote(95);
  sees(standby(1, 1500, 100));
  sees(standby(2, 1500, 100));
  answers(primary(0, 1000, 200), 80);
  answers(primary(0, 1400, 200), 80);
  const auto choice = chooses(1500);
  EXPECT_EQ(choice.index, 2u);
  EXPECT_EQ(to_string(choice.decision.reason), to_string(Reason::k_any_standby));
}

TEST_F(ChooseTest, TimeThatHasPassedCounts) {
  all_answer(10, 100, 1, 1);
  waits_since(15);
  EXPECT_EQ(chooses(20).index, 0u);
  EXPECT_EQ(chooses(40).index, 1u);
  EXPECT_EQ(chooses(70).index, 2u);
}

TEST_F(ChooseTest, AFarPrimaryMakesNobodyWaitBeyondTheirTime) {
  all_answer(10, 100, 40, 1);
  wrote(100);
  const auto choice = chooses(100);
  EXPECT_EQ(choice.index, 1u);
  EXPECT_EQ(choice.decision.action, Action::k_wait);
  EXPECT_LE(choice.decision.until, at(150));
}

TEST_F(ChooseTest, NorForWhatCannotBeKnownWithinTheirTime) {
  all_answer(10, 100, 80, 1);
  wrote(100);
  const auto choice = chooses(100);
  EXPECT_EQ(choice.index, 2u);
  EXPECT_EQ(choice.decision.action, Action::k_serve);
}

TEST_F(ChooseTest, TheLastIsUsedWhateverItTakes) {
  all_answer(10, 100, 80, 80);
  EXPECT_EQ(chooses(100).index, 2u);
}

}  // namespace
}  // namespace tidemark::routing
