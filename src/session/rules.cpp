// What the rules, the levels asked for and the tables touched make of a client's requests.
#include <algorithm>
#include <utility>

#include "session/client.h"
#include "session/durability.h"

namespace tidemark::session {
namespace {

using consistency::Durability;
using consistency::Level;
using consistency::Promise;
using consistency::Sources;
using sql::Kind;

constexpr std::string_view k_synchronous_commit = "synchronous_commit";

// Settings that decide what a name in a text means.
bool decides_names(std::string_view setting) {
  return setting == "search_path" || setting == "role" || setting == "application_name";
}

bool commits_behind_rollback_to(const sql::Statement& statement) {
  using Step = sql::TransactionStep;
  const auto back = std::ranges::find(statement.steps, Step::Kind::k_rollback_to, &Step::kind);
  return std::find_if(back, statement.steps.end(), [](const Step& step) {
           return step.kind == Step::Kind::k_commit;
         }) != statement.steps.end();
}

Refusal refusal_of_going_on(std::string detail) {
  return {"0A000",
          "a message cannot end the open transaction, or roll back to a savepoint, and then commit "
          "what the rules keep durable",
          std::move(detail),
          "Send what follows COMMIT, ROLLBACK or ROLLBACK TO in a message of its own."};
}

std::optional<Level> level_of(const SlaPtr& asked) {
  return asked == nullptr ? std::nullopt : std::optional(asked->front().level);
}

}  // namespace

// Finds who can read this client's texts. `sure`: all that it has set is known.
void Client::choose_reader(bool sure) {
  const std::string_view role = setting_or_empty(settings_, "role");
  const std::string_view path = setting_or_empty(settings_, "search_path");
  ReaderContext context{.user = login_.user(), .database = login_.key().database};
  if (sure && settings_ != nullptr && settings_->contains("search_path")) {
    context.search_path = path;
  } else if (sure && default_path_.has_value()) {
    context.search_path = *default_path_;
  }
  context.role = role.empty() || role == "none" ? std::string_view(login_.user()) : role;
  context.application_name = parameter_or_empty(told_, "application_name");
  reader_ = around_->find_reader(context);
  reads_surely_ = sure;
  read_with_ = settings_;
  reads_as_told_ = true;
}

// Between transactions all that the client has set is known.
void Client::update_reader() {
  if (!reads_surely_ || !reads_as_told_ || read_with_ != settings_) choose_reader(true);
}

// What a statement that is about to run may do to the meaning of names.
void Client::note_names_of_settings(const sql::Statement& statement) {
  const bool sets = statement.all_settings || statement.opaque ||
                    std::ranges::any_of(statement.settings, decides_names);
  const bool sets_locally = statement.local_settings && (statement.setting_name.empty() ||
                                                         decides_names(statement.setting_name));
  if ((sets || sets_locally) && reads_surely_) choose_reader(false);
}

// `concerned`: what it concerns was added before.
void Client::add(Need& need, const StatementPtr& statement, bool concerned) {
  add_statement(need, *statement);
  if (!concerned && !concerns_session_only(statement->kind)) {
    need.concern.add(reader_->concern_of(statement));
  }
  if (need.refusal().has_value()) return;
  if (auto refusal = refusal_of_lowering(statement)) need.extra().refusal = std::move(refusal);
}

// A message that sets synchronous_commit between its statements leaves no place to raise it again.
// Nor does one that ends the transaction in which it was raised, or takes back a part of it.
std::optional<Refusal> Client::refusal_of_lowering(const StatementPtr& statement) {
  if (transaction_ == Transaction::k_none && statement->kind != Kind::k_multi) return std::nullopt;
  const bool sets =
      statement->local_settings || statement->all_settings ||
      std::ranges::find(statement->settings, k_synchronous_commit) != statement->settings.end();
  const auto is_ruled = [this](const StatementPtr& part) {
    return reader_->concern_of(part).ruling.write != Durability::k_unset;
  };
  if (transaction_ != Transaction::k_none) {
    const bool goes_on = statement->behind_end != nullptr && is_ruled(statement->behind_end);
    const bool goes_back =
        commits_behind_rollback_to(*statement) && (work_->trace.owed.any() || is_ruled(statement));
    if (goes_on || goes_back) return refusal_of_going_on({});
  }
  if (statement->kind != Kind::k_multi || !sets || !is_ruled(statement)) return std::nullopt;
  return Refusal{"0A000",
                 "a message with several statements cannot both write what the rules keep durable "
                 "and change settings",
                 {},
                 "Send SET, SET LOCAL and RESET in messages of their own."};
}

// The next bytes of a text too long to be looked at whole, in a transaction. What it commits behind
// a COMMIT is raised beyond that (raise_before_query), and what it commits behind a ROLLBACK is
// not: that takes the raise back. So does a COMMIT in a transaction that has failed.
std::optional<Refusal> Client::refusal_of_passing(std::string_view bytes) {
  if (!has_failed() && !long_text_->goes_on_behind_rollback(bytes)) return std::nullopt;
  return refusal_of_going_on(
      "Of a text this long no more is known than that it has the word ROLLBACK or ABORT, or that "
      "the transaction has failed, and that it goes on behind that.");
}

// Looks at what there is of a Query too long to be looked at whole. False: it is refused, or not
// to be sent now.
bool Client::may_pass(std::string_view bytes, const wire::Header& header) {
  const bool raises = header.total() > k_head_limit && transaction_ == Transaction::k_open &&
                      last_route_->on_primary && raise_for(reader_->concern_of_anything()).any();
  if (!raises) return true;
  // Whether the transaction has failed must be known.
  waits_for_quiet_ = !server_->replies().empty();
  if (waits_for_quiet_) return false;
  long_text_ = std::make_unique<LongText>();
  const std::size_t head = std::min(bytes.size(), header.total());
  const auto refusal =
      refusal_of_passing(bytes.substr(wire::k_header_size, head - wire::k_header_size));
  if (!refusal.has_value()) {
    if (head == header.total()) long_text_.reset();
    return true;
  }
  fail_transaction(*refusal);
  skip_query(header);
  return false;
}

// What is promised to a read, and who may serve it.
void Client::promise(routing::Request& request, const std::optional<Level>& asked,
                     const consistency::Ruling& ruling) const {
  request.promise = consistency::effective(ruling, asked, around_->default_level);
  request.sources = consistency::effective_sources(ruling, asked, around_->default_level);
  request.from_standbys = request.promise.strong && !request.sources.any_primary();
}

// The same for what is asked for outside a transaction.
routing::Request Client::request_for(const Need& need) const {
  routing::Request request;
  const SlaPtr& asked = need.hints().level.has_value() ? *need.hints().level : own_.level();
  promise(request, level_of(asked), need.concern.ruling);
  return request;
}

// REQUIRES: work_->unit is what is asked for; it lives as long as the request does.
void Client::make_request() {
  const Need& need = work_->unit.need;
  const SlaPtr& asked = need.hints().level.has_value() ? *need.hints().level : own_.level();
  work_->request = request_for(need);
  work_->alternatives.clear();
  const bool reading = transaction_ == Transaction::k_none || read_only_ == true ||
                       !work_->request.sources.any_primary();
  work_->request.needs_primary =
      need.why_primary != nullptr || !reading || serializable_ ||
      setting_or_empty(settings_, "default_transaction_isolation") == "serializable" ||
      login_.replication() || pin_ != sql::Pin::k_none;
  if (transaction_ == Transaction::k_begun && read_only_ == true && !serializable_ &&
      !need.touches_data) {
    work_->request.needs_primary = false;
  }
  if (transaction_ == Transaction::k_none && !need.begins) {
    work_->request.tables = need.concern.touched.in(reader_->table_scope());
    if (!need.touches_data) {
      work_->request.promise = {};
      work_->request.sources = {};
    }
  } else if (work_->request.needs_primary) {
    // What else the transaction will touch is not known, and the barrier is crossed but once.
    const consistency::Ruling all =
        consistency::merge(need.concern.ruling, reader_->scope().everything());
    work_->request.promise = consistency::effective(all, level_of(asked), around_->default_level);
    work_->request.from_standbys = all.strong_on_standbys;
  }
  if (work_->request.needs_primary && need.concern.writes_strong) {
    // It sees what others may have seen on standbys already.
    work_->request.promise = consistency::promise_of({.kind = Level::Kind::k_strong, .bound = {}});
    work_->request.from_standbys = true;
  }
  if (last_route_.has_value()) work_->request.last_used = last_route_->decision.node;
  if (asked != nullptr && asked->size() > 1 && !work_->request.needs_primary && need.touches_data) {
    for (const consistency::Alternative& alternative : *asked) {
      routing::Request& other = work_->alternatives.emplace_back(work_->request);
      promise(other, alternative.level, need.concern.ruling);
      other.within = alternative.within;
    }
  }
}

std::string Client::rules_in_words() const {
  const auto rules = ruling().rules;
  return rules == 0 ? std::string() : reader_->scope().labels(rules);
}

// Why a read must not be served at all; a statement that needs the primary may always run there.
std::optional<Refusal> Client::refusal_of_sources() const {
  const bool reads = work_->unit.need.why_primary == nullptr && work_->unit.need.touches_data;
  if (!reads || !work_->request.sources.none()) return std::nullopt;
  return Refusal{"55000", "the rules leave no node that may serve this statement",
                 "Decided by " + rules_in_words() + ".",
                 "Tables whose reads are kept on different nodes cannot be read in one statement; "
                 "see `from` in the rules."};
}

// A transaction was placed by its first statement. What a later one is owed must be kept there,
// too. Of several levels any will do.
std::optional<Refusal> Client::refusal_in_transaction(const sql::Statement& statement,
                                                      const Concern& concern) const {
  Hints hints;
  for (const sql::Hint& hint : statement.hints) (void)hints.add(hint.name, hint.value);
  const SlaPtr& asked = hints.level.has_value() ? *hints.level : own_.level();
  const auto is_kept = [&](const consistency::Alternative& alternative) {
    return is_kept_here(concern, alternative.level);
  };
  const bool kept =
      asked == nullptr ? is_kept_here(concern, std::nullopt) : std::ranges::any_of(*asked, is_kept);
  if (kept) return std::nullopt;
  const Promise owed =
      consistency::effective(concern.ruling, level_of(asked), around_->default_level);
  const std::string by = concern.ruling.rules == 0
                             ? std::string()
                             : ", by " + reader_->scope().labels(concern.ruling.rules);
  return Refusal{"25001", "what this statement is owed cannot be kept where the transaction runs",
                 "It is owed level " + consistency::to_string(owed) + by +
                     "; the transaction runs on " +
                     (last_route_->on_primary ? "the primary" : "a standby") + " at level " +
                     consistency::to_string(last_route_->promise) + ".",
                 "Touch such tables in the first statement of the transaction, or in one of its "
                 "own; set tidemark.level before BEGIN, or right behind it."};
}

// On the primary nothing is missing but what a standby may have shown earlier: that was asked when
// the transaction came there.
bool Client::is_kept_here(const Concern& concern, const std::optional<Level>& asked) const {
  const Promise owed = consistency::effective(concern.ruling, asked, around_->default_level);
  const Sources sources =
      consistency::effective_sources(concern.ruling, asked, around_->default_level);
  if (last_route_->on_primary) {
    const bool reads = concern.written.empty();
    const bool allowed = !reads || sources.any_primary() || concern.ruling.strong_on_standbys;
    const bool shown = last_route_->promise.reads || is_barrier_open();
    return allowed && (!owed.reads || shown);
  }
  const auto bit = consistency::node_bit(last_route_->decision.node);
  return consistency::implies(last_route_->promise, owed) && (sources.as_standby & bit) != 0;
}

// Notes what a statement that is about to run will touch.
void Client::note_concern(const Concern& concern) {
  const consistency::TableScope scope = reader_->table_scope();
  if (work_->trace.scope == 0) work_->trace.scope = scope;
  if (scope == 0 || work_->trace.scope != scope) {
    // The names may mean other tables, now or by the time of the next statement.
    work_->trace.touched.add_any();
    work_->trace.written.add_any();
  }
  work_->trace.touched.add(concern.touched);
  work_->trace.written.add(concern.written);
}

Raise Client::raise_for(const Concern& concern) const {
  const auto sets = [](const auto& parameter) { return parameter.first == k_synchronous_commit; };
  const bool own = (settings_ != nullptr && settings_->contains(k_synchronous_commit)) ||
                   std::ranges::any_of(login_.key().parameters, sets);
  return {concern.ruling.write, concern.ruling.write_by_default || own};
}

// Sees to it that a Query is committed as the rules want. False: not before all answers are there,
// as what was sent before decides whether a transaction is open. `may_commit`: what is known of it
// is not enough to refuse it if it ends the transaction and goes on.
bool Client::raise_before_query(const Concern& concern, bool may_commit) {
  if (!last_route_->on_primary) return true;
  Raise raise = raise_for(concern);
  if (transaction_ == Transaction::k_open) {
    owe(raise);
    if (!raise.any() || (work_->trace.raised.contains(raise) && !may_commit)) return true;
    if (work_->trace.ended && !server_->replies().empty()) return false;
    if (work_->trace.ended) return raise_alone(raise);
    work_->trace.raised = raise;
    server_->ask(sql_to_raise(raise, may_commit));
    if (may_commit) server_->set_durability("unknown");
    return true;
  }
  raise.never_lower = raise.never_lower || work_->unit.need.begins;
  if (!raise_alone(raise)) return false;
  work_->trace.owed = raise;
  return true;
}

// What only concerns the session commits nothing, but COMMIT itself; and in a batch BEGIN must come
// first, as it may set how the transaction sees the rest.
bool Client::may_need_raise(const sql::Statement& statement) const {
  if (!concerns_session_only(statement.kind)) return true;
  if (transaction_ != Transaction::k_open && !unsynced_) return true;
  return statement.kind == Kind::k_commit && work_->trace.owed.any();
}

// What has been owed once in a transaction is owed to its end.
void Client::owe(Raise& raise) {
  raise.never_lower = true;
  raise.least = std::max(raise.least, work_->trace.owed.least);
  work_->trace.owed = raise;
}

bool Client::raise_alone(const Raise& raise) {
  if (!raise.any() && server_->durability().empty()) return true;
  if (!server_->replies().empty()) return false;
  std::optional<std::string_view> own;
  if (settings_ != nullptr && settings_->contains(k_synchronous_commit)) {
    own = setting_or_empty(settings_, k_synchronous_commit);
  }
  std::string sql = sql_to_raise_alone(raise, own);
  if (server_->durability() == sql) return true;
  server_->ask(sql);
  raising_alone_ = true;
  server_->set_durability(raise.any() ? std::move(sql) : std::string());
  return true;
}

void Client::restore_durability() { raise_alone({}); }

// What the client sets itself is not what was raised any more; whether the server carries it out is
// not known yet. The next statement sets it anew.
void Client::note_durability_of_settings(const sql::Statement& statement) {
  const bool sets =
      statement.all_settings || statement.opaque ||
      std::ranges::find(statement.settings, k_synchronous_commit) != statement.settings.end();
  if (sets && !server_->durability().empty()) server_->set_durability("unknown");
  const bool sets_locally =
      statement.local_settings &&
      (statement.setting_name.empty() || statement.setting_name == k_synchronous_commit);
  if (sets || sets_locally) work_->trace.raised = {};
}

// Of the prepared statement, too, that an EXECUTE runs.
Concern Client::concern_with_prepared(const StatementPtr& statement) {
  Concern concern;
  if (concerns_session_only(statement->kind)) return concern;
  concern = reader_->concern_of(statement);
  if (statement->name.empty()) return concern;
  const StatementPtr meaning = meaning_of(names_.find(statement->name));
  if (meaning != nullptr) {
    concern.add(reader_->concern_of(meaning));
    if (runs_another(*meaning)) concern.add(reader_->concern_of_anything());
  }
  return concern;
}

// The same for what a batch is about to bind: a batch is a transaction, or a part of one.
void Client::raise_in_batch(const Concern& concern) {
  if (!last_route_->on_primary) return;
  const bool alone = transaction_ == Transaction::k_none && admitted_ > 0 && work_->unit.complete &&
                     !work_->unit.need.begins;
  Raise raise = raise_for(alone ? work_->unit.need.concern : concern);
  if (!alone) owe(raise);
  if (!raise.any() || work_->trace.raised.contains(raise)) return;
  work_->trace.raised = raise;
  session::raise_in_batch(*server_, raise);
}

// The end of a batch commits it, unless it is a part of a transaction: what has been set in it
// since is raised again. Where it has begun one that stays open, that owes what the batch does.
void Client::raise_before_sync() {
  if (transaction_ == Transaction::k_open && !work_->trace.ended) return;
  if (work_->trace.owed.any() && !work_->trace.raised.any())
    session::raise_in_batch(*server_, work_->trace.owed);
  work_->trace.raised = {};
}

}  // namespace tidemark::session
