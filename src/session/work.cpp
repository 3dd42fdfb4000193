#include "session/work.h"

namespace tidemark::session {
namespace {

void clear_text(std::string& text) {
  if (text.capacity() > Replay::k_kept_bytes) {
    std::string().swap(text);
  } else {
    text.clear();
  }
}

}  // namespace

void Replay::clear() {
  clear_text(bytes);
  clear_text(held);
  changes.clear();
}

void Work::clear() {
  unit = {};
  batch.clear();
  request = {};
  alternatives.clear();
  trace.clear();
  writing = {};
  replay.clear();
  capturing.clear();
  told.clear();
}

}  // namespace tidemark::session
