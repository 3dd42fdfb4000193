// For tests: texts of the same shape with other constants in them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/random.h"
#include "sql/shape.h"

namespace tidemark::sql {

inline std::string other_string(Random& random) {
  static constexpr std::array<std::string_view, 16> k_parts = {
      "''", "--",     "/*",      "*/",   "$$",  ";",  "\"",        "\n",
      "$1", "SELECT", "pg_temp", "true", "e''", "U&", " \xC3\xA4", "tidemark.level=strong "};
  std::string text = "'";
  for (auto left = random.below(4); left > 0; --left) text += k_parts[random.below(k_parts.size())];
  return text + "'";
}

inline std::string other_digits(Random& random, std::uint64_t most) {
  std::string digits(random.below(3), '0');
  return digits + std::to_string(random.below(2) == 0 ? random.below(10) : random.below(most));
}

inline std::string other_literal(ShapeScanner::LiteralKind kind, Random& random) {
  using enum ShapeScanner::LiteralKind;
  if (kind == k_string) return other_string(random);
  if (kind == k_integer) return other_digits(random, 0x8000'0000);
  if (random.below(2) == 0) return "9" + std::to_string(2147483648 + random.below(1'000'000));
  return other_digits(random, 1'000'000) + "." + other_digits(random, 1'000'000);
}

// REQUIRES: the scanner has scanned the text.
inline std::string with_other_literals(std::string_view text, const ShapeScanner& scanner,
                                       Random& random) {
  std::string result;
  std::size_t done = 0;
  for (const ShapeScanner::Literal& literal : scanner.literals()) {
    result += text.substr(done, literal.at - done);
    result += other_literal(literal.kind, random);
    done = literal.at + literal.size;
  }
  return result + std::string(text.substr(done));
}

}  // namespace tidemark::sql
