#include "session/settings.h"

#include <gtest/gtest.h>

namespace tidemark::session {
namespace {

SettingsPtr make(Settings settings) {
  return std::make_shared<const Settings>(std::move(settings));
}

TEST(Settings, EqualContentsAreTheSameWhateverTheirAddress) {
  EXPECT_TRUE(same_settings(nullptr, nullptr));
  EXPECT_TRUE(same_settings(nullptr, make({})));
  EXPECT_TRUE(same_settings(make({{"a", "1"}}), make({{"a", "1"}})));
  EXPECT_FALSE(same_settings(make({{"a", "1"}}), make({{"a", "2"}})));
}

TEST(Settings, AligningEqualStatesTakesNoSql) {
  EXPECT_EQ(sql_to_align(make({{"a", "1"}}), make({{"a", "1"}})), "");
}

TEST(Settings, AligningSetsWhatDiffersAndResetsWhatIsTooMuch) {
  EXPECT_EQ(sql_to_align(make({{"a", "1"}, {"b", "2"}, {"app.user", "x"}}),
                         make({{"a", "1"}, {"b", "3"}})),
            "RESET \"app\".\"user\";SELECT pg_catalog.set_config('b','3',false);");
}

TEST(Settings, TheRoleIsGivenUpFirstAndTakenLast) {
  EXPECT_EQ(sql_to_align(make({{"role", "clerk"}}), make({{"role", "boss"}, {"zone", "1"}})),
            "RESET ROLE;SELECT pg_catalog.set_config('zone','1',false);"
            "SELECT pg_catalog.set_config('role','boss',false);");
}

TEST(Settings, ValuesAreQuotedSoThatNoneCanEndItsLiteral) {
  EXPECT_EQ(sql_to_align(nullptr, make({{"a", "it's \\ here"}})),
            "SELECT pg_catalog.set_config('a', E'it''s \\\\ here',false);");
}

TEST(Settings, CapturedValuesReplaceAndNullRemoves) {
  const auto after = captured(make({{"a", "1"}, {"b", "2"}, {"c", "3"}}), {"a", "b"},
                              {std::string_view("9"), std::nullopt});
  EXPECT_EQ(*after, (Settings{{"a", "9"}, {"c", "3"}}));
  EXPECT_EQ(captured(make({{"a", "1"}}), {"a"}, {std::nullopt}), nullptr);
}

}  // namespace
}  // namespace tidemark::session
