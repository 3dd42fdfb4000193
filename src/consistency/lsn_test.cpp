#include "consistency/lsn.h"

#include <gtest/gtest.h>

namespace tidemark::consistency {
namespace {

constexpr std::uint64_t k_block = 8192;
constexpr std::uint64_t k_segment = 16 << 20;

Lsn rounded(std::uint64_t value) { return round_down_off_page_header({value}, k_block, k_segment); }

TEST(Lsn, ReadsWhatPostgresPrints) {
  EXPECT_EQ(parse_lsn("16/B374D848")->value, 0x16B374D848u);
  EXPECT_EQ(parse_lsn("0/0")->value, 0u);
  EXPECT_EQ(parse_lsn("FFFFFFFF/ffffffff")->value, ~std::uint64_t{0});
}

TEST(Lsn, RefusesAnythingElse) {
  for (const char* text : {"", "/", "16", "16/", "/16", "1/2/3", "G/0", "0/123456789", " 0/1",
                           "0/1 ", "+1/2", "0x1/2", "-1/0"}) {
    const auto lsn = parse_lsn(text);
    ASSERT_FALSE(lsn) << text;
    EXPECT_EQ(lsn.error().message,
              std::string("invalid input syntax for type pg_lsn: \"") + text + "\"");
  }
}

TEST(Lsn, FormattingIsTheInverseOfReading) {
  for (const std::uint64_t value :
       {0x0ul, 0x1ul, 0xFFFFFFFFul, 0x100000000ul, 0x16B374D848ul, ~0ul}) {
    EXPECT_EQ(parse_lsn(format_lsn({value}))->value, value);
  }
  EXPECT_EQ(format_lsn({0x16B374D848}), "16/B374D848");
}

TEST(Lsn, P6ThePositionBehindAnEmptyPagesHeaderIsThePagesStart) {
  EXPECT_EQ(rounded(3 * k_block + 24).value, 3 * k_block);
  EXPECT_EQ(rounded(2 * k_segment + 40).value, 2 * k_segment);
}

TEST(Lsn, P6EveryOtherPositionStays) {
  for (const std::uint64_t value :
       {3 * k_block, 3 * k_block + 23, 3 * k_block + 25, 3 * k_block + 40, 2 * k_segment,
        2 * k_segment + 24, 2 * k_segment + 41}) {
    EXPECT_EQ(rounded(value).value, value);
  }
}

}  // namespace
}  // namespace tidemark::consistency
