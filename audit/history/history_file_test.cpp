#include "audit/history/history_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace tidemark::audit {
namespace {

std::string saved(const History& history) {
  std::ostringstream out;
  save_history(history, out);
  return out.str();
}

Result<History> loaded(const std::string& text) {
  std::istringstream in(text);
  return load_history(in);
}

std::string error_of(const std::string& text) {
  const auto history = loaded(text);
  return history ? "" : history.error().message;
}

// Every field with a value of its own.
History full() {
  History history;
  history.title = "a \"quoted\" title\nwith Ümläuts and a \\";
  history.rows = {{RowKind::k_counter, 7}, {RowKind::k_list, 4294967295}, {RowKind::k_register, 0}};
  history.endpoints = {"host=a", "host=b"};
  history.nodes = {"", "s1"};
  Operation write{.kind = OperationKind::k_write,
                  .protocol = Protocol::k_pipelined,
                  .outcome = Outcome::k_maybe,
                  .served_by = ServedBy::k_primary,
                  .session = 65535,
                  .endpoint = 1,
                  .node = 1,
                  .connection = 4294967295,
                  .message = 5,
                  .started = Duration(123456789012345),
                  .ended = Duration(223456789012345),
                  .xid = ~std::uint64_t{0},
                  .loss_declared = true,
                  .seen = {{0, 1, 2}, {1, 3, 4}},
                  .puts = {{0, k_unknown_version, 9}, {1, k_unknown_version - 1, 10}},
                  .lists = {{1, {4, 5}}, {2, {}}},
                  .error = "57P01 terminating"};
  history.operations = {write, Operation{}};
  history.commits = {{1, 2, {{0, 3, 4}}}, {5, 6, {}}};
  history.no_commits = "no slot";
  history.last = {{0, 1, 2}, {1, 0, 0}};
  history.last_lists = {{1, {7}}, {1, {}}};
  history.events = {{Duration(5), "paused"}};
  return history;
}

TEST(HistoryFile, EveryFieldComesBack) {
  const auto back = loaded(saved(full()));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_TRUE(*back == full());
}

TEST(HistoryFile, AnEmptyHistoryComesBack) {
  const auto back = loaded(saved({}));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_TRUE(*back == History{});
}

TEST(HistoryFile, BytesThatAreNoTextDoNotSpoilTheFile) {
  History history;
  history.title = "bad \xff byte";
  const auto back = loaded(saved(history));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->title, "bad ? byte");
}

TEST(HistoryFile, EveryCutIsNoticed) {
  const std::string whole = saved(full());
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    EXPECT_NE(error_of(whole.substr(0, length)), "") << length;
  }
}

TEST(HistoryFile, AMissingLineIsNoticed) {
  std::string text = saved(full());
  const auto begin = text.find("{\"event\"");
  text.erase(begin, text.find('\n', begin) + 1 - begin);
  EXPECT_EQ(error_of(text), "line 18: lines are missing or too many: this should be line 19");
}

TEST(HistoryFile, ErrorsNameTheLineAndTheField) {
  const std::string head = R"({"format":"tidemark-audit-history","version":1,"title":""})"
                           "\n";
  EXPECT_EQ(error_of(""), "line 1: the history is cut short");
  EXPECT_EQ(error_of("hello\n"), "line 1: this is no JSON object");
  EXPECT_EQ(error_of("{}\n"),
            "line 1: this is no history: \"format\" must be \"tidemark-audit-history\"");
  EXPECT_EQ(error_of(R"({"format":"tidemark-audit-history","version":2,"title":""})"),
            "line 1: its version is 2, and only version 1 can be read");
  EXPECT_EQ(error_of(head), "line 2: the history is cut short");
  EXPECT_EQ(error_of(head + "[1]\n"), "line 2: this is no JSON object");
  EXPECT_EQ(error_of(head + "{}\n"), "line 2: this is an empty object");
  EXPECT_EQ(error_of(head + "{\"colour\":1}\n"), "line 2: a line cannot begin with \"colour\"");
  EXPECT_EQ(error_of(head + R"({"row":"heap","key":1})"), "line 2: \"row\" cannot be \"heap\"");
  EXPECT_EQ(error_of(head + R"({"row":"list"})"), "line 2: \"key\" is missing");
  EXPECT_EQ(error_of(head + R"({"row":"list","key":4294967296})"),
            "line 2: \"key\" cannot be 4294967296");
  EXPECT_EQ(error_of(head + R"({"operation":"read","session":1,"start":1,"end":2,"see":[]})"),
            "line 2: \"see\" does not belong here");
  EXPECT_EQ(error_of(head + R"({"operation":"read","session":1,"start":-1,"end":2})"),
            "line 2: \"start\" cannot be -1");
  EXPECT_EQ(error_of(head + R"({"last":[0,null,1]})"), "line 2: \"last\" cannot be [0,null,1]");
  EXPECT_EQ(error_of(head + "{\"end\":2}\n{\"end\":3}\n"), "line 3: something follows the end");
}

// The example of the manual.
TEST(HistoryFile, TheDocumentedExampleIsOne) {
  std::ifstream page(TIDEMARK_DOCS "/audit-history.md");
  std::stringstream text;
  text << page.rdbuf();
  const std::string all = text.str();
  const std::string opening = "<!-- history -->\n```json\n";
  const auto begin = all.find(opening) + opening.size();
  const std::string example = all.substr(begin, all.find("```", begin) - begin);
  const auto history = loaded(example);
  ASSERT_TRUE(history.has_value()) << history.error().message;
  EXPECT_EQ(history->operations.size(), 6);
  EXPECT_EQ(saved(*history), example);
}

}  // namespace
}  // namespace tidemark::audit
