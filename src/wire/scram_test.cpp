#include "wire/scram.h"

#include <gtest/gtest.h>

#include "wire/crypto.h"
#include "wire/md5.h"
#include "wire/scram_keys.h"

namespace tidemark::wire {
namespace {

constexpr std::string_view k_client_nonce = "eighteen bytes of ";
constexpr std::string_view k_server_nonce = "randomness, or so.";
constexpr std::string_view k_salt = "sixteen of salt.";

ScramSecret secret_of(std::string_view password) {
  return *ScramSecret::derive(password, k_salt, 16);
}

struct Exchange {
  ScramClient client;
  ScramServer server;
  Result<std::string> last = "";

  Exchange(std::string_view password, ScramSecret secret)
      : client(password, k_client_nonce), server(std::move(secret), k_server_nonce) {}

  // Up to, not including, the client's check of the server's signature.
  Exchange& run() {
    const auto challenge = server.step(client.first());
    EXPECT_TRUE(challenge) << challenge.error().message;
    const auto proof = client.step(*challenge);
    EXPECT_TRUE(proof) << proof.error().message;
    last = server.step(*proof);
    return *this;
  }
};

// RFC 7677, section 3.
TEST(Scram, AgreesWithTheExampleOfTheRfc) {
  const std::string auth_message =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,"
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const auto salt = from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const auto keys = derive_scram_keys("pencil", *salt, 4096);
  ASSERT_TRUE(keys);
  const std::string signature = hmac_sha256(sha256(keys->client_key), auth_message);
  EXPECT_EQ(to_base64(exclusive_or(keys->client_key, signature)),
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(to_base64(hmac_sha256(keys->server_key, auth_message)),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(Scram, BothSidesAreConvincedByTheRightPassword) {
  for (const std::string_view password :
       {"pencil", "", "with, comma=", "p\xc3\xa4ss", "\xff\xfe"}) {
    Exchange exchange(password, secret_of(password));
    exchange.run();
    ASSERT_TRUE(exchange.last) << exchange.last.error().message;
    EXPECT_TRUE(exchange.server.done());
    EXPECT_EQ(exchange.client.step(*exchange.last), "");
    EXPECT_TRUE(exchange.client.done());
  }
}

TEST(Scram, TheWrongPasswordIsRefusedAtTheEnd) {
  Exchange exchange("pencil", secret_of("pen"));
  exchange.run();
  EXPECT_FALSE(exchange.last);
  EXPECT_TRUE(exchange.server.refused());
  EXPECT_FALSE(exchange.server.done());
}

TEST(Scram, AnUnknownUserIsRefusedAsTheWrongPasswordIs) {
  const ScramSecret mock = ScramSecret::for_unknown_user("nobody", "seed");
  EXPECT_EQ(mock.salt, ScramSecret::for_unknown_user("nobody", "seed").salt);
  EXPECT_NE(mock.salt, ScramSecret::for_unknown_user("someone", "seed").salt);
  EXPECT_NE(mock.salt, ScramSecret::for_unknown_user("nobody", "other").salt);
  EXPECT_EQ(mock.salt.size(), k_scram_salt_bytes);
  Exchange exchange("pencil", mock);
  exchange.run();
  EXPECT_TRUE(exchange.server.refused());
  Exchange wrong("pencil", secret_of("pen"));
  EXPECT_EQ(exchange.last.error().message, wrong.run().last.error().message);
}

TEST(Scram, NoPasswordPassesForAMockSecret) {
  ScramSecret mock = secret_of("pencil");
  mock.mock = true;
  EXPECT_TRUE(Exchange("pencil", mock).run().server.refused());
}

TEST(Scram, AServerThatDoesNotKnowThePasswordIsFoundOut) {
  ScramSecret secret = secret_of("pencil");
  secret.server_key[0] = static_cast<char>(secret.server_key[0] ^ 1);
  Exchange exchange("pencil", secret);
  exchange.run();
  ASSERT_TRUE(exchange.last);
  EXPECT_EQ(exchange.client.step(*exchange.last).error().message, "incorrect server signature");
  EXPECT_FALSE(exchange.client.done());
}

TEST(Scram, PasswordsThatSaslprepMakesEqualAreEqual) {
  // A no-break space is mapped to a space, the roman numeral to its letters.
  EXPECT_EQ(secret_of("a\xc2\xa0\xe2\x85\xa8").to_string(), secret_of("a IX").to_string());
}

TEST(ScramSecret, IsWrittenAndReadAsInPgAuthid) {
  const ScramSecret secret = secret_of("pencil");
  const std::string text = secret.to_string();
  EXPECT_TRUE(is_scram_secret(text));
  const auto parsed = ScramSecret::parse(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->to_string(), text);
  EXPECT_TRUE(Exchange("pencil", *parsed).run().server.done());
}

TEST(ScramSecret, WithAMistakeIsRefused) {
  const std::string text = secret_of("pencil").to_string();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ScramSecret::parse(text.substr(0, size))) << size;
  }
  EXPECT_FALSE(ScramSecret::parse(text + "A"));
  EXPECT_FALSE(ScramSecret::parse("SCRAM-SHA-256$0" + text.substr(text.find(':'))));
  EXPECT_FALSE(ScramSecret::parse("SCRAM-SHA-256$x" + text.substr(text.find(':'))));
  EXPECT_FALSE(is_scram_secret("md5aaaa"));
}

TEST(ScramServer, TellsWhatIsWrongWithTheFirstMessage) {
  const auto error_of = [](std::string_view first) {
    const auto answer = ScramServer(secret_of("x"), k_server_nonce).step(first);
    return answer ? "none" : answer.error().message;
  };
  EXPECT_EQ(error_of("n,,n=,r=abc"), "none");
  EXPECT_EQ(error_of("y,,n=user,r=abc,x=extension"), "none");
  EXPECT_TRUE(error_of("p=tls-server-end-point,,n=,r=abc").starts_with("the client selected"));
  EXPECT_EQ(error_of("n,a=other,n=,r=abc"),
            "client uses authorization identity, but it is not supported");
  EXPECT_EQ(error_of("n,,m=x,n=,r=abc"), "client requires an unsupported SCRAM extension");
  EXPECT_EQ(error_of("n,,n="), "malformed SCRAM message (attribute \"r\" expected)");
  EXPECT_EQ(error_of("n,,n=,r="), "non-printable characters in SCRAM nonce");
  EXPECT_EQ(error_of("n,,n=,r=a\tb"), "non-printable characters in SCRAM nonce");
  EXPECT_EQ(error_of("n,,n=,r=" + std::string(2000, 'a')),
            "malformed SCRAM message (the message is too long)");
  for (const std::string_view broken : {"", "n", "n,", "n,,", "x,,", "n;,", "n,,r=abc"}) {
    EXPECT_NE(error_of(broken), "none") << broken;
  }
}

TEST(ScramServer, RefusesAnyChangeToTheFinalMessage) {
  ScramClient client("x", k_client_nonce);
  ScramServer pristine(secret_of("x"), k_server_nonce);
  const std::string proof = *client.step(*pristine.step(client.first()));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    ScramServer changed = pristine;
    std::string message = proof;
    message[i] = message[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(changed.step(message)) << message;
    ScramServer cut = pristine;
    EXPECT_FALSE(cut.step(proof.substr(0, i))) << i;
  }
  ScramServer longer = pristine;
  EXPECT_FALSE(longer.step(proof + ",x=y"));
  EXPECT_TRUE(pristine.step(proof));
  EXPECT_FALSE(pristine.step(proof)) << "an exchange ends once";
}

TEST(ScramServer, PassesOverExtensionsButNotOverOtherThings) {
  ScramClient client("x", k_client_nonce);
  ScramServer pristine(secret_of("x"), k_server_nonce);
  const std::string proof = *client.step(*pristine.step(client.first()));
  const auto error_with = [&](std::string_view extension) {
    ScramServer server = pristine;
    return server.step(std::string(proof).insert(proof.find(",p="), extension)).error().message;
  };
  // What is added is signed, too: the proof does not fit.
  EXPECT_EQ(error_with(",x=extension"), "password authentication failed");
  EXPECT_EQ(error_with(",,=,"), "malformed SCRAM message (attribute expected)");
  EXPECT_EQ(error_with(",1=a"), "malformed SCRAM message (attribute expected)");
}

TEST(ScramServer, InsistsOnTheChannelBindingThatTheFirstMessageNamed) {
  ScramClient client("x", k_client_nonce);
  ScramServer server(secret_of("x"), k_server_nonce);
  std::string proof = *client.step(*server.step(client.first()));
  proof.replace(proof.find("biws"), 4, "eSws");
  EXPECT_EQ(server.step(proof).error().message,
            "unexpected SCRAM channel-binding attribute in client-final-message");
  EXPECT_FALSE(server.refused());
}

TEST(ScramClient, TellsWhatIsWrongWithTheServer) {
  const auto error_of = [](std::string_view challenge) {
    const auto answer = ScramClient("x", k_client_nonce).step(challenge);
    return answer ? "none" : answer.error().message;
  };
  const std::string nonce = "r=" + to_base64(k_client_nonce);
  EXPECT_EQ(error_of(nonce + "more,s=c2FsdA==,i=1"), "none");
  EXPECT_EQ(error_of(nonce + ",s=c2FsdA==,i=1"), "invalid SCRAM response (nonce mismatch)");
  EXPECT_EQ(error_of("r=other,s=c2FsdA==,i=1"), "invalid SCRAM response (nonce mismatch)");
  EXPECT_EQ(error_of(nonce + "more,s=,i=1"), "malformed SCRAM message (invalid salt)");
  for (const std::string_view iterations : {"0", "-1", "10000001", "99999999999", "1x", ""}) {
    EXPECT_EQ(error_of(nonce + "more,s=c2FsdA==,i=" + std::string(iterations)),
              "malformed SCRAM message (invalid iteration count)");
  }
  EXPECT_EQ(error_of(""), "malformed SCRAM message (attribute \"r\" expected)");
}

TEST(ScramClient, PassesOnTheServersError) {
  Exchange exchange("x", secret_of("x"));
  exchange.run();
  EXPECT_EQ(exchange.client.step("e=other-error").error().message,
            "error received from server in SCRAM exchange: other-error");
}

TEST(Base64, IsReadStrictly) {
  for (const std::string_view data : {"", "a", "ab", "abc", "abcd"}) {
    EXPECT_EQ(from_base64(to_base64(data)), data);
  }
  for (const std::string_view broken :
       {"a", "YQ=", "YQ", "YQ===", "Y=Q=", "====", "YWJj\n", " YQ==", "YQ==YQ=="}) {
    EXPECT_EQ(from_base64(broken), std::nullopt) << broken;
  }
}

TEST(Md5, IsThePasswordThenTheSalt) {
  // echo -n secretalice | md5sum; then of that and "salt".
  EXPECT_EQ(md5_password("alice", "secret", "salt"), "md5986e2194384c07f4fd1df4b1351b3e68");
}

}  // namespace
}  // namespace tidemark::wire
