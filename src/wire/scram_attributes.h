// Reads a SCRAM message: attributes "r=value", between commas, in a fixed order.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::wire {

// What PG_MAX_SASL_MESSAGE_LENGTH allows.
constexpr std::size_t k_max_scram_message = 1024;

// As wire/cursor.h: the first mistake sticks, later reads return nothing.
class ScramAttributes {
 public:
  explicit ScramAttributes(std::string_view message);

  // The value of the attribute that must come next. REQUIRES: `name` is a letter, if this has not
  // failed.
  std::string_view next(char name);
  // Passes over attributes that are optional, up to the one of this name.
  void skip_to(char name);
  void skip_rest() { rest_ = {}; }
  void refuse(std::string_view why);
  bool failed() const { return !mistake_.empty(); }

  // Whether everything was read without a mistake and nothing is left over.
  Result<void> finish();

 private:
  std::string_view rest_;  // without the comma before it
  std::string mistake_;
};

// Whether `nonce` has at least one byte, each printable and none a comma.
bool is_scram_nonce(std::string_view nonce);

}  // namespace tidemark::wire
