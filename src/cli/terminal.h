// Text for people: styled on a terminal, plain in a pipe and where NO_COLOR is set.
// Thread rule: immutable after construction.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::cli {

class Terminal {
 public:
  // Of standard output (1) or standard error (2).
  explicit Terminal(int fd);

  bool is_terminal() const { return is_terminal_; }
  bool is_colourful() const { return colour_; }

  std::string bold(std::string_view text) const { return styled("1", text); }
  std::string dim(std::string_view text) const { return styled("2", text); }
  std::string green(std::string_view text) const { return styled("32", text); }
  std::string red(std::string_view text) const { return styled("31", text); }
  std::string yellow(std::string_view text) const { return styled("33", text); }
  std::string blue(std::string_view text) const { return styled("34;1", text); }

 private:
  std::string styled(const char* code, std::string_view text) const;

  bool is_terminal_ = false;
  bool colour_ = false;
};

}  // namespace tidemark::cli
