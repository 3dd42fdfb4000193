#include "wire/error_fields.h"

#include "wire/message_testing.h"

namespace tidemark::wire {
namespace {

TEST(ErrorFields, AreReadAsPostgreSQLWritesThem) {
  const std::string payload = bytes(
      "SFEHLER\0VERROR\0C42P01\0Mrelation \"t\" does not exist\0P15\0Fparse_relation.c\0"
      "L1392\0RparserOpenTable\0\0");
  const auto error = decode_error(payload);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->severity(), "ERROR");
  EXPECT_EQ(error->sqlstate(), "42P01");
  EXPECT_EQ(error->message(), "relation \"t\" does not exist");
  EXPECT_EQ(error->detail(), "");
  EXPECT_EQ((*error)[ErrorField::k_position], "15");
  EXPECT_EQ(error->all().size(), 8U);
}

TEST(ErrorFields, OfAnOldServerHaveOnlyTheTranslatedSeverity) {
  const std::string payload = bytes("SFATAL\0\0");
  EXPECT_EQ(decode_error(payload)->severity(), "FATAL");
}

TEST(ErrorFields, ComeBackAsTheyWentOut) {
  std::string message;
  append_error(message, "ERROR", "40001", "no", "because", "retry");
  EXPECT_EQ(message, bytes("E\0\0\0.SERROR\0VERROR\0C40001\0Mno\0Dbecause\0Hretry\0\0"));
  const auto payload = payload_of(message, 'E');
  expect_exact_size(payload, decode_error);
  std::string again;
  append_error(again, *decode_error(payload));
  EXPECT_EQ(again, message);
}

TEST(ErrorFields, OfANoticeWithoutDetailAndHintAreFour) {
  std::string message;
  append_notice(message, "WARNING", "01000", "careful");
  const auto notice = decode_error(payload_of(message, 'N'));
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->all().size(), 4U);
  EXPECT_EQ(notice->severity(), "WARNING");
  std::string again;
  append_notice(again, *notice);
  EXPECT_EQ(again, message);
}

TEST(ErrorFields, CanBeReplacedAndAddedAndKeepUnknownCodes) {
  const std::string payload = bytes("SERROR\0?new\0\0");
  auto error = decode_error(payload);
  ASSERT_TRUE(error);
  error->set(ErrorField::k_severity, "FATAL");
  error->set(ErrorField::k_hint, "try again");
  std::string message;
  append_error(message, *error);
  EXPECT_EQ(payload_of(message, 'E'), bytes("SFATAL\0?new\0Htry again\0\0"));
}

}  // namespace
}  // namespace tidemark::wire
