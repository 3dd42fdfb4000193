// A client that rules speak of, for tests: it is logged in before a primary and a standby.
#pragma once

#include "session/testing.h"

namespace tidemark::session::testing {

using consistency::Durability;
using consistency::Level;
using consistency::Rule;

inline constexpr Level k_strong{Level::Kind::k_strong, {}};
inline constexpr Level k_eventual{Level::Kind::k_eventual, {}};

// t is written with remote_apply, u with off; shop.item is strong, from standbys; tenants may be
// read at eventual.
inline std::vector<Rule> rules() {
  std::vector<Rule> rules;
  rules.push_back({.label = "ledger", .tables = {"public.t"}, .write = Durability::k_remote_apply});
  rules.push_back({.label = "log", .tables = {"public.u"}, .write = Durability::k_off});
  rules.push_back({.label = "stock",
                   .tables = {"shop.item"},
                   .read = k_strong,
                   .from = consistency::k_standbys_only});
  rules.push_back({.label = "loose", .tables = {"public.tenants"}, .read = k_eventual});
  return rules;
}

class Ruled : public ::testing::Test {
 protected:
  Ruled() {
    client.policy = consistency::Policy(rules());
    client.logs_in();
    client.got();
  }

  std::string says(std::string_view sql, ScriptedServer& server, std::string_view answer) {
    client.sends(query(sql));
    server.answers(answer);
    return client.got();
  }
  void forget() {
    client.got();
    for (ScriptedServer* server : {&primary, &standby}) server->forget();
  }
  // On the primary, behind a statement that no rule speaks of.
  void is_in_transaction() {
    client.sends(query("BEGIN") + query("INSERT INTO scratch VALUES (1)"));
    primary.answers(complete("BEGIN") + ready('T') + complete("INSERT 0 1") + ready('T'));
    forget();
  }
  // What raises to at least that, for the rest of the transaction; for one statement by itself.
  static std::string raised(Durability least) {
    return "Q " + shown(sql_to_raise({.least = least, .never_lower = true}));
  }
  static std::string raised_alone(Durability least, bool never_lower) {
    return "Q " + shown(sql_to_raise_alone({least, never_lower}, std::nullopt));
  }
  static std::string answer_to_raise(char status = 'I') {
    return complete("RESET") + row("x") + ready(status);
  }

  ScriptedServer primary{0};
  ScriptedServer standby{1};
  ScriptedClient client{{&primary, &standby}};
};

}  // namespace tidemark::session::testing
