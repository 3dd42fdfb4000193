#include "wire/client_messages.h"

#include "wire/message_testing.h"

namespace tidemark::wire {
namespace {

TEST(Query, ComesBackAsItWentOut) {
  std::string message;
  append_query(message, "select 1");
  EXPECT_EQ(message, bytes("Q\0\0\0\xdselect 1\0"));
  const auto payload = payload_of(message, 'Q');
  EXPECT_EQ(decode_query(payload)->sql, "select 1");
  expect_exact_size(payload, decode_query);
}

TEST(Query, MistakesAreToldInPostgreSQLsWords) {
  EXPECT_EQ(decode_query("select 1").error().message, "invalid string in message");
  EXPECT_EQ(decode_query(bytes("a\0b")).error().message, "invalid message format");
}

TEST(Query, EndsAtAZeroByteSoThatNothingIsSmuggledBehindIt) {
  std::string message;
  append_query(message, bytes("select 1\0X"));
  EXPECT_EQ(message, bytes("Q\0\0\0\xdselect 1\0"));
}

TEST(Parse, ComesBackAsItWentOut) {
  std::string message;
  append_parse(message, "s1", "select $1", bytes("\0\0\0\x17\0\0\0\x19"));
  const auto payload = payload_of(message, 'P');
  const auto parse = decode_parse(payload);
  ASSERT_TRUE(parse);
  EXPECT_EQ(parse->statement, "s1");
  EXPECT_EQ(parse->query, "select $1");
  EXPECT_EQ(parse->type_count, 2);
  EXPECT_EQ(parse->types, bytes("\0\0\0\x17\0\0\0\x19"));
  expect_exact_size(payload, decode_parse);
}

TEST(Parse, TypesMustBeAsManyAsAnnounced) {
  EXPECT_EQ(decode_parse(bytes("\0q\0\xff\xff\0\0\0\x17")).error().message,
            "insufficient data left in message");
  EXPECT_EQ(decode_parse(bytes("\0q\0\0\0\0\0\0\x17")).error().message, "invalid message format");
}

TEST(Bind, ComesBackAsItWentOut) {
  const std::string rest = bytes("\0\1\0\1\0\2\0\0\0\1v\xff\xff\xff\xff\0\1\0\0");
  std::string message;
  append_bind(message, "p", "s", rest);
  const auto bind = decode_bind(payload_of(message, 'B'));
  ASSERT_TRUE(bind);
  EXPECT_EQ(bind->portal, "p");
  EXPECT_EQ(bind->statement, "s");
  EXPECT_EQ(bind->rest, rest);
}

TEST(Bind, WithoutARestHasNoParameters) {
  std::string message;
  append_bind(message, "", "s");
  EXPECT_EQ(message, bytes("B\0\0\0\xd\0s\0\0\0\0\0\0\0"));
  const auto parameters = decode_bind_parameters(*decode_bind(payload_of(message, 'B')));
  ASSERT_TRUE(parameters);
  EXPECT_TRUE(parameters->empty());
}

TEST(Bind, ParametersAreTextUnlessTheirFormatSaysBinary) {
  const auto decode = [](std::string_view rest) { return decode_bind_parameters({{}, {}, rest}); };
  const std::string each = bytes("\0\2\0\0\0\1\0\2\0\0\0\0\0\0\0\2ab\0\0");
  const auto parameters = decode(each);
  ASSERT_TRUE(parameters);
  ASSERT_EQ(parameters->size(), 2U);
  EXPECT_EQ((*parameters)[0].value, "");
  EXPECT_FALSE((*parameters)[0].binary);
  EXPECT_EQ((*parameters)[1].value, "ab");
  EXPECT_TRUE((*parameters)[1].binary);
  expect_exact_size(each, decode);

  const std::string one_for_all = bytes("\0\1\0\1\0\2\xff\xff\xff\xff\0\0\0\1z\0\0");
  ASSERT_TRUE(decode(one_for_all));
  EXPECT_EQ((*decode(one_for_all))[0].value, std::nullopt);
  EXPECT_TRUE((*decode(one_for_all))[1].binary);
  const std::string none = bytes("\0\0\0\1\0\0\0\1z\0\0");
  ASSERT_TRUE(decode(none));
  EXPECT_FALSE((*decode(none))[0].binary);
}

TEST(Bind, CountsThatLieAreRefused) {
  const auto error_of = [](std::string_view rest) {
    const auto parameters = decode_bind_parameters({{}, {}, rest});
    return parameters ? "none" : parameters.error().message;
  };
  EXPECT_EQ(error_of(bytes("\0\2\0\0\0\0\0\1\0\0\0\0\0\0")),
            "bind message has 2 parameter formats but 1 parameters");
  EXPECT_EQ(error_of(bytes("\0\1\0\2\0\0\0\0")), "unsupported format code: 2");
  EXPECT_EQ(error_of(bytes("\0\0\xff\xff\0\0\0\1a\0\0")), "insufficient data left in message");
  EXPECT_EQ(error_of(bytes("\0\0\0\1\xff\xff\xff\xfe")), "insufficient data left in message");
  EXPECT_EQ(error_of(bytes("\0\0\0\1\x7f\xff\xff\xff")), "insufficient data left in message");
}

TEST(Describe, ComesBackAsItWentOut) {
  std::string message;
  append_describe(message, Target::k_portal, "c");
  const auto payload = payload_of(message, 'D');
  EXPECT_EQ(decode_describe(payload)->target, Target::k_portal);
  EXPECT_EQ(decode_describe(payload)->name, "c");
  expect_exact_size(payload, decode_describe);
  EXPECT_EQ(decode_describe(bytes("X\0")).error().message, "invalid DESCRIBE message subtype 88");
  EXPECT_EQ(decode_describe("").error().message, "no data left in message");
}

TEST(Close, ComesBackAsItWentOut) {
  std::string message;
  append_close(message, Target::k_statement, "s1");
  const auto payload = payload_of(message, 'C');
  EXPECT_EQ(decode_close(payload)->target, Target::k_statement);
  EXPECT_EQ(decode_close(payload)->name, "s1");
  expect_exact_size(payload, decode_close);
  EXPECT_EQ(decode_close(bytes("X\0")).error().message, "invalid CLOSE message subtype 88");
}

TEST(Execute, ComesBackAsItWentOut) {
  std::string message;
  append_execute(message, "c", 100);
  const auto payload = payload_of(message, 'E');
  EXPECT_EQ(decode_execute(payload)->portal, "c");
  EXPECT_EQ(decode_execute(payload)->max_rows, 100);
  EXPECT_EQ(decode_execute(bytes("\0\xff\xff\xff\xff"))->max_rows, -1);
  expect_exact_size(payload, decode_execute);
}

TEST(ClientMessages, WithoutPayloadAreFiveBytes) {
  std::string messages;
  append_sync(messages);
  append_flush(messages);
  append_terminate(messages);
  append_copy_done(messages);
  EXPECT_EQ(messages, bytes("S\0\0\0\4H\0\0\0\4X\0\0\0\4c\0\0\0\4"));
}

TEST(Copy, DataIsCarriedWhole) {
  std::string message;
  append_copy_data(message, bytes("a\0b"));
  EXPECT_EQ(message, bytes("d\0\0\0\7a\0b"));
}

TEST(Copy, FailSaysWhy) {
  std::string message;
  append_copy_fail(message, "client gone");
  EXPECT_EQ(decode_copy_fail(payload_of(message, 'f')), "client gone");
  expect_exact_size(payload_of(message, 'f'), decode_copy_fail);
}

TEST(Password, ComesBackAsItWentOut) {
  std::string message;
  append_password(message, "secret");
  EXPECT_EQ(decode_password(payload_of(message, 'p')), "secret");
  expect_exact_size(payload_of(message, 'p'), decode_password);
}

TEST(SaslInitialResponse, ComesBackAsItWentOut) {
  std::string message;
  append_sasl_initial_response(message, "SCRAM-SHA-256", "n,,n=,r=x");
  const auto payload = payload_of(message, 'p');
  EXPECT_EQ(decode_sasl_initial_response(payload)->mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(decode_sasl_initial_response(payload)->response, "n,,n=,r=x");
  expect_exact_size(payload, decode_sasl_initial_response);
}

TEST(SaslInitialResponse, TellsAbsentFromEmpty) {
  EXPECT_EQ(decode_sasl_initial_response(bytes("M\0\xff\xff\xff\xff"))->response, std::nullopt);
  EXPECT_EQ(decode_sasl_initial_response(bytes("M\0\0\0\0\0"))->response, "");
}

TEST(SaslResponse, IsItsPayload) {
  std::string message;
  append_sasl_response(message, "c=biws");
  EXPECT_EQ(payload_of(message, 'p'), "c=biws");
}

}  // namespace
}  // namespace tidemark::wire
