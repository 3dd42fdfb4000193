#include "audit/checks/story.h"

#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

TEST(Story, ItSaysWhoDidWhatWhenAndFromWhere) {
  History history = testing::history(R"(
    A 1204..1205 writes x1
    A 1206..1206 tells B
    B 1207..1207 hears A
    B 1208..1210 reads x0)");
  history.endpoints = {"host=a", "host=b"};
  history.nodes = {"", "10.0.0.2"};
  history.operations[0].served_by = ServedBy::k_primary;
  history.operations[0].connection = 5;
  Operation& read = history.operations[3];
  read.served_by = ServedBy::k_standby;
  read.endpoint = 1;
  read.node = 1;
  read.connection = 9;
  read.protocol = Protocol::k_prepared;
  read.loss_declared = true;
  const Violation violation{
      .guarantee = Guarantee::k_causal,
      .at = read.ended,
      .steps = {{0, "wrote register 23, version 1"},
                {1, "sent a message to session 1"},
                {2, "got the message of session 0"},
                {3, "saw register 23, version 0"}},
      .conclusion = "version 1 of register 23, of which it could know, was missing"};
  EXPECT_EQ(story(violation, history),
            (std::vector<std::string>{
                "1.2040 s: session 0 wrote register 23, version 1; answered after 1.0 ms by the "
                "primary (endpoint \"host=a\", connection 5)",
                "1.2060 s: session 0 sent a message to session 1",
                "1.2070 s: session 1 got the message of session 0",
                "1.2080 s: session 1 saw register 23, version 0; answered after 2.0 ms by a "
                "standby (node 10.0.0.2, endpoint \"host=b\", connection 9, prepared); it was told "
                "of a possible loss",
                "So version 1 of register 23, of which it could know, was missing."}));
}

TEST(Story, AnAnswerThatDidNotComeIsSaid) {
  History history = testing::history("A 0..1500 maybe x1\nA 2000..2000 fails x2");
  EXPECT_EQ(story_line({0, "wrote it"}, history),
            "0.0000 s: session 0 wrote it; no answer after 1.5 s (connection 0)");
  EXPECT_EQ(story_line({1, "wrote it"}, history),
            "2.0000 s: session 0 wrote it; failed after 0 µs (connection 0)");
}

}  // namespace
}  // namespace tidemark::audit
