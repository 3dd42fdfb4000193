// What the policy says of one statement, in words: for `tidemark explain`.
#pragma once

#include <string>
#include <vector>

#include "consistency/policy.h"
#include "gateway/config.h"
#include "sql/statement.h"

namespace tidemark::cli {

struct PolicyAnswer {
  std::vector<std::string> rules;  // the labels of those that had a say
  consistency::Promise promise;
  std::string source;   // where the level comes from
  std::string problem;  // a hint that cannot be followed; empty: none
  consistency::Durability write = consistency::Durability::k_unset;
  bool write_at_least = false;  // what the client has set counts, where that is more
  consistency::Sources sources;
  consistency::Otherwise otherwise = consistency::Otherwise::k_primary;
  Duration wait{};
};

PolicyAnswer ask_policy(const gateway::Config& config, const consistency::Reader& reader,
                        const sql::Statement& statement);

// "any node", "the primary", "standbys", "127.0.0.1:5502 or the primary", …
std::string describe(const consistency::Sources& sources, const gateway::OriginConfig& origin);

// synchronous_commit: "remote_apply", "at least on", "as the client has set it".
std::string describe_durability(const PolicyAnswer& answer);

// Where a read with this answer goes: "a standby that has …; if none has in time, the primary".
std::string route_of_read(const PolicyAnswer& answer, const gateway::OriginConfig& origin);

struct Route {
  std::string where;
  std::string why;
};

// What levels and rules say nothing of: where a transaction runs, and the gateway's own settings.
std::optional<Route> route_of_control(const sql::Statement& statement);

}  // namespace tidemark::cli
