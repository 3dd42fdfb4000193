#include "session/replies.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"

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

// Frames of these tags, each with so many bytes of payload; a ReadyForQuery has its one.
std::string frames(std::string_view tags, std::size_t payload = 3) {
  std::string bytes;
  for (const char tag : tags) {
    const std::size_t size = tag == 'Z' ? 1 : payload;
    bytes += tag;
    bytes += std::string("\0\0\0", 3) + static_cast<char>(4 + size) + std::string(size, 'I');
  }
  return bytes;
}

TEST_F(RepliesTest, AnAnswerThatIsAllThereAndWentWellIsTakenWhole) {
  sent({Expect::k_query, Expect::k_parse, Expect::k_describe_statement, Expect::k_bind,
        Expect::k_describe_portal, Expect::k_execute, Expect::k_close, Expect::k_sync});
  const std::string first = frames("TDDCTCZ");
  EXPECT_EQ(replies_.take_whole(first + frames("1tT2nDDC3Z")), first.size());
  EXPECT_FALSE(replies_.empty());
  EXPECT_EQ(replies_.take_whole(frames("1tT2nDDC3Z")), frames("1tT2nDDC3Z").size());
  EXPECT_TRUE(replies_.empty());
}

TEST_F(RepliesTest, WhatSomebodyMustLookAtIsNotTakenWhole) {
  sent({Expect::k_query});
  for (const std::string_view tags : {"TDEZ", "NTDCZ", "TDSCZ", "TADCZ", "GCZ", "HdcCZ", "TDC"}) {
    EXPECT_EQ(replies_.take_whole(frames(tags)), 0u) << tags;
  }
  const std::string whole = frames("TDCZ");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(replies_.take_whole(std::string_view(whole).substr(0, size)), 0u) << size;
  }
  EXPECT_EQ(answered("TDCZ"), "TDCZ") << "nothing was taken by looking";
}

TEST_F(RepliesTest, WhatTheGatewayAskedOrAnswersIsNotTakenWhole) {
  sent({Expect::k_parse}, true);
  sent({Expect::k_bind, Expect::k_sync});
  EXPECT_EQ(replies_.take_whole(frames("12Z")), 0u);
  EXPECT_EQ(answered("12Z"), "2Z");
  sent({Expect::k_parse, Expect::k_local, Expect::k_sync});
  EXPECT_EQ(replies_.take_whole(frames("1Z")), 0u);
}

TEST_F(RepliesTest, ALyingLengthIsNotTakenWhole) {
  sent({Expect::k_query});
  std::string bytes = frames("TDCZ");
  bytes[4] = 3;
  EXPECT_EQ(replies_.take_whole(bytes), 0u);
  bytes[4] = 127;
  EXPECT_EQ(replies_.take_whole(bytes), 0u);
}

// Whatever is taken whole would have been the client's, frame by frame, and leaves the same behind.
TEST_F(RepliesTest, ToTakeAnAnswerWholeIsToTakeItsFramesOneByOne) {
  Random random(7);
  const auto any_of = [&](std::string_view tags) { return tags[random.below(tags.size())]; };
  int whole = 0;
  for (int round = 0; round < 20000; ++round) {
    Replies one;
    Replies other;
    for (std::size_t i = 0, count = 1 + random.below(4); i < count; ++i) {
      const auto expect = static_cast<Expect>(random.below(11));
      const bool swallow = random.below(12) == 0;
      for (Replies* replies : {&one, &other}) {
        Reply reply;
        reply.expect = expect;
        reply.swallow = swallow;
        if (expect == Expect::k_local) reply.local = std::make_unique<const std::string>("local");
        replies->push(std::move(reply), undone_);
      }
    }
    std::string tags;
    for (std::size_t i = random.below(4); i > 0; --i) tags += any_of("123TnDCtsIEGNZ");
    tags += 'Z';
    const std::size_t taken = one.take_whole(frames(tags));
    if (taken == 0) continue;
    ++whole;
    ASSERT_EQ(taken, frames(tags.substr(0, tags.find('Z') + 1)).size()) << tags;
    for (const char tag : tags.substr(0, tags.find('Z') + 1)) {
      const auto meaning = other.take(tag, undone_);
      ASSERT_TRUE(meaning.forward) << tags;
      ASSERT_EQ(meaning.finished_unit, tag == 'Z') << tags;
      ASSERT_TRUE(tag == 'Z' || !other.front_is_local()) << tags;
    }
    ASSERT_EQ(one.empty(), other.empty());
    ASSERT_EQ(one.front_is_local(), other.front_is_local());
    ASSERT_FALSE(other.in_doubt()) << tags;
  }
  EXPECT_GT(whole, 100);
}

}  // namespace
}  // namespace tidemark::session
