// The server's side: one connection to one node, as a state machine over bytes. It logs in, then
// carries the messages of whichever client it serves and knows what it owes (session/replies.h),
// which settings and prepared statements it holds, and where it stands in a transaction.
// Thread rule: confined to one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/instant.h"
#include "session/parameters.h"
#include "session/prepared.h"
#include "session/refusal.h"
#include "session/replies.h"
#include "session/settings.h"
#include "wire/error_fields.h"
#include "wire/frame.h"
#include "wire/scram.h"
#include "wire/server_messages.h"
#include "wire/startup.h"

namespace tidemark::session {

// What makes two server connections interchangeable.
struct ServerKey {
  std::string user;
  std::string database;
  wire::Parameters parameters;  // the rest of the client's startup packet

  bool operator==(const ServerKey&) const = default;
};

// What Server::next found in the bytes.
struct ServerEvent {
  enum class Kind : std::uint8_t {
    k_none,       // everything that could be was consumed
    k_started,    // logged in and ready
    k_failed,     // the login failed: see refusal()
    k_ready,      // a ReadyForQuery that was owed
    k_error,      // an ErrorResponse; `payload` holds its fields
    k_parameter,  // a ParameterStatus, not forwarded; `payload` holds it
    k_row,        // a row that the gateway asked for itself; `payload` holds it
    k_answer,     // the frame in front is the first that commits to an answer; not consumed
  };
  Kind kind = Kind::k_none;
  std::size_t consumed = 0;
  bool swallowed = false;           // k_ready, k_error: of the gateway's own
  Expect expect = Expect::k_query;  // k_ready: of what
  std::string_view payload = {};    // a view into the given bytes
};

class Server {
 public:
  // A frame that must be seen whole (errors, parameters) may be this long, in bytes; longer ones
  // are streamed unseen.
  static constexpr std::size_t k_whole_frame_limit = 64 * 1024;

  // `out` is where bytes for the server go; it outlives this. `password` may be empty; `nonce` is
  // random (wire/scram.h).
  Server(std::uint32_t node, ServerKey key, std::string password, std::string nonce, Buffer& out);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The socket is connected.
  void start();

  // Looks at bytes from the server up to the first event. What is the client's is appended to
  // `client`. With `withhold`, k_answer is reported before the first frame that commits to an
  // answer: until then nothing tells the client that its statement has begun to run. An answer
  // that breaks off within `bytes` commits to nothing.
  // After k_none with bytes left over, more bytes are needed.
  ServerEvent next(std::string_view bytes, bool withhold, std::string& client);

  // If an answer of the client's is at the front of `bytes` as a whole, up to ReadyForQuery, and
  // went well: takes it, and gives its length. Otherwise 0, and it is next()'s.
  std::size_t take_whole(std::string_view bytes);
  // Answers of the gateway's own whose turn has come (see answer()).
  void take_local(std::string& client);

  // Sending. `frames` holds whole frames, or the head of one that send_rest() completes.
  void send(std::string_view frames) { out_.append(frames); }
  void send(std::string_view frames, Reply reply);
  void expect(Reply&& reply) { replies_.push(std::move(reply), undone_); }
  // An answer of the gateway's own, in its place among the server's: appended to `client` at once
  // if nothing is owed before it, and dropped if the server skips the message that it answers.
  void answer(std::string frames, std::string& client);
  // A simple query of the gateway's own, whose answer the client does not see.
  void ask(std::string_view sql, std::unique_ptr<NameChange> change = nullptr);

  std::uint32_t node() const { return node_; }
  const ServerKey& key() const { return key_; }
  bool started() const { return started_; }
  wire::TransactionStatus status() const { return status_; }
  bool idle() const {
    return replies_.empty() && !replies_.is_skipping() &&
           status_ == wire::TransactionStatus::k_idle;
  }
  bool in_doubt() const { return replies_.in_doubt(); }
  bool broken() const { return replies_.broken(); }
  // Whether a frame from the server has been forwarded in part.
  bool mid_frame() const { return streaming_ > 0 && streaming_forward_; }
  Replies& replies() { return replies_; }
  const Buffer& out() const { return out_; }
  // Names whose change the server did not carry out, last first. The caller takes them.
  std::vector<NameChange>& undone() { return undone_; }

  std::uint32_t pid() const { return pid_; }
  const std::string& cancel_key() const { return cancel_key_; }
  const Refusal& refusal() const { return refusal_; }

  NameTable& names() { return names_; }
  const SettingsPtr& settings() const { return settings_; }
  void set_settings(SettingsPtr settings) { settings_ = std::move(settings); }
  const ParametersPtr& parameters() const { return parameters_; }
  // The same by value, which others hold, too.
  void share_parameters(ParametersPtr same) { parameters_ = std::move(same); }
  void note_parameter(std::string_view payload);
  // It was a standby when the connection was made, and is none any more. PostgreSQL 14 and later
  // report it (in_hot_standby).
  bool promoted() const { return was_standby_ && !in_hot_standby_; }

  // What search_path was right behind the login; none if the server would not tell.
  const std::optional<std::string>& search_path() const { return search_path_; }

  // The statement by which the gateway has last set synchronous_commit for a single statement of a
  // client's; empty: it is as the settings() say.
  const std::string& durability() const { return durability_; }
  void set_durability(std::string sql) { durability_ = std::move(sql); }

  // The client that was served last; 0 for none. What only the session itself remembers, such as
  // lastval(), is that client's as long as no other was served.
  std::uint64_t last_client() const { return last_client_; }
  void set_last_client(std::uint64_t client) { last_client_ = client; }

 private:
  class Forwarder;
  bool can_look_at(const wire::Header& header, std::string_view rest) const;
  void take_frame(const wire::Header& header, Forwarder& forwarder, bool forward);
  void asynchronous_frame(const wire::Header& header, Forwarder& forwarder, ServerEvent& event);
  void answering_frame(const wire::Header& header, Forwarder& forwarder, ServerEvent& event);
  ServerEvent next_of_login(std::string_view bytes);
  bool asks_for_search_path();
  ServerEvent authenticate(const wire::Authentication& request, std::size_t consumed);
  ServerEvent fail_login(std::size_t consumed, std::string sqlstate, std::string message);
  bool continue_sasl(const wire::Authentication& request);
  std::size_t stream(std::string_view bytes, std::string& client);

  const std::uint32_t node_;
  const ServerKey key_;
  std::string password_;
  std::string nonce_;
  Buffer& out_;

  bool started_ = false;
  std::unique_ptr<wire::ScramClient> scram_;
  Refusal refusal_;
  std::uint32_t pid_ = 0;
  std::string cancel_key_;
  ParametersPtr parameters_;
  bool asked_search_path_ = false;
  std::optional<std::string> search_path_;
  std::string durability_;
  bool was_standby_ = false;
  bool in_hot_standby_ = false;

  wire::TransactionStatus status_ = wire::TransactionStatus::k_idle;
  Replies replies_;
  std::vector<NameChange> undone_;
  NameTable names_;
  SettingsPtr settings_;
  std::uint64_t last_client_ = 0;

  std::size_t streaming_ = 0;      // bytes still to come of the frame being forwarded
  bool streaming_forward_ = true;  // to the client, or to nobody
};

}  // namespace tidemark::session
