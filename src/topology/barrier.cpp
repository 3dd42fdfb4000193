#include "topology/barrier.h"

#include <algorithm>

namespace tidemark::topology {

using consistency::Fence;
using consistency::Snapshot;
using consistency::Xid;

namespace {

bool is_over(const Snapshot& standby, Xid xid) {
  return xid < standby.xmax && std::ranges::find(standby.running, xid) == standby.running.end();
}

}  // namespace

// What is not over in the primary's snapshot is what it lists and everything from its xmax on. None
// of these may be over in the standby's. (Subtransactions end with their parents, at one record of
// the log and at one moment in the primary's memory, so only parents need to be looked at.)
bool shows_all(const Snapshot& primary, const Snapshot& standby) {
  const auto over = [&](Xid xid) { return is_over(standby, xid); };
  if (std::ranges::any_of(primary.running, over)) return false;
  if (standby.xmax <= primary.xmax) return true;
  if (standby.xmax - primary.xmax > k_max_inquired_range) return false;
  for (Xid xid = primary.xmax; xid < standby.xmax; ++xid) {
    if (over(xid)) return false;
  }
  return true;
}

// Ids are handed out in order. What wrote before the fence has a lower one than the fence's, so it
// is over unless the snapshot lists it: the list is complete below xmax.
bool shows_all_before(const Fence& fence, const Snapshot& primary) {
  if (fence.xid == 0 || primary.xmax <= fence.xid) return false;
  return std::ranges::none_of(primary.running, [&](Xid xid) { return xid < fence.xid; });
}

Inquiry inquiry_of(const Snapshot& primary) {
  const auto count = std::min(primary.running.size(), k_max_inquired_xids);
  return {.xids = {primary.running.begin(),
                   primary.running.begin() + static_cast<std::ptrdiff_t>(count)},
          .from = primary.xmax};
}

}  // namespace tidemark::topology
