#include "simulation/mechanisms.h"

namespace tidemark::simulation {

const char* to_string(Without what) {
  switch (what) {
    case Without::k_nothing:
      return "Nothing";
    case Without::k_barrier:
      return "Barrier";
    case Without::k_incarnation:
      return "Incarnation";
    case Without::k_timeline:
      return "Timeline";
    case Without::k_log_files:
      return "LogFiles";
    case Without::k_history:
      return "History";
    case Without::k_insert:
      return "Insert";
    case Without::k_durability:
      return "Durability";
    case Without::k_reached:
      return "Reached";
    case Without::k_sample_order:
      return "SampleOrder";
    case Without::k_sent_at:
      return "SentAt";
    case Without::k_own_question:
      return "OwnQuestion";
    case Without::k_fence:
      return "Fence";
    case Without::k_floor:
      return "Floor";
    case Without::k_marks_after:
      return "MarksAfter";
    case Without::k_marks_of_unknown:
      return "MarksOfUnknown";
    case Without::k_run_of_connection:
      return "RunOfConnection";
    case Without::k_pinning:
      return "Pinning";
    case Without::k_asking_when_kept:
      return "AskingWhenKept";
    case Without::k_telling:
      return "Telling";
    case Without::k_across_tables:
      return "AcrossTables";
    case Without::k_table_of_mark:
      return "TableOfMark";
    case Without::k_bound:
      return "Bound";
    case Without::k_fresh_sample:
      return "FreshSample";
    case Without::k_barrier_for_all:
      return "BarrierForAll";
    case Without::k_hand_over:
      return "HandOver";
    case Without::k_horizon:
      return "Horizon";
    case Without::k_last_writes:
      return "LastWrites";
    case Without::k_writes_under_way:
      return "WritesUnderWay";
    case Without::k_ends_unknown:
      return "EndsUnknown";
    case Without::k_strangers:
      return "Strangers";
    case Without::k_count:
      break;
  }
  return "";
}

}  // namespace tidemark::simulation
