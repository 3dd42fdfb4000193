#include "wire/server_messages.h"

#include "wire/message_testing.h"
#include "wire/startup.h"

namespace tidemark::wire {
namespace {

TEST(Authentication, OkIsNineBytes) {
  std::string message;
  append_authentication_ok(message);
  EXPECT_EQ(message, bytes("R\0\0\0\x8\0\0\0\0"));
  EXPECT_EQ(decode_authentication(payload_of(message, 'R'))->type, AuthenticationType::k_ok);
}

TEST(Authentication, Md5CarriesItsSalt) {
  std::string message;
  append_authentication_md5(message, bytes("\0\1\2\3"));
  const auto payload = payload_of(message, 'R');
  EXPECT_EQ(decode_authentication(payload)->type, AuthenticationType::k_md5_password);
  EXPECT_EQ(decode_authentication(payload)->rest, bytes("\0\1\2\3"));
  expect_exact_size(payload, decode_authentication);
}

TEST(Authentication, CleartextIsAsked) {
  std::string message;
  append_authentication_cleartext(message);
  EXPECT_EQ(message, bytes("R\0\0\0\x8\0\0\0\3"));
}

TEST(Authentication, SaslListsItsMechanisms) {
  std::string message;
  append_authentication_sasl(message, {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"});
  const auto sasl = decode_authentication(payload_of(message, 'R'));
  ASSERT_TRUE(sasl);
  EXPECT_EQ(sasl->type, AuthenticationType::k_sasl);
  const std::vector<std::string_view> expected = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
  EXPECT_EQ(*decode_sasl_mechanisms(sasl->rest), expected);
  expect_exact_size(sasl->rest, decode_sasl_mechanisms);
}

TEST(Authentication, SaslStepsCarryTheMechanismsBytes) {
  std::string next;
  append_authentication_sasl_continue(next, "r=x");
  EXPECT_EQ(decode_authentication(payload_of(next, 'R'))->type,
            AuthenticationType::k_sasl_continue);
  std::string last;
  append_authentication_sasl_final(last, "v=y");
  EXPECT_EQ(decode_authentication(payload_of(last, 'R'))->type, AuthenticationType::k_sasl_final);
  EXPECT_EQ(decode_authentication(payload_of(last, 'R'))->rest, "v=y");
}

TEST(BackendKeyData, HasAKeyOfFourTo256Bytes) {
  for (const std::size_t size : {k_min_cancel_key, k_max_cancel_key}) {
    std::string message;
    append_backend_key_data(message, 4711, std::string(size, '\1'));
    const auto data = decode_backend_key_data(payload_of(message, 'K'));
    ASSERT_TRUE(data);
    EXPECT_EQ(data->pid, 4711U);
    EXPECT_EQ(data->key, std::string(size, '\1'));
  }
  EXPECT_FALSE(decode_backend_key_data(bytes("\0\0\0\1key")));
  EXPECT_FALSE(decode_backend_key_data(bytes("\0\0\0\1") + std::string(257, 'k')));
  EXPECT_FALSE(decode_backend_key_data(bytes("\0\0")));
}

TEST(ParameterStatus, ComesBackAsItWentOut) {
  std::string message;
  append_parameter_status(message, "TimeZone", "Etc/UTC");
  const auto payload = payload_of(message, 'S');
  EXPECT_EQ(decode_parameter_status(payload)->name, "TimeZone");
  EXPECT_EQ(decode_parameter_status(payload)->value, "Etc/UTC");
  expect_exact_size(payload, decode_parameter_status);
}

TEST(ReadyForQuery, HasOneOfThreeStates) {
  for (const auto status : {TransactionStatus::k_idle, TransactionStatus::k_in_transaction,
                            TransactionStatus::k_failed}) {
    std::string message;
    append_ready_for_query(message, status);
    EXPECT_EQ(decode_ready_for_query(payload_of(message, 'Z')), status);
    expect_exact_size(payload_of(message, 'Z'), decode_ready_for_query);
  }
  EXPECT_FALSE(decode_ready_for_query("X"));
}

TEST(NegotiateProtocolVersion, ComesBackAsItWentOut) {
  const std::vector<std::string_view> options = {"_pq_.one", "_pq_.two"};
  std::string message;
  append_negotiate_protocol_version(message, 0, options);
  EXPECT_EQ(message, bytes("v\0\0\0\x1e\0\3\0\0\0\0\0\2_pq_.one\0_pq_.two\0"));
  const auto payload = payload_of(message, 'v');
  EXPECT_EQ(decode_negotiate_protocol_version(payload)->newest, 0x00030000U);
  EXPECT_EQ(decode_negotiate_protocol_version(payload)->unknown_options, options);
  expect_exact_size(payload, decode_negotiate_protocol_version);
  EXPECT_FALSE(
      decode_negotiate_protocol_version(bytes("\0\3\0\0\xff\xff\xff\xff"
                                              "a\0")));
}

TEST(RowDescription, DescribesTextColumns) {
  std::string message;
  append_row_description(message, {"a", "bc"});
  EXPECT_EQ(message, bytes("T\0\0\0\x2f\0\2"
                           "a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"
                           "bc\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"));
}

TEST(DataRow, TellsNullFromEmpty) {
  std::string message;
  append_data_row(message, {"ab", std::nullopt, ""});
  EXPECT_EQ(message, bytes("D\0\0\0\x14\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0"));
  const auto payload = payload_of(message, 'D');
  const std::vector<std::optional<std::string_view>> expected = {"ab", std::nullopt, ""};
  EXPECT_EQ(*decode_data_row(payload), expected);
  expect_exact_size(payload, decode_data_row);
  EXPECT_FALSE(decode_data_row(bytes("\xff\xff\0\0\0\0")));
}

TEST(CommandComplete, CarriesTheCommandTag) {
  std::string message;
  append_command_complete(message, "INSERT 0 1");
  EXPECT_EQ(decode_command_complete(payload_of(message, 'C')), "INSERT 0 1");
  expect_exact_size(payload_of(message, 'C'), decode_command_complete);
}

TEST(ServerMessages, WithoutPayloadAreFiveBytes) {
  std::string messages;
  append_empty_query_response(messages);
  append_parse_complete(messages);
  append_bind_complete(messages);
  append_close_complete(messages);
  append_no_data(messages);
  append_portal_suspended(messages);
  EXPECT_EQ(messages, bytes("I\0\0\0\4"
                            "1\0\0\0\4"
                            "2\0\0\0\4"
                            "3\0\0\0\4"
                            "n\0\0\0\4"
                            "s\0\0\0\4"));
  std::string description;
  append_parameter_description(description);
  EXPECT_EQ(description, bytes("t\0\0\0\6\0\0"));
}

}  // namespace
}  // namespace tidemark::wire
