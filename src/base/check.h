// CHECK aborts, in release builds too, when the program itself is wrong: a broken invariant must
// never turn into a wrong answer. Expected failures are a Result (base/result.h), never a CHECK.
#pragma once

namespace tidemark {

// Prints "file:line: check failed: condition" to stderr and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace tidemark

#define CHECK(condition) \
  ((condition) ? (void)0 : ::tidemark::check_failed(#condition, __FILE__, __LINE__))
