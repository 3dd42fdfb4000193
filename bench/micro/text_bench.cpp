// What texts cost: a token, a statement that has been seen before, and one that has not.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "session/token.h"
#include "sql/classify.h"
#include "sql/example_catalogue.h"
#include "sql/statement_cache.h"

namespace tidemark::bench {
namespace {

constexpr std::string_view k_key = "a key of 16 bytes or more";
constexpr session::Token k_token{.system_identifier = 7'301'234'567'890'123'456,
                                 .timeline = 3,
                                 .writes = {0x1'6B37'4D84},
                                 .reads = {0x1'6B37'5000},
                                 .shown = true};

void token_encode(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(session::encode(k_token, k_key));
}

void token_decode(benchmark::State& state) {
  const std::string text = session::encode(k_token, k_key);
  for (auto _ : state) benchmark::DoNotOptimize(session::decode(text, k_key));
}

BENCHMARK(token_encode);
BENCHMARK(token_decode);

constexpr std::string_view k_statement =
    "SELECT i.id, i.stock FROM shop.item i JOIN t ON t.id = i.id WHERE i.id = $1 ORDER BY 2";

// One of a thousand that the cache holds.
void statement_seen_before(benchmark::State& state) {
  sql::StatementCache cache;
  const auto catalogue = sql::example_catalogue();
  std::vector<std::string> texts;
  for (int number = 0; number < 1000; ++number) {
    texts.push_back(std::string(k_statement) + " -- " + std::to_string(number));
  }
  for (const std::string& text : texts) cache.find_or_classify(text, catalogue);
  for (std::size_t turn = 0; auto _ : state) {
    const std::string& text = texts[++turn % texts.size()];
    benchmark::DoNotOptimize(cache.find_or_classify(text, catalogue));
  }
  CHECK(cache.misses() == texts.size());
}

// One with another value in it each time.
void statement_of_a_known_shape(benchmark::State& state) {
  sql::StatementCache cache;
  const auto catalogue = sql::example_catalogue();
  std::vector<std::string> texts;
  for (int number = 0; number < 1000; ++number) {
    texts.push_back("SELECT a FROM t WHERE b = " + std::to_string(number * 77));
  }
  for (std::size_t turn = 0; auto _ : state) {
    const std::string& text = texts[++turn % texts.size()];
    benchmark::DoNotOptimize(cache.find_or_classify(text, catalogue));
  }
  CHECK(cache.misses() == 1);
}

void statement_new(benchmark::State& state) {
  const auto catalogue = sql::example_catalogue();
  for (auto _ : state) benchmark::DoNotOptimize(sql::classify(k_statement, *catalogue));
}

BENCHMARK(statement_seen_before);
BENCHMARK(statement_of_a_known_shape);
BENCHMARK(statement_new);

}  // namespace
}  // namespace tidemark::bench
