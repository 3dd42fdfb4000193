#include "audit/workload/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "audit/workload/dsn.h"
#include "audit/workload/shell.h"
#include "base/duration.h"

namespace tidemark::audit {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_look_again = 20ms;

// "host=127.0.0.1 port=5502" of a DSN that may hold more.
std::string place(const std::string& dsn) { return without_secrets(dsn).value_or("a standby"); }

// What brings the setting back to what it is now.
constexpr const char* k_undo_delay = R"sql(
SELECT CASE WHEN sourcefile LIKE '%postgresql.auto.conf'
       THEN format('ALTER SYSTEM SET %I = %L', name, setting || unit)
       ELSE format('ALTER SYSTEM RESET %I', name) END,
       setting, pg_is_in_recovery()
  FROM pg_settings WHERE name = 'recovery_min_apply_delay')sql";

Result<Answer> run(Link& link, const std::string& text, Duration patience) {
  Answer answer = link.run(text, patience);
  if (answer.fate != Fate::k_done) return fail(answer.message);
  return answer;
}

Result<void> change_setting(Link& link, const std::string& statement, Duration patience) {
  const auto changed = run(link, statement, patience);
  if (!changed) return std::unexpected(changed.error());
  const auto reloaded = run(link, "SELECT pg_reload_conf()", patience);
  if (!reloaded) return std::unexpected(reloaded.error());
  return {};
}

}  // namespace

Result<std::unique_ptr<RunningFaults>> RunningFaults::begin(const Faults& faults,
                                                            Clock::time_point began,
                                                            Duration patience) {
  std::unique_ptr<RunningFaults> running(new RunningFaults(began, patience));
  for (const DelayReplay& fault : faults.delay_replay) {
    const auto begun = running->delay(fault);
    if (!begun) return running->give_up("delay", fault.dsn, begun.error());
  }
  for (const PauseReplay& fault : faults.pause_replay) {
    const auto begun = running->begin_pauses(fault);
    if (!begun) return running->give_up("pause", fault.dsn, begun.error());
  }
  for (const Command& command : faults.commands) {
    running->threads_.emplace_back(&RunningFaults::run_at, running.get(), command);
  }
  return running;
}

std::unexpected<Error> RunningFaults::give_up(const char* what, const std::string& dsn,
                                              const Error& why) {
  end();
  std::string message = fmt::format("cannot {} replay on {}: {}", what, place(dsn), why.message);
  for (const std::string& left : left_behind_) message += "; " + left;
  return fail(std::move(message));
}

RunningFaults::~RunningFaults() { end(); }

std::vector<Event> RunningFaults::end() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const Delayed& delayed : delayed_) undo_delay(delayed);
  delayed_.clear();
  std::ranges::stable_sort(events_, {}, &Event::at);
  return events_;
}

bool RunningFaults::sleep_until(Clock::time_point at) const {
  while (!stop_) {
    const auto now = Clock::now();
    if (now >= at) return true;
    std::this_thread::sleep_until(std::min<Clock::time_point>(at, now + k_look_again));
  }
  return false;
}

void RunningFaults::note(std::string what) {
  const std::lock_guard lock(mutex_);
  events_.push_back({.at = Clock::now() - began_, .what = std::move(what)});
}

void RunningFaults::leave_behind(std::string what) {
  const std::lock_guard lock(mutex_);
  left_behind_.push_back(std::move(what));
}

Result<void> RunningFaults::delay(const DelayReplay& fault) {
  auto link = Link::open(fault.dsn, patience_);
  if (!link) return std::unexpected(link.error());
  const auto undo = run(*link, k_undo_delay, patience_);
  if (!undo) return std::unexpected(undo.error());
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(fault.delay).count();
  const Cells& now = undo->rows.at(0);
  if (now.at(2) != "t") return fail("recovery is not in progress");
  if (now.at(1) != "0") {
    note(fmt::format("replay was delayed by {}ms before, on {}: by an earlier run that was killed?",
                     *now.at(1), place(fault.dsn)));
  }
  // Noted first: what was asked for may happen although its answer is lost.
  delayed_.push_back({.dsn = fault.dsn, .shown = place(fault.dsn), .undo = *now.at(0)});
  const auto changed = change_setting(
      *link, fmt::format("ALTER SYSTEM SET recovery_min_apply_delay = '{}ms'", milliseconds),
      patience_);
  if (changed) {
    note(fmt::format("replay delayed by {} on {}", format_duration(fault.delay), place(fault.dsn)));
  }
  return changed;
}

void RunningFaults::undo_delay(const Delayed& delayed) {
  auto link = Link::open(delayed.dsn, patience_);
  const auto undone =
      link ? change_setting(*link, delayed.undo, patience_) : std::unexpected(link.error());
  if (undone) return;
  leave_behind(fmt::format("{} still delays its replay ({}): run {}; SELECT pg_reload_conf()",
                           delayed.shown, undone.error().message, delayed.undo));
}

Result<void> RunningFaults::begin_pauses(const PauseReplay& fault) {
  auto link = Link::open(fault.dsn, patience_);
  if (!link) return std::unexpected(link.error());
  const auto state = run(*link, "SELECT pg_is_wal_replay_paused()", patience_);
  if (!state) return std::unexpected(state.error());
  if (state->rows.at(0).at(0) == "t") return fail("somebody else has paused it");
  threads_.emplace_back(&RunningFaults::pause_again_and_again, this, std::move(*link), fault,
                        place(fault.dsn));
  return {};
}

void RunningFaults::pause_again_and_again(Link link, PauseReplay fault, std::string shown) {
  auto next = Clock::now() + fault.period - fault.length;
  while (sleep_until(next)) {
    const auto paused = link.usable() ? run(link, "SELECT pg_wal_replay_pause()", patience_)
                                      : fail("the connection was lost");
    if (paused) note("replay paused on " + shown);
    sleep_until(Clock::now() + fault.length);
    // Resumed in any case: a pause may have happened although its answer was lost.
    if (resume(link, fault, shown) && paused) note("replay resumed on " + shown);
    next += fault.period;
  }
}

bool RunningFaults::resume(Link& link, const PauseReplay& fault, const std::string& shown) {
  if (link.usable() && run(link, "SELECT pg_wal_replay_resume()", patience_)) return true;
  auto again = Link::open(fault.dsn, patience_);
  // A server that is gone, or was promoted, does not pause.
  if (!again) return false;
  const auto resumed = run(*again,
                           "SELECT CASE WHEN pg_is_in_recovery() THEN "
                           "pg_wal_replay_resume()::text END",
                           patience_);
  link = std::move(*again);
  if (resumed) return true;
  leave_behind(fmt::format("{} may still pause its replay ({}): run SELECT pg_wal_replay_resume()",
                           shown, resumed.error().message));
  return false;
}

void RunningFaults::run_at(const Command& command) {
  if (!sleep_until(began_ + command.at)) return;
  const std::string shown = masked(command.text);
  note("begins: " + shown);
  const std::string how = run_in_shell(command.text, [this] { return stop_.load(); });
  note(fmt::format("{}: {}", how, shown));
}

}  // namespace tidemark::audit
