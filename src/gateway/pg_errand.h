// A query that is run now and then on a server over a connection of its own, which is made when it
// is first needed and kept until it breaks, is told to close, or another server is meant.
// Thread rule: confined to one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/pg_link.h"

namespace tidemark::gateway {

class PgErrand {
 public:
  using Answer = std::vector<PgResult>;

  // REQUIRES: !running().
  void start(const ServerTarget& target, std::string sql, Instant now);
  bool running() const { return running_; }

  // When the query left; meaningful once it has been answered.
  Instant sent_at() const { return sent_at_; }

  // Call when fd() is ready and when deadline() has come. Gives the outcome once: the answer, or
  // why there is none (also when the server answered with an error). While nothing runs it only
  // notices that the connection has ended.
  std::optional<Result<Answer>> advance(Instant now);

  Instant deadline() const { return running_ ? due_ : k_never; }
  int fd() const { return link_.fd(); }
  short wanted_events() const { return link_.wanted_events(); }

  void close();

 private:
  std::optional<Result<Answer>> advance_link();
  Result<void> send();
  Result<Answer> finish(Result<Answer> outcome);

  PgLink link_;
  std::string connected_to_;  // address and kind of connection of link_
  std::string sql_;
  bool running_ = false;
  Instant due_{};
  Instant sent_at_{};
  std::optional<Error> failed_;  // at the start
};

}  // namespace tidemark::gateway
