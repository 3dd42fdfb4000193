#include "session/long_text.h"

namespace tidemark::session {
namespace {

constexpr std::string_view k_rollback = "rollback";
constexpr std::string_view k_abort = "abort";

// Their first letters do not come again in them.
bool completes(std::string_view word, char c, std::size_t& matched) {
  if (c == word[matched]) {
    ++matched;
  } else {
    matched = c == word[0] ? 1 : 0;
  }
  if (matched < word.size()) return false;
  matched = 0;
  return true;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Nothing that could be a statement; the message ends with a NUL.
bool is_nothing(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '\0';
}

}  // namespace

bool LongText::goes_on_behind_rollback(std::string_view bytes) {
  for (const char c : bytes) {
    if (has_ended_) {
      if (!is_nothing(c)) return true;
    } else if (rolls_back_) {
      has_ended_ = c == ';';
    } else {
      const bool rollback = completes(k_rollback, lower(c), of_rollback_);
      rolls_back_ = completes(k_abort, lower(c), of_abort_) || rollback;
    }
  }
  return false;
}

}  // namespace tidemark::session
