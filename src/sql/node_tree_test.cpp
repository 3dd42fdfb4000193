#include "sql/node_tree.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark::sql {
namespace {

TEST(NodeTree, GathersWhatIsUsed) {
  const auto uses = uses_of_tree(
      "({QUERY :commandType 1 :rtable ({RANGETBLENTRY :rtekind 0 :relid 16385 :relkind r}) "
      ":jointree {FROMEXPR :quals {SCALARARRAYOPEXPR :opno 96 :opfuncid 65 :hashfuncid 0 :args "
      "<>}} "
      ":targetList ({AGGREF :aggfnoid 2803 :aggorder ({SORTGROUPCLAUSE :eqop 97 :sortop 98})} "
      "{WINDOWFUNC :winfnoid 3100} {ROWCOMPAREEXPR :opnos (o 664 665)} "
      "{COERCETODOMAIN :arg <> :resulttype 16435 :resulttypmod -1})})");
  ASSERT_TRUE(uses.has_value());
  ASSERT_EQ(uses->functions.size(), 3U);
  EXPECT_EQ(uses->functions[0].function, 65U);
  EXPECT_EQ(uses->functions[1].function, 2803U);
  EXPECT_EQ(uses->functions[2].function, 3100U);
  EXPECT_EQ(uses->operators, (std::vector<Oid>{96, 97, 98, 664, 665}));
  EXPECT_EQ(uses->relations, std::vector<Oid>{16385});
  EXPECT_EQ(uses->types, std::vector<Oid>{16435});
  EXPECT_FALSE(uses->locks_rows);
}

TEST(NodeTree, SeesThatRowsAreLocked) {
  EXPECT_TRUE(uses_of_tree("({QUERY :rowMarks ({ROWMARKCLAUSE :rti 3})})")->locks_rows);
}

TEST(NodeTree, SeesWhatIsModified) {
  const auto uses_of_command = [](const char* type, const char* more = "") {
    return uses_of_tree(std::string("(({QUERY :commandType ") + type + more + "}))").value();
  };
  EXPECT_EQ(uses_of_command("1").actions, 0);
  EXPECT_EQ(uses_of_command("2").actions, k_updates);
  EXPECT_EQ(uses_of_command("3").actions, k_inserts);
  EXPECT_EQ(uses_of_command("3", " :onConflict {ONCONFLICTEXPR :action 2}").actions,
            k_inserts | k_updates);
  EXPECT_EQ(uses_of_command("4").actions, k_deletes);
  EXPECT_FALSE(uses_of_command("4").has_utility);
  EXPECT_TRUE(uses_of_command("5").has_utility);  // MERGE since PostgreSQL 15
  EXPECT_TRUE(uses_of_command("6").has_utility);
}

TEST(NodeTree, TakesNoNameOrConstantForAField) {
  const auto uses = uses_of_tree(
      "{ALIAS :aliasname foo\\ :relid\\ 7\\ \\{FUNCEXPR\\ :funcid\\ 8 :colnames (\"a\\ :relid\\ "
      "9\")}");
  ASSERT_TRUE(uses.has_value());
  EXPECT_TRUE(uses->relations.empty());
  EXPECT_TRUE(uses->functions.empty());
}

std::string call_of(const char* constant) {
  return std::string("{OPEXPR :opfuncid 67 :args ({VAR :varno 1} {FUNCEXPR :funcid 2077 ") +
         ":funcretset false :args ({CONST :consttype 25 :constvalue " + constant + "} " +
         "{CONST :consttype 25 :constvalue 5 [ 20 0 0 0 46 ]}) :location 9})}";
}

TEST(NodeTree, TellsTheApplicationsOwnSettingsByTheirDot) {
  const auto own = [](const char* constant) {
    const auto uses = uses_of_tree(call_of(constant)).value();
    EXPECT_EQ(uses.functions.size(), 2U);
    EXPECT_FALSE(uses.functions[0].names_own_setting);
    return uses.functions[1].names_own_setting;
  };
  EXPECT_TRUE(own("7 [ 28 0 0 0 97 46 98 ]"));
  EXPECT_FALSE(own("6 [ 24 0 0 0 97 -61 ]"));
  EXPECT_FALSE(own("6 [ 46 0 0 0 97 98 ]"));  // the length does not count
  EXPECT_FALSE(own("<>"));
}

TEST(NodeTree, RefusesWhatIsNoTree) {
  EXPECT_FALSE(uses_of_tree("").has_value());
  EXPECT_FALSE(uses_of_tree("SELECT 1").has_value());
  EXPECT_FALSE(uses_of_tree("{QUERY").has_value());
  EXPECT_FALSE(uses_of_tree("{QUERY}}").has_value());
  EXPECT_FALSE(uses_of_tree("{FUNCEXPR :funcid now}").has_value());
  EXPECT_FALSE(uses_of_tree("{FUNCEXPR :funcid").has_value());
  EXPECT_FALSE(uses_of_tree("{ROWCOMPAREEXPR :opnos (o 1").has_value());
}

}  // namespace
}  // namespace tidemark::sql
