#include "consistency/sample.h"

namespace tidemark::consistency {

Lsn reached_by(Lsn replay, std::optional<Lsn> receive) {
  const bool nothing_in_redo = receive && *receive == replay;
  return nothing_in_redo ? replay : Lsn{replay.value + 1};
}

}  // namespace tidemark::consistency
