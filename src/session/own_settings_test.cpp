#include "session/own_settings.h"

#include <gtest/gtest.h>

namespace tidemark::session {
namespace {

using Kind = consistency::Level::Kind;

class OwnSettingsTest : public ::testing::Test {
 protected:
  void set(const char* value, bool in_transaction = false) {
    EXPECT_TRUE(own_.set("tidemark.level", value, false, in_transaction).has_value());
  }
  void set_local(const char* value, bool in_transaction = true) {
    EXPECT_TRUE(own_.set("tidemark.level", value, true, in_transaction).has_value());
  }
  // Session where none is asked for.
  Kind level() const {
    return own_.level() == nullptr ? Kind::k_session : own_.level()->front().level.kind;
  }

  OwnSettings own_;
};

TEST_F(OwnSettingsTest, OwnsItsPrefixAlone) {
  EXPECT_TRUE(OwnSettings::owns("tidemark.level"));
  EXPECT_TRUE(OwnSettings::owns("tidemark.anything"));
  EXPECT_FALSE(OwnSettings::owns("work_mem"));
  EXPECT_FALSE(OwnSettings::owns(""));
}

TEST_F(OwnSettingsTest, ResetGoesBackToTheDefault) {
  set("strong");
  EXPECT_EQ(level(), Kind::k_strong);
  EXPECT_TRUE(own_.set("tidemark.level", std::nullopt, false, false).has_value());
  EXPECT_EQ(level(), Kind::k_session);
}

TEST_F(OwnSettingsTest, PolicyIsTheDefault) {
  set("strong");
  set("policy");
  EXPECT_EQ(level(), Kind::k_session);
}

TEST_F(OwnSettingsTest, TheStartupPacketGivesTheDefault) {
  EXPECT_TRUE(own_.set_at_start("tidemark.level", "eventual").has_value());
  set("strong");
  own_.reset_all(false);
  EXPECT_EQ(level(), Kind::k_eventual);
}

TEST_F(OwnSettingsTest, LocalLastsUntilTheTransactionEnds) {
  set_local("strong");
  EXPECT_EQ(level(), Kind::k_strong);
  own_.end_transaction(true);
  EXPECT_EQ(level(), Kind::k_session);
}

TEST_F(OwnSettingsTest, LocalOutsideATransactionHasNoEffect) {
  set_local("strong", false);
  EXPECT_EQ(level(), Kind::k_session);
}

TEST_F(OwnSettingsTest, SetBehindSetLocalWins) {
  set_local("strong");
  set("eventual", true);
  EXPECT_EQ(level(), Kind::k_eventual);
  own_.end_transaction(true);
  EXPECT_EQ(level(), Kind::k_eventual);
}

TEST_F(OwnSettingsTest, ARollbackTakesBackEverySetOfTheTransaction) {
  set("eventual");
  set("strong", true);
  set("monotonic_reads", true);
  own_.end_transaction(false);
  EXPECT_EQ(level(), Kind::k_eventual);
}

TEST_F(OwnSettingsTest, ARollbackTakesBackAReset) {
  set("eventual");
  EXPECT_TRUE(own_.set("tidemark.level", std::nullopt, false, true).has_value());
  own_.end_transaction(false);
  EXPECT_EQ(level(), Kind::k_eventual);
}

TEST_F(OwnSettingsTest, ARollbackTakesBackResetAll) {
  set("eventual");
  own_.reset_all(true);
  EXPECT_EQ(level(), Kind::k_session);
  own_.end_transaction(false);
  EXPECT_EQ(level(), Kind::k_eventual);
}

TEST_F(OwnSettingsTest, ACommitForgetsWhatWasBefore) {
  set("strong", true);
  own_.end_transaction(true);
  own_.end_transaction(false);
  EXPECT_EQ(level(), Kind::k_strong);
}

TEST_F(OwnSettingsTest, ShowsWhatIsSet) {
  EXPECT_EQ(own_.show("tidemark.level"), "policy");
  set("strong<20ms, eventual");
  EXPECT_EQ(own_.show("tidemark.level"), "strong<20ms, eventual");
  EXPECT_TRUE(own_.set("tidemark.session", "user:42", false, false).has_value());
  EXPECT_EQ(own_.show("tidemark.session"), "user:42");
  EXPECT_EQ(own_.show("tidemark.report_token"), "off");
}

TEST_F(OwnSettingsTest, EachSettingGoesItsOwnWay) {
  EXPECT_TRUE(own_.set("tidemark.session", "a", false, false).has_value());
  set_local("strong");
  EXPECT_TRUE(own_.set("tidemark.session", "b", false, true).has_value());
  EXPECT_EQ(level(), Kind::k_strong);
  EXPECT_EQ(own_.session(), "b");
  own_.end_transaction(true);
  EXPECT_EQ(level(), Kind::k_session);
  EXPECT_EQ(own_.session(), "b");
}

TEST_F(OwnSettingsTest, ALongKeyIsRefused) {
  const std::string key(k_max_session_key + 1, 'k');
  EXPECT_EQ(own_.set("tidemark.session", key, false, false).error().sqlstate, "22023");
  EXPECT_TRUE(own_.session().empty());
}

TEST_F(OwnSettingsTest, SavepointsOfOneNameHideEachOther) {
  own_.set_savepoint("a");
  set("eventual", true);
  own_.set_savepoint("a");
  set_local("strong");
  own_.set_savepoint("a");
  set_local("monotonic_reads");
  own_.roll_back_to("a");
  EXPECT_EQ(level(), Kind::k_strong);
  own_.release("a");
  own_.roll_back_to("a");
  EXPECT_EQ(level(), Kind::k_eventual);
  own_.release("a");
  own_.roll_back_to("a");
  EXPECT_EQ(level(), Kind::k_session);
  EXPECT_FALSE(own_.is_changed());
}

TEST_F(OwnSettingsTest, ATransactionWithoutChangesRemembersNoSavepoint) {
  for (std::size_t i = 0; i <= k_max_savepoints; ++i) own_.set_savepoint("a");
  EXPECT_FALSE(own_.is_full());
  set("eventual", true);
  for (std::size_t i = 0; i < k_max_savepoints; ++i) own_.set_savepoint("a");
  EXPECT_TRUE(own_.is_full());
  own_.end_transaction(true);
  EXPECT_FALSE(own_.is_full());
  EXPECT_EQ(level(), Kind::k_eventual);
}

TEST_F(OwnSettingsTest, EveryErrorHasItsSqlstate) {
  const auto sqlstate = [&](const char* name, const char* value) {
    const auto set = own_.set(name, value, false, false);
    return set.has_value() ? "" : set.error().sqlstate;
  };
  EXPECT_EQ(sqlstate("tidemark.level", "bogus"), "22023");
  EXPECT_EQ(sqlstate("tidemark.route", "x"), "55P02");
  EXPECT_EQ(sqlstate("tidemark.colour", "red"), "42704");
  EXPECT_EQ(sqlstate("tidemark.report_token", "perhaps"), "22023");
  EXPECT_EQ(own_.set("tidemark.colour", std::nullopt, false, false).error().sqlstate, "42704");
  EXPECT_EQ(own_.show("tidemark.colour").error().sqlstate, "42704");
  EXPECT_EQ(own_.set_at_start("tidemark.route", "x").error().sqlstate, "55P02");
}

TEST_F(OwnSettingsTest, HintsAreForOneStatement) {
  Hints hints;
  EXPECT_FALSE(hints.any());
  EXPECT_TRUE(hints.add("tidemark.level", "strong").has_value());
  EXPECT_TRUE(hints.add("tidemark.session", "user:42").has_value());
  EXPECT_EQ((*hints.level)->front().level.kind, Kind::k_strong);
  EXPECT_EQ(hints.session, "user:42");
  EXPECT_TRUE(hints.any());
  EXPECT_EQ(hints.add("tidemark.level", "bogus").error().sqlstate, "22023");
  EXPECT_EQ(hints.add("tidemark.colour", "red").error().sqlstate, "42704");
}

}  // namespace
}  // namespace tidemark::session
