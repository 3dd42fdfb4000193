#include "session/token.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/random.h"
#include "wire/crypto.h"

namespace tidemark::session {
namespace {

constexpr std::string_view k_key = "a key of 16 bytes or more";
constexpr Token k_example{.system_identifier = 7'301'234'567'890'123'456,
                          .timeline = 3,
                          .writes = {0x1'6B37'4D84},
                          .reads = {0x1'6B37'5000},
                          .shown = true};

std::string why(std::string_view text, std::string_view key = k_key) {
  const auto token = decode(text, key);
  if (token) return "accepted";
  EXPECT_EQ(token.error().sqlstate, "22023");
  EXPECT_NE(token.error().hint, "");
  constexpr std::string_view k_start = "invalid value for parameter \"tidemark.token\": ";
  EXPECT_TRUE(token.error().message.starts_with(k_start));
  return token.error().message.substr(k_start.size());
}

constexpr auto k_cut_short = "the token is cut short";
constexpr auto k_too_long = "the token goes on beyond its end";
constexpr auto k_changed = "the token was changed, or was made with another key";
constexpr auto k_no_token = "this is no token";

// As encode() would seal another body.
std::string sealed(const std::string& body) {
  const std::string sized = static_cast<char>(body.size()) + body;
  std::string text =
      wire::to_base64(sized + wire::hmac_sha256(k_key, "tm1_" + sized).substr(0, 16));
  while (text.ends_with('=')) text.pop_back();
  for (char& digit : text) digit = digit == '+' ? '-' : digit == '/' ? '_' : digit;
  return "tm1_" + text;
}

TEST(Token, ComesBackAsItWas) {
  Random random(1);
  for (int round = 0; round < 10'000; ++round) {
    const auto number = [&] { return random.next() >> random.below(64); };
    const Token token{.system_identifier = number(),
                      .timeline = static_cast<consistency::Timeline>(number() >> 32 | 1),
                      .writes = {number()},
                      .reads = {number()},
                      .shown = random.chance(0.5)};
    ASSERT_EQ(decode(encode(token, k_key), k_key), token);
  }
  EXPECT_EQ(decode(encode({}, k_key), k_key), Token{});
}

TEST(Token, IsShortAndFitForAnyPlace) {
  constexpr auto k_most = std::numeric_limits<std::uint64_t>::max();
  const std::string longest = encode({k_most, ~0u, {k_most}, {k_most}, true}, k_key);
  EXPECT_LT(longest.size(), k_max_token_size);
  EXPECT_LE(encode(k_example, k_key).size(), 60u);
  EXPECT_EQ(longest.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
            std::string::npos);
}

// What gateways of this version understand, other ones must go on making.
TEST(Token, HasAFormatThatStays) {
  EXPECT_EQ(encode(k_example, k_key), "tm1_FQHAuuToJzJTZQEDhJvd2RaAoN3ZFmWeN8O15sh3aoq3mfyWkZU");
}

TEST(Token, OfAnotherSystemIsForTheCallerToJudge) {
  Token foreign = k_example;
  foreign.system_identifier ^= 1;
  EXPECT_EQ(decode(encode(foreign, k_key), k_key), foreign);
}

TEST(Token, RefusesEverySingleChangedBit) {
  const std::string token = encode(k_example, k_key);
  std::set<std::string> reasons;
  for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
    std::string changed = token;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    const std::string reason = why(changed);
    EXPECT_NE(reason, "accepted") << "bit " << bit;
    reasons.insert(reason.substr(0, 23));
  }
  EXPECT_TRUE(reasons.contains(std::string(k_changed).substr(0, 23)));
}

// In the last digit, too, which has bits to spare.
TEST(Token, RefusesEverySingleChangedCharacter) {
  const std::string token = encode(k_example, k_key);
  for (std::size_t index = 0; index < token.size(); ++index) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = token;
      changed[index] = static_cast<char>(value);
      EXPECT_EQ(why(changed) == "accepted", changed == token) << index << ": " << value;
    }
  }
}

TEST(Token, SaysOfEveryTruncationThatItIsOne) {
  for (std::uint64_t extra = 0; extra < 3; ++extra) {  // every remainder of digits by 4
    Token token = k_example;
    token.reads.value <<= 7 * extra;
    const std::string text = encode(token, k_key);
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(why(text.substr(0, size)), k_cut_short) << size;
    }
  }
}

TEST(Token, SaysOfEveryExtensionThatItIsOne) {
  for (std::uint64_t extra = 0; extra < 3; ++extra) {
    Token token = k_example;
    token.reads.value <<= 7 * extra;
    const std::string text = encode(token, k_key);
    for (const std::string_view more : {"A", "AA", "AAA", "AAAA", "_", "abcdefgh"}) {
      EXPECT_EQ(why(text + std::string(more)), k_too_long) << more;
    }
    EXPECT_EQ(why(text + text), k_too_long);
  }
}

TEST(Token, OfAnotherKeyIsRefused) {
  EXPECT_EQ(why(encode(k_example, "the key of another gateway"), k_key), k_changed);
  EXPECT_EQ(why(encode(k_example, k_key), "the key of another gateway"), k_changed);
}

TEST(Token, OfAnotherVersionSaysWhichItIs) {
  std::string token = encode(k_example, k_key);
  token[2] = '2';
  EXPECT_EQ(why(token), "the token is of version 2, and this gateway knows version 1 only");
  EXPECT_EQ(why("tm17_"), "the token is of version 17, and this gateway knows version 1 only");
  token[2] = '0';
  EXPECT_EQ(why(token), k_no_token);
  EXPECT_EQ(why("tm_"), k_no_token);
  EXPECT_EQ(why("tm12345_"), k_no_token);
}

TEST(Token, WhatIsNoneIsRefusedAsSuch) {
  const std::string token = encode(k_example, k_key);
  EXPECT_EQ(why("user:42"), k_no_token);
  EXPECT_EQ(why(" " + token), k_no_token);
  EXPECT_EQ(why(token + "\n"), k_no_token);
  EXPECT_EQ(why(token + "="), k_no_token);
  EXPECT_EQ(why("tm1_" + std::string(40, '+')), k_no_token);
  EXPECT_EQ(why(""), k_cut_short);
}

TEST(Token, AboutSeveralOriginsIsRefusedByAGatewayOfOne) {
  const std::string origins(24, '\1');
  EXPECT_EQ(why(sealed('\2' + origins)), "the token is about 2 origins, and not about one");
  EXPECT_EQ(why(sealed(std::string(1, '\0'))), "the token is about 0 origins, and not about one");
}

TEST(Token, ThatIsGenuineAndMakesNoSenseIsRefused) {
  const std::string reason =
      "the token makes no sense, although it was made with this gateway's key";
  const std::string start = '\1' + std::string(8, 'x');
  const std::string lsn(1, '\5');
  ASSERT_EQ(why(sealed(start + '\1' + '\1' + lsn + lsn)), "accepted");
  EXPECT_EQ(why(sealed("")), reason);
  EXPECT_EQ(why(sealed(start + '\2' + '\1' + lsn + lsn)), reason) << "neither shown nor not";
  EXPECT_EQ(why(sealed(start + '\1' + '\1' + lsn)), reason) << "nothing read";
  EXPECT_EQ(why(sealed(start + '\1' + '\1' + lsn + lsn + lsn)), reason) << "something left over";
  EXPECT_EQ(why(sealed(start + '\1' + std::string(1, '\0') + lsn + lsn)), reason) << "no timeline";
  const std::string too_large = std::string(9, '\xff') + '\2';
  EXPECT_EQ(why(sealed(start + '\1' + '\1' + lsn + too_large)), reason) << "more than 64 bits";
  const std::string endless(10, '\xff');
  EXPECT_EQ(why(sealed(start + '\1' + '\1' + endless + lsn)), reason);
  const std::string timeline = std::string(4, '\xff') + '\x1f';
  EXPECT_EQ(why(sealed(start + '\1' + timeline + lsn + lsn)), reason) << "more than 32 bits";
}

}  // namespace
}  // namespace tidemark::session
