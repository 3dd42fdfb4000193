// Expected failures are values: a function that can fail returns Result<T>, and the caller decides.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tidemark {

// What went wrong and where, as one sentence for a person. Lower case, no full stop, like
// PostgreSQL's own messages.
struct Error {
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message) {
  return std::unexpected(Error{std::move(message)});
}

}  // namespace tidemark
