// What a server connection still owes, in order: one entry for every message sent to it that will
// be answered. It tells which answers are the client's and which the gateway's own, what an error
// makes the server skip (extended protocol: everything up to the next Sync), and when nothing is
// outstanding. The rules are those of PostgresMain (src/backend/tcop/postgres.c) and, for COPY, of
// CopyGetData (src/backend/commands/copyfromparse.c): during COPY IN the server ignores Sync.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "session/prepared.h"

namespace tidemark::session {

enum class Expect : std::uint8_t {
  k_query,               // Query: anything, up to ReadyForQuery
  k_function_call,       // likewise
  k_parse,               // ParseComplete
  k_bind,                // BindComplete
  k_describe_statement,  // ParameterDescription, then as a portal
  k_describe_portal,     // RowDescription or NoData
  k_execute,             // up to CommandComplete, EmptyQueryResponse or PortalSuspended
  k_close,               // CloseComplete
  k_sync,                // ReadyForQuery
  k_copy_end,            // CopyDone or CopyFail: no answer, but it ends COPY IN
  k_local,               // nothing from the server: the gateway's own answer, when its turn comes
};

struct Reply {
  Expect expect = Expect::k_query;
  bool swallow = false;    // the gateway asked; the client does not see the answer
  bool own_batch = false;  // … nor an error, as nothing of the client's depends on it
  bool unnamed = false;    // k_parse: if it is not carried out there is no such statement
  std::unique_ptr<const std::string> local;  // k_local: the frames to send to the client
  std::unique_ptr<NameChange> change;        // taken back if the server skips the message
};

class Replies {
 public:
  // What one frame from the server means.
  struct Meaning {
    bool forward = true;
    bool finished_unit =
        false;  // a ReadyForQuery that was owed: `expect` and `swallow` say to what
    Expect expect = Expect::k_query;
    bool swallow = false;
  };

  bool empty() const { return head_ == queue_.size(); }
  bool front_swallowed() const { return !empty() && queue_[head_].swallow; }
  bool front_is_local() const { return !empty() && queue_[head_].expect == Expect::k_local; }
  // Rows that come now are the client's, and there may be more of them.
  bool front_takes_rows() const {
    return !empty() && !queue_[head_].swallow &&
           (queue_[head_].expect == Expect::k_query || queue_[head_].expect == Expect::k_execute);
  }
  // The server waits for data, and ignores Flush and Sync. Any other message ends the connection.
  bool copying_in() const { return copying_in_; }
  // A ReadyForQuery is among what is owed.
  bool owes_ready() const;
  // The server ignores whatever comes before the next Sync.
  bool is_skipping() const { return skipping_; }
  // Set when an answer did not fit what was asked: the connection must not be used by anyone else.
  bool in_doubt() const { return in_doubt_ || broken_; }
  // Set when it makes no sense to go on at all.
  bool broken() const { return broken_; }

  // The message was sent. Changes of entries that the server will skip go to `undone`.
  void push(Reply&& reply, std::vector<NameChange>& undone);

  // Takes the answers at the front of `bytes` up to a ReadyForQuery, if all of it is there, is the
  // client's, and went well: nothing in it that anybody would have to look at. Gives its length in
  // bytes; 0 if it must be taken frame by frame.
  std::size_t take_whole(std::string_view bytes);

  // REQUIRES: tag is not an asynchronous message (notice, parameter status, notification).
  // Changes that the server did not carry out go to `undone`, last first.
  Meaning take(char tag, std::vector<NameChange>& undone);

  // REQUIRES: front_is_local().
  std::string take_local();

  // Everything outstanding is lost with the connection; changes go to `undone`, last first.
  void abandon(std::vector<NameChange>& undone);

 private:
  void pop();
  void drop_empty();
  void skip_to_sync(std::vector<NameChange>& undone);
  static void take_back(Reply& reply, std::vector<NameChange>& undone);
  void ignore_syncs_during_copy();

  std::vector<Reply> queue_;
  std::size_t head_ = 0;
  bool skipping_ = false;    // an error was reported and the Sync that ends it was not sent yet
  bool copying_in_ = false;  // the server ignores Sync until CopyDone
  bool in_doubt_ = false;
  bool broken_ = false;
};

}  // namespace tidemark::session
