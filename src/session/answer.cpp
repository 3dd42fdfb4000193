// What the attached server sends, on its way to the client.
#include <algorithm>

#include "base/check.h"
#include "session/client.h"
#include "wire/server_messages.h"

namespace tidemark::session {
namespace {

using Kind = ServerEvent::Kind;

constexpr std::string_view k_read_only_transaction = "25006";

// Errors of a standby that say nothing about the statement: another node may well answer it.
// Recovery conflicts (40001, 40P01, 57P04), what only a primary does (25006, 0A000, 55000), a
// server that is going down or starting (57P01, 57P02, 57P03), and resources (class 53, 58).
bool is_of_the_node(std::string_view sqlstate) {
  return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == k_read_only_transaction ||
         sqlstate == "0A000" || sqlstate == "55000" || sqlstate == "57P01" || sqlstate == "57P02" ||
         sqlstate == "57P03" || sqlstate == "57P04" || sqlstate.starts_with("53") ||
         sqlstate.starts_with("58") || sqlstate.starts_with("XX");
}

}  // namespace

std::size_t Client::on_server_bytes(std::string_view bytes, Instant now) {
  std::size_t consumed = 0;
  while (server_ != nullptr) {
    if (const std::size_t whole = take_whole_answer(bytes.substr(consumed), now); whole > 0) {
      consumed += whole;
      continue;
    }
    std::string& sink = withhold_ ? work_->replay.held : out_.tail();
    const ServerEvent event = server_->next(bytes.substr(consumed), withhold_ && !rerun_, sink);
    consumed += event.consumed;
    if (!server_->undone().empty()) undo_names();
    switch (event.kind) {
      case Kind::k_parameter:
        on_parameter(event);
        break;
      case Kind::k_row:
        on_row(event);
        break;
      case Kind::k_answer:
        commit_answer();
        break;
      case Kind::k_error:
        on_error(event);
        break;
      case Kind::k_ready:
        on_ready(event, now);
        break;
      default:
        if (server_->broken()) {
          close_with({"08P01", "the server's answers do not fit what it was asked", {}, {}});
        }
        note_quiet();
        return consumed;
    }
    note_quiet();
    cancel_if_due();
  }
  return consumed;
}

// Most answers are short and all there: they are passed on in one piece.
std::size_t Client::take_whole_answer(std::string_view bytes, Instant now) {
  const std::size_t size = rerun_ ? 0 : server_->take_whole(bytes);
  if (size == 0) return 0;
  commit_answer();
  out_.append(bytes.substr(0, size));
  server_->take_local(out_.tail());
  on_ready({.kind = Kind::k_ready}, now);
  note_quiet();
  cancel_if_due();
  return size;
}

void Client::note_quiet() {
  if (server_ == nullptr) return;
  // What the server waits for itself must not wait.
  if (server_->replies().empty() || server_->replies().copying_in()) waits_for_quiet_ = false;
}

void Client::undo_names() {
  if (server_ == nullptr || server_->undone().empty()) return;
  for (const NameChange& change : server_->undone()) {
    server_->names().set(change.name, change.before_on_server);
    if (change.on_client) names_.set(change.name, change.before_on_client);
  }
  server_->undone().clear();
}

void Client::on_parameter(const ServerEvent& event) {
  const ParametersPtr before = server_->parameters();
  server_->note_parameter(event.payload);
  // Where it is run again, the client is told what is so there.
  if (rerun_) return;
  if (server_->parameters() == before || event.swallowed || phase_ != Phase::k_serving) return;
  if (withhold_) commit_answer();
  tell_parameters();
}

// The answer has begun: it is this server's, whatever comes.
void Client::commit_answer() {
  if (!withhold_) return;
  withhold_ = false;
  out_.append(work_->replay.held);
  work_->replay.clear();
}

void Client::on_error(const ServerEvent& event) {
  const auto fields = wire::decode_error(event.payload);
  if (!fields.has_value()) return;
  const bool fatal = fields->severity() == "FATAL" || fields->severity() == "PANIC";
  if (event.swallowed) {
    if (own_failure_ == nullptr) own_failure_ = std::make_unique<Refusal>(Refusal::from(*fields));
    if (!fatal) return;
  }
  work_->trace.failed = true;
  unit_failed_ = true;
  if (withhold_ && retries_ < k_max_retries && is_of_the_node(fields->sqlstate())) {
    work_->replay.held.clear();
    rerun_ = true;
    // Say, a STABLE function that calls one that writes.
    turned_out_to_write_ = turned_out_to_write_ || fields->sqlstate() == k_read_only_transaction;
    return;
  }
  commit_answer();
  if (fatal && !event.swallowed) told_fatal_ = true;
}

void Client::on_ready(const ServerEvent& event, Instant now) {
  if (phase_ == Phase::k_aligning) {
    finish_aligning();
  } else if (phase_ == Phase::k_settling) {
    if (--settle_answers_ == 0) finish_settling();
  } else if (rerun_) {
    run_again(false);
  } else if (!event.swallowed) {
    finish_unit(now);
  } else if (event.expect == Expect::k_query) {
    const bool failed = own_failure_ != nullptr;
    // What was to be committed otherwise is under way: nobody is told that it was.
    if (std::exchange(raising_alone_, false) && failed && !login_.replication()) {
      return close_with(*own_failure_);
    }
    // What it was to set may not be set.
    if (failed && !server_->durability().empty()) server_->set_durability("unknown");
    if (preludes_ > 0 && failed) {
      // BEGIN failed, and what follows it is under way: nobody can say what became of it.
      return close_with(*own_failure_);
    }
    if (preludes_ > 0) {
      --preludes_;
    } else if (aborts_ > 0) {
      --aborts_;
    }
    // A PREPARE that cannot be repeated leaves its EXECUTE to fail.
    own_failure_.reset();
    if (server_->status() == wire::TransactionStatus::k_failed) work_->trace.failed = true;
  } else {
    own_failure_.reset();
  }
}

void Client::finish_aligning() {
  if (own_failure_ != nullptr) {
    const Refusal refusal = *own_failure_;
    release(true);
    phase_ = Phase::k_routing;
    refuse(refusal);
    return;
  }
  server_->set_settings(settings_on(*server_));
  start_serving();
}

// A ReadyForQuery of the client's own has come.
void Client::finish_unit(Instant now) {
  commit_answer();
  if (last_route_->alternative.has_value()) count_met(*last_route_->alternative);
  if (last_route_->on_primary) {
    ++units_on_primary_;
  } else {
    ++units_on_standby_;
  }
  note_marks(now);
  work_->trace.ended = false;
  const wire::TransactionStatus status = server_->status();
  if (status == wire::TransactionStatus::k_idle) {
    const bool committed = !work_->trace.rolled_back && !work_->trace.failed;
    if (transaction_ != Transaction::k_none || work_->trace.transaction) end_here(committed);
    transaction_ = Transaction::k_none;
  } else {
    if (stepping_ != nullptr) take_steps(*stepping_, unit_failed_);
    transaction_ = Transaction::k_open;
    work_->trace.transaction = true;
    // An error behind a savepoint may have been taken back.
    work_->trace.failed = status == wire::TransactionStatus::k_failed;
  }
  if (std::exchange(forgets_names_, false) && !unit_failed_) {
    names_.clear();
    server_->names().clear();
  }
  unit_failed_ = false;
  stepping_ = nullptr;
  if (transaction_ == Transaction::k_none) hold_ready();
  if (transaction_ == Transaction::k_none && server_->idle() && !unsynced_ && streaming_ == 0) {
    settle_or_release();
  }
}

void Client::note_marks(Instant now) {
  const routing::Decision& decision = last_route_->decision;
  // A standby may have been promoted since it was chosen; it says so itself.
  const bool on_primary = last_route_->on_primary || (server_ != nullptr && server_->promoted());
  if (work_->trace.may_write && on_primary) {
    // What writes no table that is known of has written something else: a large object, a sequence.
    if (work_->trace.written.empty()) work_->trace.written.add_any();
    session_.note_write(decision.node, decision.incarnation, now,
                        work_->trace.written.in(work_->trace.scope));
  }
  if (!work_->trace.touched.empty()) {
    session_.note_read(decision.node, decision.incarnation, now, on_primary,
                       work_->trace.touched.in(work_->trace.scope));
  }
  actions_.marks = true;
}

// The transaction is over: asks the server what it cannot know from the texts, then gives it back.
void Client::settle_or_release() {
  end_writing(true);
  if (work_->trace.changes_catalogue) actions_.catalogue_changed = true;
  const bool simple = !work_->trace.transaction && !work_->trace.failed;
  if (work_->trace.all_settings && simple) {
    // Outside a transaction it is known what they are now. RESET ALL keeps the role.
    const std::string role(setting_or_empty(settings_, "role"));
    settings_ = nullptr;
    if (!role.empty()) work_->trace.settings.insert("role");
  } else if (work_->trace.all_settings && settings_ != nullptr) {
    for (const auto& [name, value] : *settings_) work_->trace.settings.insert(name);
  }
  if (simple && settings_ != nullptr && !work_->trace.reset.empty()) {
    Settings kept = *settings_;
    for (const std::string& name : work_->trace.reset) {
      // A setting of the application's own goes on to exist, empty.
      const bool custom = name.find('.') != std::string::npos && kept.contains(name);
      if (custom) {
        kept[name].clear();
      } else {
        kept.erase(name);
      }
    }
    settings_ = kept.empty() ? nullptr : std::make_shared<const Settings>(std::move(kept));
  }
  const bool may_reset_path =
      work_->trace.all_settings || work_->trace.reset.contains("search_path");
  if (simple) {
    for (const std::string& name : work_->trace.reset) work_->trace.settings.erase(name);
  }
  if (may_reset_path && has_other_path(*server_)) work_->trace.settings.insert("search_path");
  server_->set_settings(settings_on(*server_));
  work_->capturing.swap(work_->trace.settings);
  work_->told.clear();
  if (simple) work_->told.swap(work_->trace.told);
  probing_ = work_->trace.opaque && pin_ == sql::Pin::k_none;
  work_->trace.clear();
  own_failure_.reset();
  if (work_->capturing.empty() && !probing_) {
    finish_settling();
    return;
  }
  phase_ = Phase::k_settling;
  settle_answers_ = 0;
  if (!work_->capturing.empty()) {
    server_->ask(sql_to_capture(work_->capturing));
    ++settle_answers_;
  }
  if (probing_) {
    server_->ask(k_sql_to_probe);
    ++settle_answers_;
  }
}

void Client::on_row(const ServerEvent& event) {
  if (phase_ != Phase::k_settling) return;  // set_config() of the alignment
  const auto row = wire::decode_data_row(event.payload);
  if (!row.has_value()) return;
  if (!work_->capturing.empty() && row->size() == work_->capturing.size() &&
      settle_answers_ == 1 + probing_) {
    settings_ = captured(settings_, work_->capturing, *row);
    work_->capturing.clear();
    server_->set_settings(settings_on(*server_));
    return;
  }
  static constexpr sql::Pin k_pins[] = {sql::Pin::k_temporary_table, sql::Pin::k_listen,
                                        sql::Pin::k_advisory_lock, sql::Pin::k_cursor_with_hold};
  for (std::size_t i = 0; i < std::size(k_pins) && i < row->size(); ++i) {
    if ((*row)[i] == "t") pin(k_pins[i]);
  }
  if (row->back() != std::to_string(server_->names().size())) pin(sql::Pin::k_settings_unknown);
}

void Client::finish_settling() {
  // What could not be asked is not known: the connection stays with this client.
  if (own_failure_ != nullptr || !work_->capturing.empty()) pin(sql::Pin::k_settings_unknown);
  own_failure_.reset();
  work_->capturing.clear();
  probing_ = false;
  update_reader();
  phase_ = Phase::k_serving;
  if (pin_ == sql::Pin::k_none || server_->in_doubt() || shutting_down_) {
    const bool lost_pin = pin_ != sql::Pin::k_none && !shutting_down_;
    if (lost_pin) return close_with({"08P01", "the server's answers did not fit", {}, {}});
    release(pin_ != sql::Pin::k_none);
  }
}

// The server was lost before it told what the unit, which is answered, left behind. True: the texts
// tell. What may be gone with the server (a lock, a temporary table) ends the session.
bool Client::settle_without_server() {
  const bool told = std::ranges::all_of(
      work_->capturing, [this](const std::string& name) { return work_->told.contains(name); });
  if (!told || probing_ || pin_ != sql::Pin::k_none) return false;
  if (!work_->capturing.empty()) {
    Settings settings = settings_ == nullptr ? Settings() : *settings_;
    for (auto& [name, value] : work_->told) settings.insert_or_assign(name, std::move(value));
    settings_ = std::make_shared<const Settings>(std::move(settings));
  }
  own_failure_.reset();
  work_->capturing.clear();
  detach();
  update_reader();
  phase_ = Phase::k_idle;
  if (shutting_down_) shut_down();
  return true;
}

// The read met an error of its node: it is run again, and nobody will know.
void Client::run_again(bool lost) {
  for (auto change = work_->replay.changes.rbegin(); change != work_->replay.changes.rend();
       ++change) {
    names_.set(change->name, change->before_on_client);
  }
  work_->replay.changes.clear();
  work_->replay.held.clear();
  withhold_ = false;
  rerun_ = false;
  forgets_names_ = false;
  stepping_ = nullptr;
  replaying_ = true;
  ++retries_;
  ++reruns_;
  const consistency::NodeIndex node = last_route_->decision.node;
  work_->trace.clear();
  if (lost) {
    end_writing(false);
    detach();
  } else {
    release(server_->status() != wire::TransactionStatus::k_idle);
  }
  if (phase_ == Phase::k_closed) return;
  work_->request.excluded |= consistency::node_bit(node);
  phase_ = Phase::k_routing;
  actions_.route = true;
}

void Client::on_server_lost(const Error& why, Instant now) {
  if (server_ == nullptr) return;
  if (phase_ == Phase::k_aligning) {
    server_ = nullptr;
    work_->request.excluded = 0;
    if (++retries_ <= k_max_retries) {
      phase_ = Phase::k_routing;
      actions_.route = true;
      return;
    }
  } else if (phase_ == Phase::k_serving && withhold_ && retries_ < k_max_retries) {
    return run_again(true);
  }
  if (phase_ == Phase::k_settling && settle_without_server()) return;
  if (phase_ == Phase::k_serving) note_marks(now);
  end_writing(server_ != nullptr && is_quiet_on_server());
  const bool cut = server_ != nullptr && server_->mid_frame();
  server_ = nullptr;
  commit_answer();
  // It has been answered: only what would have followed it is lost.
  if (owes_ready_) provide_token("");
  phase_ = Phase::k_closed;
  actions_.close = true;
  actions_.route = false;
  if (told_fatal_ || cut) return;
  wire::append_error(out_.tail(), "FATAL", "08006",
                     "the connection to the server was lost: " + why.message);
}

}  // namespace tidemark::session
