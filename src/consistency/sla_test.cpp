#include "consistency/sla.h"

#include <gtest/gtest.h>

namespace tidemark::consistency {
namespace {

using namespace std::chrono_literals;

TEST(Sla, OneLevelIsAListOfOne) {
  const auto sla = parse_sla("bounded(2s)");
  ASSERT_TRUE(sla.has_value());
  ASSERT_EQ(sla->size(), 1u);
  EXPECT_EQ(sla->front().level, (Level{Level::Kind::k_bounded, 2s}));
  EXPECT_EQ(sla->front().within, Duration::max());
}

TEST(Sla, IsReadAndWrittenInOrder) {
  const auto sla = parse_sla(" Strong < 20ms,session<50ms , eventual");
  ASSERT_TRUE(sla.has_value());
  ASSERT_EQ(sla->size(), 3u);
  EXPECT_EQ((*sla)[0].within, 20ms);
  EXPECT_EQ((*sla)[1].level.kind, Level::Kind::k_session);
  EXPECT_EQ(to_string(*sla), "strong<20ms, session<50ms, eventual");
  EXPECT_EQ(*parse_sla(to_string(*sla)), *sla);
}

TEST(Sla, WhatCannotBeKeptIsRefusedWithAReason) {
  const auto hint = [](std::string_view text) {
    const auto sla = parse_sla(text);
    return sla ? std::string("accepted") : sla.error().hint;
  };
  EXPECT_TRUE(hint("strong<").starts_with("Behind '<'"));
  EXPECT_TRUE(hint("strong<0ms").starts_with("Behind '<'"));
  EXPECT_TRUE(hint("strong<20").starts_with("Behind '<'"));
  EXPECT_TRUE(hint("strong, eventual").starts_with("All levels but the last"));
  EXPECT_TRUE(hint("policy<2ms, eventual").starts_with("\"policy\""));
  EXPECT_TRUE(hint("strong<20ms,").starts_with("Available values"));
  EXPECT_TRUE(hint("mild<20ms").starts_with("Available values"));
  std::string many = "strong<1ms";
  for (int i = 0; i < 8; ++i) many += ",session<2ms";
  EXPECT_TRUE(hint(many).starts_with("At most 8"));
}

TEST(Sla, TheLastLevelMayHaveALimitToo) {
  EXPECT_EQ(parse_sla("strong<20ms, session<50ms")->back().within, 50ms);
}

}  // namespace
}  // namespace tidemark::consistency
