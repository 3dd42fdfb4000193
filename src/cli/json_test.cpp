#include "cli/json.h"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

TEST(Json, TextsAreEscaped) {
  EXPECT_EQ(json_text("a \"b\" \\ \n"), "\"a \\\"b\\\" \\\\ \\u000a\"");
  EXPECT_EQ(json_text("ü"), "\"ü\"");
}

TEST(Json, AnObjectKeepsTheOrderOfItsKeys) {
  JsonObject object;
  object.add("z", "text");
  object.add("a", std::vector<std::string>{"x", "y"});
  object.add("b", true);
  object.add_null("n");
  EXPECT_EQ(object.text(),
            "{\n  \"z\": \"text\",\n  \"a\": [\"x\", \"y\"],\n  \"b\": true,\n  \"n\": null\n}\n");
}

}  // namespace
}  // namespace tidemark::cli
