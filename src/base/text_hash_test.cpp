#include "base/text_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <string>
#include <unordered_set>

#include "base/random.h"

namespace tidemark {
namespace {

std::string random_text(Random& random, std::size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(' ' + random.below(90));
  return text;
}

TEST(TextHash, IsOfTheTextAloneWhereverItLies) {
  Random random(1);
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string text = random_text(random, size);
    for (std::size_t before = 0; before < 9; ++before) {
      const std::string around = random_text(random, before) + text + random_text(random, 9);
      EXPECT_EQ(TextHash()(std::string_view(around).substr(before, size)), TextHash()(text));
    }
  }
}

TEST(TextHash, DependsOnEveryBitAndOnTheSize) {
  Random random(2);
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string text = random_text(random, size);
    EXPECT_NE(TextHash()(text + '\0'), TextHash()(text)) << size;
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      std::string other = text;
      other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
      EXPECT_NE(TextHash()(other), TextHash()(text)) << size << " " << bit;
    }
  }
}

TEST(TextHash, SpreadsTextsThatAreAlmostTheSame) {
  constexpr std::size_t k_texts = 20'000;
  std::unordered_set<std::size_t> hashes;
  std::array<std::size_t, 64> ones{};
  for (std::size_t i = 0; i < k_texts; ++i) {
    const std::size_t hash = TextHash()("SELECT a FROM t" + std::to_string(i) + " WHERE b = \x01");
    hashes.insert(hash);
    for (std::size_t bit = 0; bit < ones.size(); ++bit) ones[bit] += hash >> bit & 1;
  }
  EXPECT_EQ(hashes.size(), k_texts);
  for (const std::size_t count : ones) {
    EXPECT_NEAR(static_cast<double>(count), k_texts / 2.0, k_texts * 0.03);
  }
}

}  // namespace
}  // namespace tidemark
