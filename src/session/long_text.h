// A text too long to be looked at whole, as it passes by: whether it may take back what was set in
// the transaction that it ends, and then commit something. COMMIT takes nothing back.
// Thread rule: a value.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidemark::session {

class LongText {
 public:
  // The next bytes of the text. True: a ROLLBACK or ABORT may have passed, with something behind
  // it; where the words stand (in a string, say) is not looked at.
  bool goes_on_behind_rollback(std::string_view bytes);

 private:
  std::size_t of_rollback_ = 0;  // of the word, how much has just passed
  std::size_t of_abort_ = 0;
  bool rolls_back_ = false;
  bool has_ended_ = false;  // that statement
};

}  // namespace tidemark::session
