#include "session/replies.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

namespace tidemark::session {
namespace {

class RepliesTest : public ::testing::Test {
 protected:
  void sent(std::initializer_list<Expect> expects, bool swallow = false) {
    for (const Expect expect : expects) {
      Reply reply;
      reply.expect = expect;
      reply.swallow = swallow;
      replies_.push(std::move(reply), undone_);
    }
  }

  void sent_naming(std::string name) {
    Reply reply;
    reply.expect = Expect::k_parse;
    reply.change = std::make_unique<NameChange>();
    reply.change->name = std::move(name);
    replies_.push(std::move(reply), undone_);
  }

  // The tags that reach the client.
  std::string answered(std::string_view tags) {
    std::string forwarded;
    for (const char tag : tags) {
      if (replies_.take(tag, undone_).forward) forwarded += tag;
      while (replies_.front_is_local()) forwarded += replies_.take_local();
    }
    return forwarded;
  }

  Replies replies_;
  std::vector<NameChange> undone_;
};

TEST_F(RepliesTest, ASimpleQueryEndsWithItsReadyForQuery) {
  sent({Expect::k_query});
  EXPECT_EQ(answered("TDDC"), "TDDC");
  EXPECT_FALSE(replies_.empty());
  EXPECT_EQ(answered("Z"), "Z");
  EXPECT_TRUE(replies_.empty());
  EXPECT_FALSE(replies_.in_doubt());
}

TEST_F(RepliesTest, WhatTheGatewayAskedIsSwallowed) {
  sent({Expect::k_query}, true);
  sent({Expect::k_query});
  EXPECT_EQ(answered("CZTDCZ"), "TDCZ");
}

TEST_F(RepliesTest, AnExtendedBatchIsFulfilledMessageByMessage) {
  sent({Expect::k_parse, Expect::k_describe_statement, Expect::k_bind, Expect::k_describe_portal,
        Expect::k_execute, Expect::k_close, Expect::k_sync});
  EXPECT_EQ(answered("1tT2TDDC3Z"), "1tT2TDDC3Z");
  EXPECT_TRUE(replies_.empty());
  EXPECT_FALSE(replies_.in_doubt());
}

TEST_F(RepliesTest, AnErrorSkipsToTheSyncThatFollows) {
  sent({Expect::k_parse, Expect::k_bind, Expect::k_execute, Expect::k_sync, Expect::k_parse,
        Expect::k_sync});
  EXPECT_EQ(answered("1EZ1Z"), "1EZ1Z");
  EXPECT_TRUE(replies_.empty());
}

TEST_F(RepliesTest, WhatIsSentBetweenAnErrorAndItsSyncIsNeverAnswered) {
  sent({Expect::k_parse});
  EXPECT_EQ(answered("E"), "E");
  sent({Expect::k_bind, Expect::k_execute, Expect::k_query});
  EXPECT_TRUE(replies_.empty());
  sent({Expect::k_sync});
  EXPECT_EQ(answered("Z"), "Z");
  EXPECT_FALSE(replies_.in_doubt());
}

TEST_F(RepliesTest, NamesOfSkippedMessagesAreTakenBackLastFirst) {
  sent_naming("one");
  sent_naming("two");
  sent_naming("three");
  sent({Expect::k_sync});
  EXPECT_EQ(answered("1EZ"), "1EZ");
  ASSERT_EQ(undone_.size(), 2U);
  EXPECT_EQ(undone_[0].name, "three");
  EXPECT_EQ(undone_[1].name, "two");
}

TEST_F(RepliesTest, AStatementPreparedAgainThatFailsIsTheClientsError) {
  sent({Expect::k_parse}, true);
  sent({Expect::k_bind, Expect::k_execute, Expect::k_sync});
  EXPECT_EQ(answered("EZ"), "EZ");
}

TEST_F(RepliesTest, LocalAnswersWaitForTheirTurn) {
  sent({Expect::k_bind, Expect::k_execute});
  Reply local;
  local.expect = Expect::k_local;
  local.local = std::make_unique<const std::string>("<local>");
  replies_.push(std::move(local), undone_);
  sent({Expect::k_sync});
  EXPECT_EQ(answered("2CZ"), "2C<local>Z");
}

TEST_F(RepliesTest, CopyInIgnoresTheSyncBeforeItsEnd) {
  sent({Expect::k_bind, Expect::k_execute, Expect::k_sync});
  EXPECT_EQ(answered("2G"), "2G");
  sent({Expect::k_sync, Expect::k_copy_end, Expect::k_sync});
  EXPECT_EQ(answered("CZ"), "CZ");
  EXPECT_TRUE(replies_.empty());
  EXPECT_FALSE(replies_.in_doubt());
}

TEST_F(RepliesTest, CopyInThatWasPipelinedKeepsTheSyncBehindItsEnd) {
  sent({Expect::k_bind, Expect::k_execute, Expect::k_sync, Expect::k_copy_end, Expect::k_sync});
  EXPECT_EQ(answered("2GCZ"), "2GCZ");
  EXPECT_TRUE(replies_.empty());
}

TEST_F(RepliesTest, AnErrorMidwayInCopyInPutsTheConnectionInDoubt) {
  sent({Expect::k_bind, Expect::k_execute, Expect::k_sync});
  EXPECT_EQ(answered("2GE"), "2GE");
  EXPECT_TRUE(replies_.in_doubt());
}

TEST_F(RepliesTest, AnAnswerNobodyAskedForPutsTheConnectionInDoubt) {
  sent({Expect::k_bind});
  answered("3");
  EXPECT_TRUE(replies_.in_doubt());
}

}  // namespace
}  // namespace tidemark::session
