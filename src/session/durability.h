// How synchronous_commit is raised for what the rules want to be durable: statements of the
// gateway's own, sent along with the client's and answered to nobody, so that they cost no round
// trip.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consistency/ruling.h"
#include "session/replies.h"

namespace tidemark::session {

class Server;

// What a transaction that writes must be committed with.
struct Raise {
  consistency::Durability least = consistency::Durability::k_unset;
  bool never_lower = false;  // what the client has set stays if it is stronger

  bool any() const { return least != consistency::Durability::k_unset; }
  // Whether doing this one is as good as doing the other.
  bool contains(const Raise& other) const {
    return other.least <= least && (never_lower || !other.never_lower);
  }
};

// Until the end of the transaction that is open then, or beyond it if that is committed: as SQL for
// a Query …
std::string sql_to_raise(const Raise& raise, bool beyond_end = false);

// … and within a batch of the extended protocol, explicit transaction or not.
void raise_in_batch(Server& server, const Raise& raise);

// For one statement by itself: for the connection's session, so that the next one that wants
// something else has to say so. `own` is what the client's session has set, if it has. With nothing
// to raise: back to that.
std::string sql_to_raise_alone(const Raise& raise, std::optional<std::string_view> own);

}  // namespace tidemark::session
