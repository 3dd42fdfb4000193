// The page as text; what it looks like in a browser is tests/test_audit_page.py's business.
#include <gtest/gtest.h>

#include <simdjson.h>

#include "audit/report/example_history.h"
#include "audit/report/html.h"
#include "audit/report/plot_data.h"

namespace tidemark::audit {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(HtmlReport, SaysWhatTheTextSays) {
  const std::string page = html_report(example().report());
  EXPECT_TRUE(contains(page, "✗ session was violated"));
  EXPECT_TRUE(contains(page, "<strong>monotonic_reads</strong>"));
  EXPECT_TRUE(contains(page, "✗ violated once"));
  EXPECT_TRUE(contains(page, "✗ violated 2 times"));
  EXPECT_TRUE(contains(page, "– not exercised"));
  EXPECT_TRUE(contains(page, "So its own version 1, acknowledged 6.0 ms before, was missing."));
  EXPECT_TRUE(contains(page, "<code>57P01</code>"));
  EXPECT_TRUE(contains(page, "replay paused on standby 1"));
  EXPECT_TRUE(contains(page, "permission denied to use replication slots"));
  EXPECT_TRUE(contains(page, "tidemark audit &#39;port=6432&#39; --level session"));
}

TEST(HtmlReport, CarriesTheLicenceOfWhatDrawsItsPlots) {
  const std::string page = html_report(example().report());
  EXPECT_TRUE(contains(page, "The MIT License (MIT)"));
  EXPECT_TRUE(contains(page, "Leon Sorokin"));
}

TEST(HtmlReport, ShowsTextsAndNeverRunsThem) {
  Example made = example();
  constexpr std::string_view k_evil = "</script><script>alert(1)</script><img src=x onerror=a()>";
  made.history.title = k_evil;
  made.history.endpoints[0] = k_evil;
  made.history.nodes[1] = k_evil;
  made.history.events[0].what = k_evil;
  made.history.no_commits = k_evil;
  made.history.operations[9].error = "XX000 " + std::string(k_evil);
  made.verdict(Guarantee::k_read_your_writes).examples[0].steps[0].what = k_evil;
  Report report = made.report();
  report.command = k_evil;
  report.date = k_evil;
  const std::string page = html_report(report);
  EXPECT_FALSE(contains(page, "<script>alert"));
  EXPECT_FALSE(contains(page, "<img"));
  EXPECT_TRUE(contains(page, "&lt;img src=x onerror=a()&gt;"));
}

TEST(HtmlReport, IsSmallHoweverLongTheRun) {
  Example made = example();
  const std::size_t few = html_report(made.report()).size();
  for (int read = 0; read < 100'000; ++read) {
    made.add_read(read, microseconds(900 + read % 777), 2, 1);
    made.findings.staleness.push_back({milliseconds(read), milliseconds(read % 97), 1});
    made.verdict(Guarantee::k_causal).times.push_back(milliseconds(read));
  }
  EXPECT_LT(html_report(made.report()).size(), few + 30'000);
}

TEST(HtmlReport, OfNothingAtAllIsWrittenAllTheSame) {
  const History history;
  const Findings findings;
  const std::string page = html_report({&history, &findings, {}, "", ""});
  EXPECT_TRUE(contains(page, "none, not even eventual"));
  EXPECT_TRUE(contains(page, "Nothing was read"));
}

TEST(PlotData, HasOnePointForEachBucketAndNoneWhereNothingHappened) {
  const Example made = example();
  simdjson::dom::parser parser;
  const simdjson::padded_string text(plot_data(made.history, made.findings));
  const simdjson::dom::element root = parser.parse(text);
  EXPECT_EQ(root["step"].get_double().value(), 0.01);
  EXPECT_EQ(root["buckets"].get_uint64().value(), 200U);
  for (const char* series : {"staleness", "reads", "writes"}) {
    for (const char* line : {"p50", "p99", "max"}) {
      EXPECT_EQ(root[series][line].get_array().size(), 200U);
    }
  }
  EXPECT_EQ(root["reads"]["max"].at(1).get_double().value(), 0.9);
  EXPECT_TRUE(root["reads"]["max"].at(0).is_null());
  EXPECT_EQ(root["served"]["standby"].at(1).get_double().value(), 100.0);
  ASSERT_EQ(root["violations"].get_array().size(), 2U);
  EXPECT_EQ(root["violations"].at(1)["counts"].at(30).get_uint64().value(), 1U);
  EXPECT_EQ(root["curves"].get_array().size(), 6U);
  EXPECT_EQ(root["events"].at(0)["at"].get_double().value(), 1.0);
}

TEST(Html, TablesAlignNumbersAndEscapeNothingTwice) {
  EXPECT_EQ(html::table({"name", "#count"}, {{"<b>a</b>", "1"}}),
            "<div class=scroll><table><thead><tr><th scope=col>name</th>"
            "<th scope=col class=number>count</th></tr></thead>\n<tbody><tr><td><b>a</b></td>"
            "<td class=number>1</td></tr>\n</tbody></table></div>");
  EXPECT_EQ(html::section("x", "X", ""), "");
  EXPECT_EQ(html::list({"a&b"}), "<ul><li>a&amp;b</li>\n</ul>");
}

}  // namespace
}  // namespace tidemark::audit
