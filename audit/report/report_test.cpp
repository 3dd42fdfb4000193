// Whole reports of one made-up run, held against golden/. TIDEMARK_GOLDEN=update writes them anew.
#include "audit/report/report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <simdjson.h>

#include "audit/report/example_history.h"
#include "audit/report/page_of_text.h"

namespace tidemark::audit {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = TIDEMARK_AUDIT_GOLDEN_FOLDER "/" + name;
  const char* mode = std::getenv("TIDEMARK_GOLDEN");
  if (mode != nullptr && mode == std::string_view("update")) std::ofstream(path) << text;
  EXPECT_EQ(text, contents(path)) << path;
}

TEST(TextReport, IsAsItAlwaysWas) {
  expect_golden("report.txt", text_report(example().report(), false));
}

TEST(TextReport, FitsIntoItsColumns) {
  Example made = example();
  made.history.title = std::string(90, 'x') + " " + std::string(90, 'y');
  made.history.endpoints[0] = "host=" + std::string(60, 'h');
  made.verdict(Guarantee::k_causal).violations = 123'456'789;
  made.verdict(Guarantee::k_causal).chances = 999'999'999;
  made.findings.staleness.push_back({Duration{0}, std::chrono::hours(99), 1'000'000'000});
  std::istringstream lines(text_report(made.report(), false));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(columns(line), k_columns) << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
  }
}

TEST(TextReport, HasColourOnlyWhereAskedAndOtherwiseTheSameWords) {
  const Example made = example();
  const std::string plain = text_report(made.report(), false);
  std::string coloured = text_report(made.report(), true);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  ASSERT_NE(coloured.find("\x1b[1;31mVIOLATED once"), std::string::npos);
  for (std::size_t at; (at = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  }
  EXPECT_EQ(coloured, plain);
}

TEST(TextReport, OfACleanRunSaysThatWhatWasAskedForHeld) {
  Example made = example();
  for (Verdict& verdict : made.findings.verdicts) {
    verdict.violations = 0;
    verdict.examples.clear();
  }
  made.verdict(Guarantee::k_monotonic_writes).chances = 0;
  const std::string text = text_report(made.report(), false);
  EXPECT_NE(text.find("What was asked for held: session"), std::string::npos) << text;
  EXPECT_NE(text.find("not exercised: monotonic writes"), std::string::npos) << text;
  EXPECT_EQ(text.find("VIOLATED"), std::string::npos) << text;
  EXPECT_EQ(text.find("Counterexamples"), std::string::npos) << text;
}

TEST(TextReport, OfNothingAtAllIsWrittenAllTheSame) {
  const History history;
  const Findings findings;
  const std::string text = text_report({&history, &findings, {}, "", ""}, false);
  EXPECT_NE(text.find("none, not even eventual"), std::string::npos) << text;
}

TEST(JsonReport, IsAsItAlwaysWas) { expect_golden("report.json", json_report(example().report())); }

TEST(JsonReport, IsValidWhateverTheErrorsSay) {
  Example made = example();
  made.history.operations[9].error = "XX000 \"\\\n\t\x01 \xff\xc3( <script> gr\xc3\xbc\xc3\x9f";
  simdjson::dom::parser parser;
  const simdjson::padded_string text(json_report(made.report()));
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS);
  for (const auto error : root["errors"].get_array()) {
    if (error["sqlstate"].get_string().value() != "XX000") continue;
    EXPECT_EQ(error["example"].get_string().value(),
              "\"\\\n\t\x01 \xef\xbf\xbd\xef\xbf\xbd( <script> gr\xc3\xbc\xc3\x9f");
    return;
  }
  FAIL() << "the error is not in the report";
}

}  // namespace
}  // namespace tidemark::audit
