// What a terminal page is made of: lines of at most 100 columns, colour where it is wanted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::audit {

constexpr std::size_t k_columns = 100;

// How many columns UTF-8 text takes; one for each character.
std::size_t columns(std::string_view text);

// Breaks `text` at blanks into lines that fit, the first behind `first`, the others behind `rest`.
// A word that fits into no line stands alone in one that is too long.
std::string wrapped(std::string_view text, std::string_view first, std::string_view rest);

// Pads to so many columns, to the left or the right.
std::string left(std::string_view text, std::size_t width);
std::string right(std::string_view text, std::size_t width);

// Shortened to at most so many columns, with an ellipsis.
std::string shortened(std::string_view text, std::size_t width);

class Paint {
 public:
  explicit Paint(bool colour) : colour_(colour) {}

  std::string heading(std::string_view text) const { return in("1", text); }
  std::string good(std::string_view text) const { return in("32", text); }
  std::string bad(std::string_view text) const { return in("1;31", text); }
  std::string faint(std::string_view text) const { return in("2", text); }

 private:
  std::string in(std::string_view code, std::string_view text) const;

  bool colour_;
};

}  // namespace tidemark::audit
