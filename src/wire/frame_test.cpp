#include "wire/frame.h"

#include "wire/message_testing.h"

namespace tidemark::wire {
namespace {

TEST(Frame, IsFoundByItsFirstFiveBytes) {
  const auto header = peek(bytes("Z\0\0\0\5Iand what follows"));
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->tag, 'Z');
  EXPECT_EQ((*header)->length, 5U);
  EXPECT_EQ((*header)->total(), 6U);
  EXPECT_EQ((*header)->payload_size(), 1U);
  EXPECT_EQ(payload(bytes("Z\0\0\0\5I"), **header), "I");
}

TEST(Frame, OfFewerBytesNeedsMore) {
  const std::string header = bytes("Z\0\0\0\5");
  for (std::size_t size = 0; size < header.size(); ++size) {
    const auto peeked = peek(std::string_view(header).substr(0, size));
    ASSERT_TRUE(peeked);
    EXPECT_FALSE(*peeked);
  }
}

TEST(Frame, LengthCountsItselfAndHasALimit) {
  EXPECT_FALSE(peek(bytes("Q\0\0\0\0")));
  EXPECT_FALSE(peek(bytes("Q\0\0\0\3")));
  EXPECT_TRUE(peek(bytes("Q\0\0\0\4")));
  EXPECT_TRUE(peek(bytes("D\x40\0\0\2")));
  EXPECT_FALSE(peek(bytes("D\x40\0\0\3")));
  EXPECT_EQ(peek(bytes("Q\xff\xff\xff\xff")).error().message, "invalid message length");
}

TEST(Frame, OfAClientHasTheLimitsOfPostgreSQL) {
  EXPECT_TRUE(validate_client({'Q', 0x3ffffffe}));
  EXPECT_FALSE(validate_client({'Q', 0x3fffffff}));
  EXPECT_TRUE(validate_client({'S', 10'000}));
  EXPECT_EQ(validate_client({'S', 10'001}).error().message, "invalid message length");
  EXPECT_TRUE(validate_password({'p', 65'535}));
  EXPECT_FALSE(validate_password({'p', 65'536}));
}

TEST(Frame, OfAClientHasAKnownTag) {
  for (const char tag : std::string_view("QPBEDCSHXdcfF")) EXPECT_TRUE(validate_client({tag, 4}));
  EXPECT_EQ(validate_client({'?', 4}).error().message, "invalid frontend message type 63");
  EXPECT_EQ(validate_client({'\xff', 4}).error().message, "invalid frontend message type 255");
  EXPECT_FALSE(validate_client({'p', 4}));
  EXPECT_FALSE(validate_client({'\0', 4}));
  EXPECT_EQ(validate_password({'Q', 4}).error().message,
            "expected password response, got message type 81");
}

TEST(Frame, IsNamedBySideAndTag) {
  EXPECT_EQ(message_name(Side::k_client, 'S'), "Sync");
  EXPECT_EQ(message_name(Side::k_server, 'S'), "ParameterStatus");
  EXPECT_EQ(message_name(Side::k_client, 'p'), "PasswordMessage");
  EXPECT_EQ(message_name(Side::k_client, 'Z'), "unknown message");
}

}  // namespace
}  // namespace tidemark::wire
