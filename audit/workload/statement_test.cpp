#include "audit/workload/statement.h"

#include <gtest/gtest.h>

namespace tidemark::audit {
namespace {

TEST(Statement, HasItsParametersAsLiteralsInTheSimpleProtocol) {
  EXPECT_EQ(with_literals({.name = "", .text = "SELECT $2, $1", .parameters = {"7", "{1,2}"}}),
            "SELECT '{1,2}', '7'");
  EXPECT_EQ(with_literals({.name = "", .text = "AS $$ x $$; $1 $", .parameters = {}}),
            "AS $$ x $$; $1 $");
}

TEST(Statement, OfOneNameHasOneText) {
  const Statements statements("s", true);
  const Statement one = statements.read_many({{RowKind::k_register, 1}, {RowKind::k_list, 2}});
  const Statement other = statements.read_many(
      {{RowKind::k_register, 3}, {RowKind::k_register, 4}, {RowKind::k_list, 5}});
  EXPECT_EQ(one.name, other.name);
  EXPECT_EQ(one.text, other.text);
  EXPECT_EQ(other.parameters, (std::vector<std::string>{"{3,4}", "{5}"}));
  EXPECT_NE(one.name, statements.read_many({{RowKind::k_list, 2}}).name);
}

TEST(Statement, AsksWhoServesOnlyWhereThatIsWanted) {
  const Row row{RowKind::k_counter, 1};
  EXPECT_NE(Statements("s", true).read_one(row, false).text.find("s.server()"), std::string::npos);
  EXPECT_EQ(Statements("s", false).read_one(row, false).text.find("server"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::audit
