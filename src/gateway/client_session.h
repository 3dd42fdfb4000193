// The session that a client minds: its connection's own, or one that it shares under a key; and
// what a request, or the wish for a token, comes to under it. Opens nothing and waits for nothing:
// the worker does, and so does whoever plays its part in tests.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "gateway/config.h"
#include "gateway/session_registry.h"
#include "routing/claim.h"
#include "routing/decision.h"
#include "routing/request.h"
#include "routing/settle.h"
#include "session/client.h"
#include "topology/cluster_view.h"

namespace tidemark::gateway {

// Merges one session into another once both are stated on the same timeline, if the view allows it.
inline void merge_settled(consistency::Session& into, consistency::Session& from,
                          const topology::ClusterView& view) {
  routing::settle(into, view);
  routing::settle(from, view);
  into.merge(from);
}

// Calls f(Session&) for the session whose marks the client minds, with what its connection has not
// handed over yet. What was done under a key belongs to that key's session, and to the connection's
// own when it has none again; but not to that of the next key: `under_keys` keeps it meanwhile.
// Refused as by SessionRegistry::with().
template <class F>
std::expected<std::invoke_result_t<F, consistency::Session&>, session::Refusal> with_session(
    session::Client& client, std::unique_ptr<consistency::Session>& under_keys,
    SessionRegistry& registry, const topology::ClusterView& view, F f,
    Room room = Room::k_limited) {
  consistency::Session& own = client.session();
  if (client.session_key().empty()) {
    if (under_keys != nullptr) {
      merge_settled(own, *under_keys, view);
      under_keys = nullptr;
    }
    if constexpr (std::is_void_v<std::invoke_result_t<F, consistency::Session&>>) {
      f(own);
      return {};
    } else {
      return f(own);
    }
  }
  const auto with_shared = [&](consistency::Session& shared) {
    if (!own.empty()) {
      if (under_keys == nullptr) under_keys = std::make_unique<consistency::Session>();
      merge_settled(*under_keys, own, view);
      merge_settled(shared, own, view);
      own.clear();
    }
    return f(shared);
  };
  return registry.with(client.session_key(), with_shared, room);
}

// What the configuration and the rules allow a request, written into it.
void set_limits(routing::Request& request, const consistency::Ruling& ruling,
                const ConsistencyConfig& config);

// Decides the client's request, after its tokens have been taken over. Where it asks for one of
// several levels, `alternative` is the one chosen, and the request's promise is that level's.
struct Placed {
  routing::Decision decision;
  std::optional<std::size_t> alternative;
};
Placed decide(session::Client& client, consistency::Session& session,
              const topology::ClusterView& view, std::span<const routing::NodeLoad> loads,
              Instant now);

// What the session comes to as a token: the token, or why there is none, or neither, and then what
// would tell. `since`: when it was asked for.
struct TokenLook {
  std::optional<std::string> token;
  std::optional<routing::Reason> refused;
  routing::Pending pending;
};
TokenLook look_for_token(session::Client& client, consistency::Session& session,
                         const topology::ClusterView& view, Instant since);

// Forgets what was lost of that kind: the client has been told.
void forgive(consistency::Session& session, routing::Reason told);

// What a client is told of a reason to refuse.
session::Refusal refusal_for(routing::Reason reason);
// The same of its request: names the rules where they decided.
session::Refusal refusal_for(const session::Client& client, routing::Reason reason);

}  // namespace tidemark::gateway
