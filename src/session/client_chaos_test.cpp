// Whatever a client says and whatever becomes of its servers, in whatever pieces: what arrives is
// whole frames, and nobody waits for what does not come. CHAOS_SEEDS=100000 in the environment asks
// for more conversations than a few, and CHAOS_FIRST for those from another seed on.
#include <algorithm>
#include <cstdlib>

#include "session/testing_chaos.h"

namespace tidemark::session {
namespace {

using namespace testing;

enum class Manners { k_decent, k_rude };

// How bytes travel.
struct Pieces {
  std::size_t least = k_all;
  std::size_t most = k_all;
  bool lags = false;  // whatever is under way arrives in any order

  std::size_t any(Random& random) const {
    return least == most ? least : least + below(random, most - least + 1);
  }
};

std::string any_script(unsigned seed, Manners manners) {
  Random random(seed);
  std::string said;
  if (one_in(random, 8)) said += query("SET tidemark.report_token = on");
  for (std::size_t i = 1 + below(random, 8); i > 0; --i) {
    const bool rude = manners == Manners::k_rude;
    if (rude && one_in(random, 8)) {
      said += any_nonsense(random);
    } else if (rude && one_in(random, 3)) {
      said += any_message(random);
    } else {
      said += any_unit(random);
    }
  }
  return said;
}

// Whether the payload is one of the tag.
bool is_sound(char tag, std::string_view payload) {
  switch (tag) {
    case 'E':
    case 'N':
      return wire::decode_error(payload).has_value();
    case 'D':
      return wire::decode_data_row(payload).has_value();
    case 'C':
      return payload.find('\0') == payload.size() - 1;
    case 'S':
      return wire::decode_parameter_status(payload).has_value();
    case 'Z':
      return payload.size() == 1;
    default:
      return wire::message_name(wire::Side::k_server, tag) != "unknown message";
  }
}

class Chaos {
 public:
  Chaos(unsigned seed, Pieces pieces, bool loses_servers)
      : random_(seed), pieces_(pieces), loses_servers_(loses_servers) {
    client.holds_requests = client.holds_tokens = true;
    client.logs_in();
    client.received();
  }

  // Until nothing is under way any more.
  void exchange(std::string_view said) {
    said_ = said;
    while (!client.is_closed && !::testing::Test::HasFailure() && step()) look();
    if (!client.is_closed) expect_quiet();
  }

  // What the client was told in answer to what it said.
  std::string told_words;
  std::size_t readies = 0;
  bool fatal = false;

  // The client is destroyed before its servers.
  std::array<SlowNode, 3> nodes{SlowNode{0, random_, true}, SlowNode{1, random_, true},
                                SlowNode{2, random_, true}};
  ScriptedClient client{{&nodes[0].server, &nodes[1].server, &nodes[2].server}};

 private:
  // False: there is nothing left to do.
  bool step() {
    if (loses_servers_ && one_in(random_, 40)) return lose(nodes[below(random_, 3)]);
    if (pieces_.lags && one_in(random_, 30)) nodes[below(random_, 3)].says(any_aside(random_));
    const std::size_t first = pieces_.lags ? below(random_, 6) : 0;
    for (std::size_t i = 0; i < 6; ++i) {
      if (act((first + i) % 6)) return true;
    }
    return false;
  }

  bool act(std::size_t what) {
    switch (what) {
      case 0:
      case 1:
      case 2:
        if (!nodes[what].has_answers()) return false;
        nodes[what].delivers(pieces_.any(random_));
        return true;
      case 3:
        if (!client.has_request) return false;
        client.goes_to(choice().server);
        return true;
      case 4:
        if (tokens_ == static_cast<std::size_t>(client.token_requests)) return false;
        ++tokens_;
        client.machine().provide_token(loses_servers_ && one_in(random_, 2) ? "b" : "a");
        client.pump();
        return true;
      default: {
        if (said_.empty()) return false;
        const std::string_view piece = said_.substr(0, pieces_.any(random_));
        said_.remove_prefix(piece.size());
        client.sends(piece);
        return true;
      }
    }
  }

  bool lose(SlowNode& node) {
    switch (below(random_, 6)) {
      case 0:
        node.is_lost();
        break;
      case 1:
        client.is_cancelled();
        break;
      case 2:
        if (one_in(random_, 4)) client.is_shut_down();
        if (one_in(random_, 8)) client.machine().end_session();
        client.pump();
        break;
      case 3:
        if (client.has_request) client.is_refused({"40001", "none covers", {}, {}});
        break;
      default:
        node.says(any_aside(random_));
    }
    return true;
  }

  SlowNode& choice() {
    for (SlowNode& node : nodes) {
      if (client.machine().server() == &node.server.machine()) return node;
    }
    const routing::Request& request = client.machine().request();
    if (request.needs_primary || request.promise.strong) return nodes[0];
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      const auto bit = consistency::node_bit(static_cast<std::uint32_t>(i));
      if ((request.excluded & bit) == 0) return nodes[i];
    }
    return nodes[0];
  }

  void look() {
    for (SlowNode& node : nodes) {
      EXPECT_TRUE(node.hears()) << "a server was sent what it cannot understand";
      const bool in_pool = node.server.is_free() && !node.server.broken() && !node.is_dead();
      if (in_pool && !client.is_closed) {
        EXPECT_TRUE(node.server.machine().idle() && node.model().is_between() &&
                    !node.is_mid_frame())
            << "in the pool with something owed";
      }
    }
    look_at_answers();
  }

  void look_at_answers() {
    const std::string arrived = client.received();
    EXPECT_TRUE(arrived.empty() || !fatal) << "behind a FATAL: " << in_words(arrived, told);
    told_ += arrived;
    while (true) {
      const std::string frame = take_frame(told_);
      if (frame.empty()) break;
      note(frame[0], std::string_view(frame).substr(wire::k_header_size));
    }
    if (told_.empty() || client.is_closed) return;
    const Server* const server = client.machine().server();
    EXPECT_TRUE(server != nullptr && server->mid_frame()) << "the client is told half a frame";
  }

  void note(char tag, std::string_view payload) {
    ASSERT_TRUE(is_sound(tag, payload)) << "a frame was broken, behind " << told_words;
    if (tag == 'E') fatal = fatal || wire::decode_error(payload)->severity() == "FATAL";
    readies += tag == 'Z' ? 1 : 0;
    if (tag != 'N' && tag != 'S' && tag != 'A') {
      told_words += std::string(1, tag) + " " + told(tag, payload) + " | ";
    }
  }

  // Nothing is under way: the client waits for nothing that its servers have not been asked for.
  void expect_quiet() {
    Server* const server = client.machine().server();
    if (server == nullptr) return;
    const bool copies = std::ranges::any_of(nodes, [&](const SlowNode& node) {
      return node.model().is_copying() && !node.server.is_free();
    });
    EXPECT_TRUE(copies || server->replies().empty()) << "an answer is awaited that does not come";
    EXPECT_TRUE(client.machine().wants_input()) << "the client is not listened to any more";
  }

  Random random_;
  const Pieces pieces_;
  const bool loses_servers_;
  std::string_view said_;
  std::string told_;
  std::size_t tokens_ = 0;
};

// Without what is no part of the answer: which node served; who finds out that a COPY cannot go on;
// which error comes first in a transaction that has failed.
std::string comparable(std::string words) {
  for (const std::string_view wrong_name : {"E 26000", "E 34000", "E 42P05"}) {
    for (std::size_t at = 0; (at = words.find(wrong_name, at)) != std::string::npos;) {
      words.replace(at, wrong_name.size(), "E 25P02");
    }
  }
  const std::size_t error = words.find("E 08P01 | E FATAL");
  if (error != std::string::npos) words.erase(error, 10);
  for (std::size_t at = 0; (at = words.find("D node ", at)) != std::string::npos;) {
    words[at += 7] = 'n';
  }
  return words;
}

// The frames of what was said, as far as it has any.
std::string in_short(std::string bytes) {
  std::string out;
  for (std::string frame; !(frame = take_frame(bytes)).empty();) {
    out += frame[0] + std::string(" ") + shown(std::string_view(frame).substr(5)) + " | ";
  }
  std::ranges::replace(out, '\0', '-');
  return bytes.empty() ? out : out + "… " + std::to_string(bytes.size()) + " bytes";
}

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::atoi(text));
}

const unsigned k_first = from_environment("CHAOS_FIRST", 0);
const unsigned k_seeds = from_environment("CHAOS_SEEDS", 150);

TEST(ClientChaos, WhateverHappensTheClientIsToldWholeFramesAndKeptWaitingForNothing) {
  for (unsigned seed = k_first; seed < k_first + k_seeds; ++seed) {
    std::string said = any_script(seed, seed % 3 == 0 ? Manners::k_decent : Manners::k_rude);
    if (seed % 7 == 0) said += terminate();
    Chaos chaos(seed, {1, seed % 2 == 0 ? 12U : 60U, true}, seed % 5 != 0);
    chaos.exchange(said);
    if (::testing::Test::HasFailure()) {
      FAIL() << "seed " << seed << "\nsaid " << in_short(said) << "\ntold " << chaos.told_words;
    }
  }
}

TEST(ClientChaos, AnswersAreTheSameInWhateverPieces) {
  constexpr Pieces k_ways[] = {
      {}, {1, 1, false}, {1, 20, false}, {1, 20, true}, {k_all, k_all, true}};
  for (unsigned seed = k_first; seed < k_first + k_seeds; ++seed) {
    const Manners manners = seed % 3 == 0 ? Manners::k_rude : Manners::k_decent;
    const std::string said = any_script(seed, manners) + sync();
    std::string first;
    for (const Pieces& pieces : k_ways) {
      Chaos chaos(seed, pieces, false);
      chaos.exchange(said);
      const std::string words = comparable(chaos.told_words);
      if (&pieces == k_ways) first = words;
      // Behind a BEGIN that went on to a server at once, a level may come too late.
      if ((first + words).find("E 25001") != std::string::npos) break;
      EXPECT_EQ(first, words);
      if (::testing::Test::HasFailure()) {
        FAIL() << "seed " << seed << ", way " << &pieces - k_ways << "\nsaid " << in_short(said);
      }
    }
  }
}

TEST(ClientChaos, EveryQueryAndSyncIsAnsweredWithOneReady) {
  for (unsigned seed = k_first; seed < k_first + k_seeds; ++seed) {
    const std::string said = any_script(seed, Manners::k_decent);
    Chaos chaos(seed, {1, 200, true}, false);
    chaos.exchange(said);
    std::string bytes = said;
    std::string expected = ModelPostgres().take(bytes);
    std::size_t readies = 0;
    for (std::string frame; !(frame = take_frame(expected)).empty();) readies += frame[0] == 'Z';
    // Where the gateway refused something, the twin has gone another way.
    const bool refused = chaos.told_words.find("E 0A000") != std::string::npos ||
                         chaos.told_words.find("E 25001") != std::string::npos;
    EXPECT_TRUE(refused || chaos.fatal || chaos.readies == readies)
        << chaos.readies << " of " << readies;
    if (::testing::Test::HasFailure()) {
      FAIL() << "seed " << seed << "\nsaid " << in_short(said) << "\ntold " << chaos.told_words;
    }
  }
}

}  // namespace
}  // namespace tidemark::session
