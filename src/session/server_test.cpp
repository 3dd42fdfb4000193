#include "session/server.h"

#include "session/testing_frames.h"
#include "wire/startup.h"

#include <gtest/gtest.h>

namespace tidemark::session {
namespace {

using namespace testing;
using Kind = ServerEvent::Kind;

std::string authentication(std::uint32_t type, std::string_view rest = {}) {
  return made([&](std::string& out) { wire::Writer(out, 'R').int32(type).bytes(rest); });
}

const std::string k_greeting =
    authentication(0) + parameter("client_encoding", "UTF8") +
    made([](std::string& out) { wire::append_backend_key_data(out, 42, "key!"); }) + ready() +
    row("app, public") + ready();

class ServerTest : public ::testing::Test {
 protected:
  void has_password(std::string password) {
    server_ = std::make_unique<Server>(1, key_, std::move(password), "nonce", out_);
  }
  void has_started() {
    server_->start();
    EXPECT_EQ(hears(k_greeting).kind, Kind::k_started);
    out_.clear();
  }
  ServerEvent hears(std::string_view bytes, bool withhold = false) {
    return server_->next(bytes, withhold, client_);
  }
  // All events up to the end of the bytes, as letters; what is forwarded goes to client_.
  std::string events(std::string_view bytes) {
    static constexpr std::string_view k_letters = ".sfrEpda";
    std::string letters;
    while (true) {
      const ServerEvent event = hears(bytes);
      bytes.remove_prefix(event.consumed);
      if (event.kind == Kind::k_none) return letters;
      letters += k_letters[static_cast<std::size_t>(event.kind)];
    }
  }
  void sends(std::string_view frames, Expect expect) {
    Reply reply;
    reply.expect = expect;
    server_->send(frames, std::move(reply));
  }
  std::string heard() { return in_words(std::exchange(client_, {}), told); }

  const ServerKey key_{"u", "d", {{"application_name", "x"}}};
  Buffer out_;
  std::string client_;
  std::unique_ptr<Server> server_ = std::make_unique<Server>(1, key_, "", "nonce", out_);
};

TEST_F(ServerTest, StartsWithTheClientsStartupPacket) {
  server_->start();
  const auto packet = wire::peek_startup(out_.view());
  ASSERT_TRUE(packet.has_value() && packet->has_value());
  const auto& startup = std::get<wire::StartupMessage>((*packet)->body);
  EXPECT_EQ(startup.find("user"), "u");
  EXPECT_EQ(startup.find("database"), "d");
  EXPECT_EQ(startup.find("application_name"), "x");
}

TEST_F(ServerTest, IsStartedWhenItIsReady) {
  server_->start();
  EXPECT_EQ(hears(k_greeting).kind, Kind::k_started);
  EXPECT_TRUE(server_->started());
  EXPECT_TRUE(server_->idle());
  EXPECT_EQ(server_->pid(), 42U);
  EXPECT_EQ(server_->cancel_key(), "key!");
  EXPECT_EQ(parameter_or_empty(server_->parameters(), "client_encoding"), "UTF8");
  EXPECT_EQ(client_, "");
}

TEST_F(ServerTest, StartsFromBytesThatComeOneByOne) {
  server_->start();
  std::string waiting;
  Kind last = Kind::k_none;
  for (const char byte : k_greeting) {
    EXPECT_EQ(last, Kind::k_none);
    waiting += byte;
    const ServerEvent event = hears(waiting);
    waiting.erase(0, event.consumed);
    last = event.kind;
  }
  EXPECT_EQ(last, Kind::k_started);
}

TEST_F(ServerTest, SendsItsPasswordInClearIfAsked) {
  has_password("secret");
  server_->start();
  out_.clear();
  EXPECT_EQ(hears(authentication(3)).kind, Kind::k_none);
  EXPECT_EQ(out_.view(), made([](std::string& out) { wire::append_password(out, "secret"); }));
}

TEST_F(ServerTest, SendsItsPasswordAsMd5IfAsked) {
  has_password("secret");
  server_->start();
  out_.clear();
  EXPECT_EQ(hears(authentication(5, "salt")).kind, Kind::k_none);
  EXPECT_NE(out_.view().find("md5"), std::string_view::npos);
}

TEST_F(ServerTest, WithoutAPasswordItFailsWhenAskedForOne) {
  server_->start();
  EXPECT_EQ(hears(authentication(3)).kind, Kind::k_failed);
  EXPECT_EQ(server_->refusal().sqlstate, "28P01");
}

TEST_F(ServerTest, AuthenticatesByScramAndHasTheServerProveItself) {
  has_password("secret");
  server_->start();
  out_.clear();
  wire::ScramServer twin(wire::ScramSecret::derive("secret", "salt of 16 bytes", 4096).value(),
                         "another nonce of 18");
  EXPECT_EQ(hears(made([](std::string& out) {
              wire::append_authentication_sasl(out, {wire::k_scram_mechanism});
            })).kind,
            Kind::k_none);
  const auto payload = [&] { return out_.view().substr(wire::k_header_size); };
  const auto first = wire::decode_sasl_initial_response(payload()).value();
  const std::string challenge = twin.step(*first.response).value();
  out_.clear();
  hears(authentication(11, challenge));
  const std::string proof = twin.step(payload()).value();
  out_.clear();
  EXPECT_EQ(hears(authentication(12, proof) + k_greeting).kind, Kind::k_started);
}

TEST_F(ServerTest, AServerThatDoesNotKnowThePasswordIsRefused) {
  has_password("secret");
  server_->start();
  hears(made(
      [](std::string& out) { wire::append_authentication_sasl(out, {wire::k_scram_mechanism}); }));
  EXPECT_EQ(hears(authentication(11, "r=other,s=c2FsdA==,i=4096")).kind, Kind::k_failed);
  EXPECT_EQ(server_->refusal().sqlstate, "28P01");
}

TEST_F(ServerTest, ALoginThatIsRefusedSaysWhy) {
  server_->start();
  EXPECT_EQ(hears(authentication(0) + error("3D000", "FATAL")).kind, Kind::k_failed);
  EXPECT_EQ(server_->refusal().sqlstate, "3D000");
}

TEST_F(ServerTest, WhatIsNoPostgresFails) {
  server_->start();
  EXPECT_EQ(hears("HTTP/1.1 400 Bad Request\r\n").kind, Kind::k_failed);
  EXPECT_EQ(server_->refusal().sqlstate, "08P01");
}

TEST_F(ServerTest, ForwardsWhatTheClientAskedAndSaysWhenItIsReady) {
  has_started();
  sends(query("SELECT 1"), Expect::k_query);
  EXPECT_FALSE(server_->idle());
  EXPECT_EQ(events(row("1") + ready('T')), "r");
  EXPECT_EQ(heard(), "T a | D 1 | C SELECT 1 | Z T");
  EXPECT_EQ(server_->status(), wire::TransactionStatus::k_in_transaction);
  EXPECT_FALSE(server_->idle());
}

TEST_F(ServerTest, KeepsAnAnswerOfItsOwnQuestionToItself) {
  has_started();
  server_->ask("SELECT 1");
  EXPECT_EQ(events(notice("01000") + row("1") + error("22012") + ready()), "dEr");
  EXPECT_EQ(heard(), "");
}

TEST_F(ServerTest, AnErrorIsBothForwardedAndReported) {
  has_started();
  sends(query("SELECT 1/0"), Expect::k_query);
  EXPECT_EQ(events(error("22012") + ready()), "Er");
  EXPECT_EQ(heard(), "E 22012 | Z I");
}

TEST_F(ServerTest, AParameterIsReportedNotForwarded) {
  has_started();
  EXPECT_EQ(events(parameter("TimeZone", "UTC")), "p");
  EXPECT_EQ(heard(), "");
}

TEST_F(ServerTest, WithholdingItStopsBeforeTheFirstRow) {
  has_started();
  sends(query("SELECT 1"), Expect::k_query);
  const std::string answer = row("1") + ready();
  const ServerEvent event = hears(answer, true);
  EXPECT_EQ(event.kind, Kind::k_answer);
  EXPECT_EQ(heard(), "T a");
  EXPECT_EQ(answer[event.consumed], 'D');
}

TEST_F(ServerTest, WithholdingItPassesAnErrorThatComesFirst) {
  has_started();
  sends(query("SELECT 1"), Expect::k_query);
  EXPECT_EQ(hears(row_description({"a"}) + error("40001"), true).kind, Kind::k_error);
}

TEST_F(ServerTest, LocalAnswersTakeTheirTurn) {
  has_started();
  server_->answer("<at once>", client_);
  EXPECT_EQ(std::exchange(client_, {}), "<at once>");
  sends(query("SELECT 1"), Expect::k_query);
  server_->answer(parsed(), client_);
  EXPECT_EQ(client_, "");
  EXPECT_EQ(events(complete("SELECT 1") + ready()), "r");
  EXPECT_EQ(heard(), "C SELECT 1 | Z I | 1");
}

TEST_F(ServerTest, AFrameInPiecesIsForwardedInPieces) {
  has_started();
  sends(query("SELECT 1"), Expect::k_query);
  const std::string long_row = data_row({std::string(1000, 'x')});
  EXPECT_EQ(events(std::string_view(long_row).substr(0, 100)), "");
  EXPECT_EQ(client_.size(), 100U);
  EXPECT_TRUE(server_->mid_frame());
  EXPECT_EQ(events(std::string_view(long_row).substr(100)), "");
  EXPECT_EQ(client_, long_row);
  EXPECT_FALSE(server_->mid_frame());
}

TEST_F(ServerTest, AnAnswerThatNobodyAskedForPutsItInDoubt) {
  has_started();
  events(complete("SELECT 1"));
  EXPECT_TRUE(server_->in_doubt());
}

TEST_F(ServerTest, BytesThatAreNoFramesPutItInDoubt) {
  has_started();
  events(std::string(8, '\0'));
  EXPECT_TRUE(server_->in_doubt());
}

}  // namespace
}  // namespace tidemark::session
