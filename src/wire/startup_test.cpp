#include "wire/startup.h"

#include "wire/message_testing.h"

namespace tidemark::wire {
namespace {

StartupPacket peek_whole(const std::string& packet) {
  const auto peeked = peek_startup(packet);
  EXPECT_TRUE(peeked && *peeked);
  if (!peeked || !*peeked) return {};
  EXPECT_EQ((*peeked)->size, packet.size());
  return **peeked;
}

std::string startup_with(std::string_view parameters) {
  std::string packet = bytes("\0\0\0\0\0\3\0\0").append(parameters);
  packet[3] = static_cast<char>(packet.size());
  return packet;
}

TEST(Startup, MessageKeepsItsVersionAndParametersInOrder) {
  std::string packet;
  append_startup(packet, 2, {{"user", "alice"}, {"options", "-c a=1"}, {"user", "bob"}});
  const auto startup = std::get<StartupMessage>(peek_whole(packet).body);
  EXPECT_EQ(startup.major, 3);
  EXPECT_EQ(startup.minor, 2);
  const Parameters expected = {{"user", "alice"}, {"options", "-c a=1"}, {"user", "bob"}};
  EXPECT_EQ(startup.parameters, expected);
  EXPECT_EQ(startup.find("user"), "bob");
  EXPECT_EQ(startup.find("database"), std::nullopt);
}

TEST(Startup, MessageIsReadAsLibpqWritesIt) {
  const std::string packet = bytes("\0\0\0\x25\0\3\0\0user\0postgres\0database\0shop\0\0");
  const auto startup = std::get<StartupMessage>(peek_whole(packet).body);
  EXPECT_EQ(startup.find("user"), "postgres");
  EXPECT_EQ(startup.find("database"), "shop");
}

TEST(Startup, NeedsMoreBytesUntilThePacketIsWhole) {
  std::string packet;
  append_startup(packet, 0, {{"user", "alice"}});
  for (std::size_t size = 0; size < packet.size(); ++size) {
    const std::string cut = packet.substr(0, size);
    const auto peeked = peek_startup(cut);
    ASSERT_TRUE(peeked) << size;
    EXPECT_FALSE(*peeked) << size;
  }
  EXPECT_TRUE(*peek_startup(packet + "more"));
}

TEST(Startup, RequestsForEncryptionAreTheCodesOfTheManual) {
  std::string ssl;
  append_ssl_request(ssl);
  EXPECT_EQ(ssl, bytes("\0\0\0\x8\x04\xd2\x16\x2f"));
  EXPECT_TRUE(std::holds_alternative<SslRequest>(peek_whole(ssl).body));
  std::string gssenc;
  append_gssenc_request(gssenc);
  EXPECT_EQ(gssenc, bytes("\0\0\0\x8\x04\xd2\x16\x30"));
  EXPECT_TRUE(std::holds_alternative<GssEncRequest>(peek_whole(gssenc).body));
}

TEST(Startup, CancelRequestCarriesAKeyOfAnyAllowedLength) {
  for (const std::size_t size : {k_min_cancel_key, std::size_t{32}, k_max_cancel_key}) {
    const std::string key(size, '\xfe');
    std::string packet;
    append_cancel_request(packet, 0x01020304, key);
    const auto request = std::get<CancelRequest>(peek_whole(packet).body);
    EXPECT_EQ(request.pid, 0x01020304U);
    EXPECT_EQ(request.key, key);
  }
  EXPECT_FALSE(peek_startup(bytes("\0\0\0\xf\x04\xd2\x16\x2e\1\2\3\4abc")));
  EXPECT_FALSE(peek_startup(bytes("\0\0\0\xa\x04\xd2\x16\x2e\1\2")));
  EXPECT_FALSE(peek_startup(bytes("\0\0\1\x0d\x04\xd2\x16\x2e\1\2\3\4") + std::string(257, 'k')));
}

TEST(Startup, LengthOutOfBoundsIsRefusedAtOnce) {
  for (const std::string& prefix :
       {bytes("\0\0\0\7"), bytes("\0\0\0\0"), bytes("\0\0\x27\x15"), bytes("\x16\3\1\0"),
        std::string("GET "), bytes("\xff\xff\xff\xff")}) {
    const auto peeked = peek_startup(prefix);
    ASSERT_FALSE(peeked);
    EXPECT_EQ(peeked.error().message, "invalid length of startup packet");
  }
  EXPECT_TRUE(peek_startup(bytes("\0\0\x27\x14")));
}

TEST(Startup, ParametersEndWithTheirTerminatorAndNothingElse) {
  EXPECT_TRUE(peek_startup(startup_with(bytes("\0"))));
  EXPECT_TRUE(peek_startup(startup_with(bytes("user\0\0\0"))));
  for (const std::string& parameters :
       {bytes(""), bytes("user"), bytes("user\0"), bytes("user\0a"), bytes("user\0a\0"),
        bytes("user\0\0"), bytes("user\0a\0\0x"), bytes("\0\0")}) {
    const auto peeked = peek_startup(startup_with(parameters));
    ASSERT_FALSE(peeked);
    EXPECT_EQ(peeked.error().message,
              "invalid startup packet layout: expected terminator as last byte");
  }
}

TEST(Startup, OtherMajorVersionsAreRefusedInPostgreSQLsWords) {
  const auto old = std::get<StartupMessage>(peek_whole(bytes("\0\0\0\x9\0\2\0\0x")).body);
  EXPECT_EQ(check_version(old).error().message,
            "unsupported frontend protocol 2.0: server supports 3.0 to 3.2");
  EXPECT_TRUE(check_version({3, 9999, {}}));
}

TEST(Options, AreTakenApartAsTheBackendDoes) {
  const Parameters expected = {
      {"geqo", "off"}, {"work_mem", "4MB"}, {"tidemark.level", "strong"}, {"a", "b=c"}, {"d", ""}};
  const auto options =
      parse_options(" -c geqo=off  -cwork-mem=4MB\t--tidemark.level=strong -c a=b=c --d= ");
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(*options, expected);
  EXPECT_EQ(*parse_options(""), Parameters());
}

TEST(Options, BackslashKeepsTheNextByte) {
  const auto options = parse_options("-c search_path=a,\\ b --x=c\\\\d --y=e\\");
  const Parameters expected = {{"search_path", "a, b"}, {"x", "c\\d"}, {"y", "e"}};
  ASSERT_TRUE(options);
  EXPECT_EQ(*options, expected);
}

TEST(Options, WithoutAValueOrOfAnotherKindAreRefused) {
  EXPECT_EQ(parse_options("-c geqo").error().message, "-c geqo requires a value");
  EXPECT_EQ(parse_options("--geqo").error().message, "--geqo requires a value");
  EXPECT_FALSE(parse_options("-c"));
  EXPECT_EQ(parse_options("-S 1000").error().message,
            "invalid command-line argument for server process: -S");
}

}  // namespace
}  // namespace tidemark::wire
