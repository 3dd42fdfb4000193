// What the adapters that feed the core can leave out, one by one, to show that the checker notices.
// The core itself stays as it is: it is lied to, or its advice is not taken.
#pragma once

#include <cstdint>

namespace tidemark::simulation {

enum class Without : std::uint8_t {
  k_nothing,
  // of samples
  k_barrier,       // the primary's snapshots list nothing as running
  k_incarnation,   // all runs of a server look the same
  k_timeline,      // every timeline looks like the first
  k_log_files,     // without a WAL receiver a standby counts as being where its control file says
  k_history,       // a promotion looks as if it had taken nothing away
  k_insert,        // commits count as written up to the flush position only (anomaly P5)
  k_durability,    // what is inserted counts as flushed (anomaly P7)
  k_reached,       // a standby counts as having shown no more than it reports
  k_sample_order,  // the snapshot is taken before the position that admits
  k_sent_at,       // a sample counts as sent when its answer came
  k_own_question,  // of several samples under way each counts as sent when the latest was
  k_fence,         // a nudge counts as having seen the end of all that was written before
  // of clients
  k_floor,              // reads are routed as if they were promised nothing
  k_marks_after,        // marks are made when a statement is sent, not when it is answered
  k_marks_of_unknown,   // no mark is left where the outcome never was told (anomaly P8)
  k_run_of_connection,  // any connection to the node will do
  k_pinning,            // a transaction on a standby may go on on another one (anomaly S2)
  k_asking_when_kept,   // who keeps its connection to the primary asks nobody what it may see there
  k_telling,            // nobody is told of what was lost
  k_across_tables,      // causal reads are routed as if one table were all
  k_table_of_mark,      // marks say that they are about some other table
  k_bound,              // a bound counts as a longer one
  k_fresh_sample,       // a strong read on standbys counts as having arrived earlier
  k_barrier_for_all,    // beside strong reads on standbys the primary has no barrier of its own
  k_hand_over,          // what a session is handed it forgets
  k_horizon,            // a session that was forgotten begins with nothing
  // of those who know that all writes come through the gateway
  k_last_writes,       // a table counts as never written
  k_writes_under_way,  // a write counts as over when it is sent
  k_ends_unknown,      // a write whose outcome never was told counts as over
  k_strangers,         // nothing counts as having been under way before
  k_count,             // how many there are
};

// As part of a test's name.
const char* to_string(Without what);

}  // namespace tidemark::simulation
