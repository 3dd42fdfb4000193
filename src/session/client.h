// The client's side: one connection from an application, as a state machine over bytes.
//
// It decides what each unit of messages needs, asks the shell for a server connection
// (take_actions), and, attached to one, passes messages on and tells the client the answers.
// Between transactions it gives the connection back. What the client must not notice is done here:
// settings and prepared statements that follow it, BEGIN that waits for the first statement, reads
// that are run again elsewhere, answers of the gateway's own in their place among the server's.
//
// Thread rule: confined to one worker. Pure: bytes and instants in, bytes and actions out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/instant.h"
#include "base/lazy.h"
#include "base/result.h"
#include "consistency/session.h"
#include "routing/decision.h"
#include "routing/request.h"
#include "session/login.h"
#include "session/long_text.h"
#include "session/need.h"
#include "session/own_settings.h"
#include "session/reader.h"
#include "session/server.h"
#include "session/surroundings.h"
#include "session/token.h"
#include "session/trace.h"
#include "wire/frame.h"

namespace tidemark::session {

class Client {
 public:
  // What a decision looks at must fit, in bytes; texts longer than this are taken for anything.
  static constexpr std::size_t k_head_limit = 256 * 1024;
  // A read this long, in bytes, can be run again elsewhere.
  static constexpr std::size_t k_replay_limit = 64 * 1024;
  // How often one read is run again before its error is the client's.
  static constexpr int k_max_retries = 5;

  // `out` is where bytes for the client go; it outlives this. `id` is not 0.
  Client(std::uint64_t id, Buffer& out, std::shared_ptr<const Surroundings> around);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Events. After each, the shell takes the actions and, if wants_input(), offers what is left.
  std::size_t on_bytes(std::string_view bytes);
  std::size_t on_server_bytes(std::string_view bytes, Instant now);
  void on_server_lost(const Error& why, Instant now);
  void trust();
  void challenge(wire::ScramSecret secret, std::string_view nonce);
  // `search_path`: as the server told it right behind the login.
  void greet(const ParametersPtr& parameters, const std::optional<std::string>& search_path,
             std::uint32_t pid, std::string_view cancel_key);
  // The server serves this client's request. REQUIRES: an unanswered `route`.
  void attach(Server& server, const Route& route);
  // The same where it has a server already, which it is pinned to, and which is the one decided on.
  void stay(const Route& route);
  // Another one is decided on: what it is pinned to cannot be had there, and the session ends.
  void lose_place();
  // The request, or the login, cannot be served.
  void refuse(const Refusal& refusal);
  // A message about the session goes out as a warning; the request stands.
  void warn(const Refusal& warning);
  // A CancelRequest for this client.
  void cancel();
  // The gateway stops: at the next point between transactions the client is told 57P01.
  void shut_down();
  // Somebody ended the session on its server: says 57P01 and closes.
  void end_session();
  // The client's connection is gone: gives up its server.
  void on_gone(Instant now);
  // The answers to Actions::token.
  void provide_token(std::string token);
  void refuse_token(const Refusal& refusal);
  // Otherwise refuse_token() tells it no more than that there is no token.
  bool hears_of_refused_token() const { return !owes_ready_; }
  std::string seal(const Token& token) const { return encode(token, around_->token_key); }
  // The rules, or the catalogue's database, are read otherwise from now on.
  void read_anew() { choose_reader(reads_surely_); }

  // Gives back the memory that only a statement under way needs, if none is. To be called once the
  // actions have been taken.
  void rest();

  bool has_actions() const { return actions_.any(); }
  Actions take_actions() { return std::exchange(actions_, {}); }
  // False: whatever the client sent stays where it is for now.
  bool wants_input() const;
  // Whether a server runs a read for it of which nothing was told yet.
  bool can_run_elsewhere() const { return phase_ == Phase::k_serving && withhold_; }
  // Whether the client waits for a server connection.
  bool waits() const { return phase_ == Phase::k_routing; }

  // What the awaited server connection must be; the shell may note here since when it waits, and
  // which nodes it has tried.
  routing::Request& request() { return work_->request; }
  // Where several levels are asked for: a request for each, in order; what the shell notes in
  // request() holds for all of them.
  const std::vector<routing::Request>& alternatives() const { return work_->alternatives; }
  // What the rules say of it.
  const consistency::Ruling& ruling() const { return work_->unit.need.concern.ruling; }
  // The names of the rules that speak of it; empty if none does.
  std::string rules_in_words() const;
  // Whose marks it minds; empty: its own alone.
  const std::string& session_key() const { return session_key_; }
  // Tokens that the session is still to take over. The shell empties it.
  std::vector<Token>& tokens() { return tokens_; }
  // What Actions::affects_database is about.
  const std::string& affected_database() const { return work_->unit.need.affected_database(); }
  bool needs_own_session() const { return work_->unit.need.own_session; }
  // Why the request asks for the primary; null if a standby will do.
  const char* why_primary() const { return work_->unit.need.why_primary; }
  // The primary is asked for only as what the client believes to talk to: a standby will do.
  bool only_prefers_primary() const {
    return !work_->unit.need.touches_data && transaction_ != Transaction::k_begun;
  }

  std::uint64_t id() const { return id_; }
  const Login& login() const { return login_; }
  consistency::Session& session() { return session_; }
  Server* server() const { return server_; }
  sql::Pin pin() const { return pin_; }
  // What the statements that are under way may write, if it reports_writes.
  const Writing& writing() const { return work_->writing; }
  const std::optional<Route>& last_route() const { return last_route_; }
  ClientCounts counts() const;

 private:
  enum class Phase : std::uint8_t {
    k_startup,     // the startup packet and authentication
    k_logging_in,  // waits for the shell to greet
    k_idle,        // no server connection
    k_routing,     // waits for one
    k_aligning,    // its settings are being made this client's
    k_serving,     // attached
    k_settling,    // the unit is answered; the server is asked what it left behind
    k_closed,
  };

  // Where the client stands in a transaction, as it sees it.
  enum class Transaction : std::uint8_t {
    k_none,
    k_begun,        // BEGIN was answered, no server knows yet
    k_open,         // on the server
    k_failed_here,  // failed by the gateway: only its end is accepted
  };

  // Of lists of levels, and how often each of them was met.
  struct Met {
    using Counts = std::array<std::uint64_t, consistency::k_max_alternatives>;
    Counts ever{};
    SlaPtr list;  // for which `of_list` counts
    Counts of_list{};
  };

  using ShownToken = std::expected<std::string, Refusal>;

  // client.cpp: lifecycle
  std::size_t login_input(std::string_view bytes);
  void leave();
  void start_serving();
  void tell_parameters();
  void check_string_syntax();
  bool has_other_path(const Server& server) const;
  SettingsPtr settings_on(const Server& server) const;
  void release(bool broken);
  void detach();
  void close_with(const Refusal& refusal);
  void cancel_if_due();
  void protocol_violation(const std::string& message);
  void pin(sql::Pin why);

  // rules.cpp: levels, rules, tables
  void choose_reader(bool sure);
  void update_reader();
  void note_names_of_settings(const sql::Statement& statement);
  std::optional<Refusal> refusal_of_lowering(const StatementPtr& statement);
  std::optional<Refusal> refusal_of_passing(std::string_view bytes);
  bool may_pass(std::string_view bytes, const wire::Header& header);
  void add(Need& need, const StatementPtr& statement, bool concerned = false);
  void promise(routing::Request& request, const std::optional<consistency::Level>& asked,
               const consistency::Ruling& ruling) const;
  routing::Request request_for(const Need& need) const;
  void make_request();
  std::optional<Refusal> refusal_of_sources() const;
  std::optional<Refusal> refusal_in_transaction(const sql::Statement& statement,
                                                const Concern& concern) const;
  bool is_kept_here(const Concern& concern, const std::optional<consistency::Level>& asked) const;
  void note_concern(const Concern& concern);
  Raise raise_for(const Concern& concern) const;
  bool raise_before_query(const Concern& concern, bool may_commit = false);
  bool raise_alone(const Raise& raise);
  void restore_durability();
  void note_durability_of_settings(const sql::Statement& statement);
  Concern concern_with_prepared(const StatementPtr& statement);
  void raise_in_batch(const Concern& concern);
  void raise_before_sync();
  void owe(Raise& raise);
  bool may_need_raise(const sql::Statement& statement) const;

  // tokens.cpp
  void add_token(const Token& token);
  std::expected<void, Refusal> take_token(std::string_view text);
  bool must_wait_for_token(bool shows_token);
  bool hold_ready();
  bool may_execute_here(const sql::Statement& statement);

  // unit.cpp: what is at the front of the client's bytes
  Unit look_at_unit(std::string_view bytes);
  class BatchLook;
  Unit look_at_batch(std::string_view bytes);
  bool is_local(const sql::Statement& statement, Transaction transaction) const;
  StatementPtr meaning_of(const PreparedPtr& prepared);
  void add_what_it_runs(Need& need, const sql::Statement& statement);

  // idle.cpp: without a server
  std::size_t idle_input(std::string_view bytes);
  void answer_unit(std::string_view frames);
  std::size_t answer_frame(std::string_view bytes);
  void refuse_unit(const Refusal& refusal);
  void refuse_in_failed_transaction();
  std::size_t skip_to_sync(std::string_view bytes);
  std::size_t discard(std::string_view bytes);

  // local.cpp: answers of the gateway's own
  void emit(std::string frames);
  std::expected<void, Refusal> run_local(const sql::Statement& statement, std::string_view text,
                                         std::string& frames);
  std::expected<std::string, Refusal> show(std::string_view name);
  std::string describe_sla() const;
  void count_met(std::size_t alternative);
  static Refusal too_late_for_session(std::string_view name);
  bool asks_too_late(const SlaPtr& level) const;
  void answer_query(const sql::Statement& statement, std::string_view text);
  void answer_parse(std::string_view payload);
  void answer_bind(std::string_view payload);
  void answer_describe(std::string_view payload);
  void answer_execute(std::string_view payload);
  void answer_close(std::string_view payload);
  PreparedPtr local_portal(std::string_view name) const;
  void end_here(bool committed);
  void extended_local(const wire::Header& header, std::string_view payload);
  void fail_local(const Refusal& refusal);
  wire::TransactionStatus local_status() const;
  bool has_failed() const;

  // following.cpp: what comes behind a unit
  bool may_go_on(std::string_view bytes);
  bool may_follow(std::string_view bytes);
  bool may_follow_unanswered(const Unit& unit) const;
  bool is_barrier_open() const;
  bool may_answer_in_batch(bool first);

  // batch.cpp: to the server, what was looked at as a batch
  std::size_t forward_batch(std::string_view bytes);
  bool forward_message(const Message& message, std::string_view frame);
  bool may_prepare(const sql::Statement& statement, std::string_view name) const;
  bool may_bind(const Message& message, std::string_view name) const;
  bool may_describe(std::string_view name) const;

  // forward.cpp: to the server
  std::size_t serving_input(std::string_view bytes);
  void end_passed_unit();
  std::size_t refuse_message(const std::string& mistake);
  std::size_t forward(std::string_view bytes, const wire::Header& header);
  bool may_begin_batch();
  std::size_t forward_query(std::string_view bytes, const wire::Header& header);
  void skip_query(const wire::Header& header);
  std::size_t forward_parse(std::string_view bytes, const wire::Header& header);
  Reply prepare(const wire::Parse& parse, const StatementPtr& statement);
  std::size_t forward_bind(std::string_view bytes, const wire::Header& header);
  std::size_t forward_describe(std::string_view bytes, const wire::Header& header);
  std::size_t forward_close(std::string_view bytes, const wire::Header& header);
  std::size_t pass(std::string_view bytes, const wire::Header& header);
  std::size_t pass(std::string_view bytes, const wire::Header& header, Expect expect,
                   std::unique_ptr<NameChange> change = nullptr);
  std::size_t pass(std::string_view bytes, const wire::Header& header, Reply&& reply);
  bool note(const StatementPtr& statement);
  void note_writing(const consistency::TableSet& written, bool renames);
  void end_writing(bool is_over);
  bool is_quiet_on_server() const;
  void note_settings(const sql::Statement& statement);
  void note_steps(const StatementPtr& statement);
  void take_steps(const sql::Statement& statement, bool failed);
  std::optional<Refusal> refusal_of(const StatementPtr& executed);
  std::optional<Refusal> refusal_by_itself(const StatementPtr& statement);
  std::unique_ptr<NameChange> note_names(const sql::Statement& statement, std::string_view text,
                                         bool simple);
  std::unique_ptr<NameChange> rename(std::string_view name, PreparedPtr prepared);
  bool stands(std::string_view name, const PreparedPtr& mine) const;
  void bring(std::string_view name, bool before_query);
  void bring_all();
  bool has_sql_names() const;
  void fail_transaction(const Refusal& refusal);
  void abort_on_server();
  std::optional<Refusal> refusal_of_hints(const sql::Statement& statement) const;

  // answer.cpp: from the server
  void on_error(const ServerEvent& event);
  void on_ready(const ServerEvent& event, Instant now);
  void on_row(const ServerEvent& event);
  void on_parameter(const ServerEvent& event);
  void finish_unit(Instant now);
  void finish_aligning();
  void settle_or_release();
  void finish_settling();
  bool settle_without_server();
  void commit_answer();
  void run_again(bool lost);
  void note_marks(Instant now);
  std::size_t take_whole_answer(std::string_view bytes, Instant now);
  void note_quiet();
  void undo_names();

  const std::uint64_t id_;
  Buffer& out_;
  Login login_;
  const std::shared_ptr<const Surroundings> around_;
  OwnSettings own_;
  std::shared_ptr<Reader> reader_;
  bool reads_surely_ = false;                // all that the reader depends on is known …
  bool reads_as_told_ = false;               // … told_ is what it was when that was asked …
  SettingsPtr read_with_;                    // … and these are the settings
  std::optional<std::string> default_path_;  // search_path, before the client set any
  ParametersPtr told_;                       // parameters as the client knows them

  Phase phase_ = Phase::k_startup;
  Actions actions_;
  bool shutting_down_ = false;

  consistency::Session session_;
  std::string session_key_;
  std::vector<Token> tokens_;
  bool waits_for_token_ = false;
  bool owes_ready_ = false;  // … before it is told that its transaction is over
  // For the SHOW at the front of the client's bytes.
  std::unique_ptr<ShownToken> token_;
  std::string reported_token_;
  NameTable names_;
  SettingsPtr settings_;
  sql::Pin pin_ = sql::Pin::k_none;

  Transaction transaction_ = Transaction::k_none;
  std::vector<std::string> prelude_;  // BEGIN and what followed, in k_begun
  std::optional<bool> read_only_;     // as said there
  bool serializable_ = false;
  std::vector<std::pair<std::string, PreparedPtr>> local_portals_;
  bool skipping_ = false;  // after an error of the gateway's own, up to the next Sync

  Borrowed<Work> work_;
  Server* server_ = nullptr;
  std::optional<Route> last_route_;
  bool is_writing_ = false;
  std::size_t admitted_ = 0;   // on a standby between transactions: bytes that may go to it
  std::size_t streaming_ = 0;  // bytes still to come of a message being passed on
  std::unique_ptr<LongText> long_text_;  // of which they are, if that matters
  std::size_t discarding_ = 0;
  bool unsynced_ = false;          // extended messages were passed on, and their Sync not yet
  bool batch_on_server_ = false;   // … of which the server has seen some
  bool waits_for_quiet_ = false;   // the next message must wait until all answers are there
  bool forgets_names_ = false;     // the unit under way is DEALLOCATE ALL, or DISCARD ALL
  bool unit_failed_ = false;       // an error was reported in it
  StatementPtr stepping_;          // its savepoints and the like, which the gateway's settings mind
  bool ends_transaction_ = false;  // on a standby: the unit under way may end the transaction

  bool withhold_ = false;  // what the server answers is held back: the read can be run again
  bool rerun_ = false;     // run again when the server is ready
  bool replaying_ = false;
  int retries_ = 0;
  bool turned_out_to_write_ = false;  // a standby said so of what reads by all that its text says

  std::unique_ptr<Refusal> own_failure_;  // of a statement of the gateway's own
  bool cancels_later_ = false;            // the server runs something else than the client's still
  bool raising_alone_ = false;            // the raise of what follows it is not answered yet
  bool told_fatal_ = false;               // the server's last word was forwarded
  bool ends_with_write_ = false;          // it was closed while a write was under way
  bool probing_ = false;
  int settle_answers_ = 0;    // ReadyForQuery still owed in k_settling
  std::size_t preludes_ = 0;  // likewise, of BEGIN and its like
  int aborts_ = 0;            // likewise, of statements sent to fail

  std::uint64_t units_on_primary_ = 0;
  std::uint64_t units_on_standby_ = 0;
  std::uint64_t reruns_ = 0;
  Lazy<Met> met_;
};

}  // namespace tidemark::session
