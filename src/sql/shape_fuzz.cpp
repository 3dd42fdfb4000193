// Whatever bytes are judged by their shape: with other constants they are judged alike.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "sql/classify.h"
#include "sql/example_catalogue.h"
#include "sql/other_literals.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tidemark::sql::classify;
  static const auto catalogue = tidemark::sql::example_catalogue();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tidemark::sql::ShapeScanner scanner;
  if (!scanner.scan(text)) return 0;
  const auto judged = classify(text, scanner, *catalogue);
  if (!judged.by_shape) return 0;
  CHECK(*judged.statement == *classify(text, *catalogue));
  tidemark::Random random(size);
  for (int turn = 0; turn < 4; ++turn) {
    const std::string other = tidemark::sql::with_other_literals(text, scanner, random);
    tidemark::sql::ShapeScanner of_other;
    if (!of_other.scan(other) || of_other.key() != scanner.key()) continue;
    CHECK(*classify(other, *catalogue) == *judged.statement);
  }
  return 0;
}
