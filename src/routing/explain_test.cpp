#include "routing/explain.h"

#include "routing/refusal.h"
#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using topology::testing::at;
using Explain = Scenario;

TEST_F(Explain, TheRouteSaysWhoServesWhatAndWhy) {
  all_at(10, 0x3022550);
  wrote(9);
  const auto decision = asks(20);
  EXPECT_EQ(describe(decision, request_.promise, *cluster_.view(at(20))),
            "node=s:2 role=standby level=session floor=0/3022550 reason=\"covers the floor\"");
}

TEST_F(Explain, ARefusalHasNoNode) {
  const auto decision = asks(20);
  EXPECT_EQ(describe(decision, request_.promise, *cluster_.view(at(20))),
            "node=none level=session floor=0/0 reason=\"no node is admitted\"");
}

TEST(Refusal, EveryReasonToRefuseHasAStateAMessageAndAHint) {
  for (const auto reason : {Reason::k_not_covered, Reason::k_behind_barrier, Reason::k_no_primary,
                            Reason::k_no_node, Reason::k_none_allowed, Reason::k_fate_unknown,
                            Reason::k_lost_writes, Reason::k_lost_reads}) {
    const auto refusal = refusal_of(reason);
    EXPECT_EQ(refusal.sqlstate.size(), 5u);
    EXPECT_FALSE(refusal.message.empty());
    EXPECT_TRUE(refusal.hint.ends_with("."));
  }
}

TEST(Refusal, WhatARetryMayCureIsASerializationFailure) {
  EXPECT_EQ(refusal_of(Reason::k_behind_barrier).sqlstate, "40001");
  EXPECT_EQ(refusal_of(Reason::k_fate_unknown).sqlstate, "40001");
}

}  // namespace
}  // namespace tidemark::routing
