// Trace: the newest version of each row that a session had written, or seen, at each point of its
// program.
//
// Pure. Thread rule: none.
#pragma once

#include <unordered_map>
#include <vector>

#include "audit/checks/model.h"

namespace tidemark::audit {

class Trace {
 public:
  struct Entry {
    std::uint32_t index = 0;  // within the life
    OperationId operation = 0;
    Version version = 0;
    WriteId writer = 0;
  };

  // REQUIRES: of one life, in the order of its program.
  void note(Place place, RowId row, const Entry& entry);

  // The newest version up to and without the operation at this place; null if there is none.
  const Entry* before(Place place, RowId row) const;

 private:
  // By life and row: ascending by index and by version.
  std::unordered_map<std::uint64_t, std::vector<Entry>> entries_;
};

// What a session had to find again.
struct Traces {
  Trace written;  // acknowledged, by the session itself
  Trace seen;     // by its reads, and by its writes, each of which saw the version before its own
};

Traces trace(const Model& model);

}  // namespace tidemark::audit
