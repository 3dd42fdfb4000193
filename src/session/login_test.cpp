#include "session/login.h"

#include "session/testing_frames.h"

#include <gtest/gtest.h>

namespace tidemark::session {
namespace {

using namespace testing;
using Outcome = Login::Outcome;

class LoginTest : public ::testing::Test {
 protected:
  static std::string startup(const wire::Parameters& parameters, std::uint16_t minor = 0) {
    return made([&](std::string& out) { wire::append_startup(out, minor, parameters); });
  }
  Outcome sends(std::string_view bytes) {
    std::size_t consumed = 0;
    const Outcome outcome = login_.step(bytes, consumed);
    EXPECT_LE(consumed, bytes.size());
    return outcome;
  }
  Outcome logs_in(wire::Parameters parameters) {
    parameters.insert(parameters.begin(), {"user", "u"});
    return sends(startup(parameters));
  }
  std::string heard() {
    const std::string words = in_words(out_.view(), told);
    out_.clear();
    return words;
  }
  std::string_view option(std::string_view name) const {
    for (const auto& [key, value] : login_.key().parameters) {
      if (key == name) return value;
    }
    return "<none>";
  }

  Buffer out_;
  Login login_{out_};
};

TEST_F(LoginTest, NeedsTheWholePacket) {
  const std::string packet = startup({{"user", "u"}});
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(sends(std::string_view(packet).substr(0, size)), Outcome::k_more);
  }
  EXPECT_EQ(sends(packet), Outcome::k_authenticate);
}

TEST_F(LoginTest, TheDatabaseIsTheUsersUnlessSaidOtherwise) {
  EXPECT_EQ(logs_in({}), Outcome::k_authenticate);
  EXPECT_EQ(login_.key().database, "u");
}

TEST_F(LoginTest, WithoutAUserItIsRefused) {
  EXPECT_EQ(sends(startup({{"database", "d"}})), Outcome::k_refused);
  EXPECT_EQ(heard(), "E FATAL 28000");
}

TEST_F(LoginTest, EncryptionIsNotOfferedAndTheClientMayGoOn) {
  const std::string asks = made([](std::string& out) {
    wire::append_ssl_request(out);
    wire::append_gssenc_request(out);
  });
  EXPECT_EQ(sends(asks + startup({{"user", "u"}})), Outcome::k_authenticate);
  EXPECT_EQ(out_.view(), "NN");
}

TEST_F(LoginTest, AnotherProtocolIsRefused) {
  std::string packet = startup({{"user", "u"}});
  packet[5] = '\2';  // version 2
  EXPECT_EQ(sends(packet), Outcome::k_refused);
  EXPECT_EQ(heard(), "E FATAL 0A000");
}

TEST_F(LoginTest, ANewerMinorVersionIsNegotiatedDown) {
  EXPECT_EQ(sends(startup({{"user", "u"}, {"_pq_.colour", "red"}}, 2)), Outcome::k_authenticate);
  ASSERT_FALSE(out_.empty());
  EXPECT_EQ(out_.view()[0], 'v');
  EXPECT_EQ(option("_pq_.colour"), "<none>");
}

TEST_F(LoginTest, WhatIsNoStartupPacketIsRefused) {
  EXPECT_EQ(sends("GET / HTTP/1.1\r\n"), Outcome::k_refused);
  EXPECT_EQ(heard(), "E FATAL 08P01");
}

TEST_F(LoginTest, ACancelRequestNamesWhomItCancels) {
  const std::string packet =
      made([](std::string& out) { wire::append_cancel_request(out, 7, "key!"); });
  EXPECT_EQ(sends(packet), Outcome::k_cancel);
  EXPECT_EQ(login_.cancelled().pid, 7U);
  EXPECT_EQ(login_.cancelled().key, "key!");
}

TEST_F(LoginTest, TheGatewaysSettingsAreKeptAndTheOthersPassedOn) {
  EXPECT_EQ(logs_in({{"tidemark.level", "strong"}, {"DateStyle", "ISO"}}), Outcome::k_authenticate);
  EXPECT_EQ(login_.own_settings(), (wire::Parameters{{"tidemark.level", "strong"}}));
  EXPECT_EQ(option("DateStyle"), "ISO");
  EXPECT_EQ(option("tidemark.level"), "<none>");
}

TEST_F(LoginTest, TheGatewaysSettingsAreTakenOutOfTheOptions) {
  EXPECT_EQ(logs_in({{"options", "-c tidemark.level=strong -c search_path=a\\ b"}}),
            Outcome::k_authenticate);
  EXPECT_EQ(login_.own_settings(), (wire::Parameters{{"tidemark.level", "strong"}}));
  EXPECT_EQ(option("options"), "-c search_path=a\\ b");
}

TEST_F(LoginTest, OptionsWithoutThemArePassedOnUntouched) {
  EXPECT_EQ(logs_in({{"options", "-B 3  -c a=b"}}), Outcome::k_authenticate);
  EXPECT_EQ(option("options"), "-B 3  -c a=b");
}

TEST_F(LoginTest, OptionsThatCannotBeTakenApartAreRefused) {
  EXPECT_EQ(logs_in({{"options", "-c tidemark.level=strong -B 3"}}), Outcome::k_refused);
  EXPECT_EQ(heard(), "E FATAL 42601");
}

TEST_F(LoginTest, AReplicationConnectionIsRecognised) {
  EXPECT_EQ(logs_in({{"replication", "database"}}), Outcome::k_authenticate);
  EXPECT_TRUE(login_.replication());
  EXPECT_EQ(option("replication"), "database");
}

TEST_F(LoginTest, ReplicationOffIsNone) {
  EXPECT_EQ(logs_in({{"replication", "false"}}), Outcome::k_authenticate);
  EXPECT_FALSE(login_.replication());
}

TEST_F(LoginTest, GreetsAsAServerThatCanBeWrittenTo) {
  logs_in({});
  login_.trust();
  login_.greet(with_parameter(nullptr, "client_encoding", "UTF8"), 7, "key!");
  EXPECT_EQ(heard(), "R | S client_encoding=UTF8 | S in_hot_standby=off | K | Z I");
}

class ScramLogin : public LoginTest {
 protected:
  ScramLogin() {
    logs_in({});
    login_.challenge(wire::ScramSecret::derive("secret", "salt of 16 bytes", 4096).value(),
                     "a nonce of 18 bytes");
    EXPECT_EQ(out_.view()[0], 'R');
    out_.clear();
  }
  // Both messages of the client, and the answers to them.
  Outcome authenticates(std::string_view password) {
    wire::ScramClient client(password, "another nonce of 18");
    EXPECT_EQ(sends(made([&](std::string& out) {
                wire::append_sasl_initial_response(out, wire::k_scram_mechanism, client.first());
              })),
              Outcome::k_more);
    const std::string challenge(
        wire::decode_authentication(out_.view().substr(wire::k_header_size))->rest);
    out_.clear();
    const std::string response = client.step(challenge).value();
    return sends(made([&](std::string& out) { wire::append_sasl_response(out, response); }));
  }
};

TEST_F(ScramLogin, TheRightPasswordPasses) {
  EXPECT_EQ(authenticates("secret"), Outcome::k_authenticated);
}

TEST_F(ScramLogin, AWrongPasswordDoesNot) {
  EXPECT_EQ(authenticates("guess"), Outcome::k_refused);
  EXPECT_EQ(heard(), "E FATAL 28P01");
}

TEST_F(ScramLogin, AnotherMechanismIsRefused) {
  EXPECT_EQ(
      sends(made([](std::string& out) { wire::append_sasl_initial_response(out, "PLAIN", "x"); })),
      Outcome::k_refused);
  EXPECT_EQ(heard(), "E FATAL 08P01");
}

TEST_F(ScramLogin, AQueryInsteadOfAPasswordIsRefused) {
  EXPECT_EQ(sends(query("SELECT 1")), Outcome::k_refused);
  EXPECT_EQ(heard(), "E FATAL 08P01");
}

TEST_F(ScramLogin, APasswordTooLongIsRefusedUnseen) {
  EXPECT_EQ(sends(std::string("p\0\7\0\0", 5)), Outcome::k_refused);
}

TEST_F(ScramLogin, AClientThatLeavesIsToldNothing) {
  EXPECT_EQ(sends(terminate()), Outcome::k_refused);
  EXPECT_TRUE(out_.empty());
}

}  // namespace
}  // namespace tidemark::session
