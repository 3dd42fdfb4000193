// What all threads share of when tables were last written (routing/table_writes.h).
// Thread rule: any thread; one lock, held for a microsecond or so.
#pragma once

#include <mutex>
#include <type_traits>

#include "routing/table_writes.h"

namespace tidemark::gateway {

class SharedWrites {
 public:
  // Calls f(TableWrites&), which must not block.
  template <class F>
  std::invoke_result_t<F, routing::TableWrites&> with(F f) {
    const std::scoped_lock lock(mutex_);
    return f(writes_);
  }

 private:
  std::mutex mutex_;
  routing::TableWrites writes_;  // guarded by mutex_
};

}  // namespace tidemark::gateway
