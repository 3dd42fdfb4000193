#include "sql/shape.h"

#include <simdjson.h>

#include <array>
#include <cstring>

#include "sql/comments.h"
#include "sql/parse_tree.h"

namespace tidemark::sql {
namespace {

// What stands in a key for what is left out. No text that is looked at has such bytes.
constexpr char k_integer_marker = '\x01';
constexpr char k_number_marker = '\x02';
constexpr char k_string_marker = '\x03';
constexpr char k_comment_marker = '\x04';

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

constexpr bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// Begins a name or keyword.
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_high(c);
}

// Where a byte must be looked at. Most bytes are passed over.
using Marks = std::uint8_t;
constexpr Marks k_outside = 1;  // of strings, quoted names and comments
constexpr Marks k_in_string = 2;
constexpr Marks k_in_quoted_name = 4;
constexpr Marks k_in_line_comment = 8;
constexpr Marks k_in_block_comment = 16;
constexpr Marks k_beside_number = 32;  // as it makes something else of the number
constexpr Marks k_high = 64;           // beyond ASCII: wherever it stands

constexpr std::array<Marks, 256> k_marks = [] {
  std::array<Marks, 256> marks{};
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const auto mark = [&](Marks where, std::string_view chars, bool others) {
      if (others || chars.find(c) != chars.npos) marks[byte] |= where;
    };
    const bool control = byte < 0x20 && !is_blank(c);
    mark(k_outside, "'\"$-/\\", control || is_digit(c));
    mark(k_in_string, "'\\", control);
    mark(k_in_quoted_name, "\"", control);
    mark(k_in_line_comment, "\n\r", control);
    mark(k_in_block_comment, "*/", control);
    mark(k_beside_number, ".$", is_letter(c) || is_digit(c));
    mark(k_high, "", is_high(c));
  }
  return marks;
}();

unsigned marks_of(char c) { return k_marks[static_cast<unsigned char>(c)]; }

constexpr std::ptrdiff_t k_stride = 8;

unsigned marks_of_stride(const char* at) {
  return marks_of(at[0]) | marks_of(at[1]) | marks_of(at[2]) | marks_of(at[3]) | marks_of(at[4]) |
         marks_of(at[5]) | marks_of(at[6]) | marks_of(at[7]);
}

// 32 bits with a sign: what is larger is another kind of token.
bool fits_integer(std::string_view digits) {
  constexpr std::size_t k_always = 9;
  if (digits.size() <= k_always) return true;
  std::uint64_t value = 0;
  for (const char digit : digits) {
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    if (value > 0x7FFF'FFFF) return false;
  }
  return true;
}

}  // namespace

bool ShapeScanner::scan(std::string_view text) {
  if (text.size() > k_longest_text) return false;
  text_ = text;
  at_ = kept_ = key_size_ = 0;
  minus_ = Literal::k_no_minus;
  seen_ = 0;
  hints_known_ = false;
  literals_.clear();
  if (key_.size() < text.size()) key_.resize(text.size());  // what is left out is never shorter
  if (!scan_all() || kept_ == 0) return false;
  keep(text.size());
  return (seen_ & k_high) == 0 || simdjson::validate_utf8(text.data(), text.size());
}

// Names and keywords are passed over like blanks and operators: what they make of what stands
// beside them is looked up there, from the quote, dollar or digit.
bool ShapeScanner::scan_all() {
  for (bool understood = true; understood;) {
    skip_to(k_outside);
    if (at_ == text_.size()) return true;
    if (is_digit(text_[at_])) {
      scan_number();
      continue;
    }
    switch (text_[at_]) {
      case '\'':
        understood = scan_string();
        break;
      case '"':
        understood = scan_quoted_name();
        break;
      case '$':
        understood = scan_dollar();
        break;
      case '-':
        understood = scan_minus();
        break;
      case '/':
        understood = scan_slash();
        break;
      default:
        return false;
    }
  }
  return false;
}

// E'…', B'…', X'…', N'…', U&'…' and U&"…" are read in other ways.
bool ShapeScanner::follows_one_letter(std::size_t at) const {
  return at > 0 && is_letter(text_[at - 1]) && (at == 1 || !is_letter(text_[at - 2]));
}

bool ShapeScanner::follows_letter_and_ampersand() const {
  return at_ > 0 && text_[at_ - 1] == '&' && follows_one_letter(at_ - 1);
}

bool ShapeScanner::scan_string() {
  if (follows_one_letter(at_) || follows_letter_and_ampersand()) return false;
  const std::size_t begin = at_;
  do {
    ++at_;
    skip_to(k_in_string);
    if (ahead(0) != '\'') return false;
    ++at_;
  } while (ahead(0) == '\'');
  literals_.push_back({LiteralKind::k_string, begin, at_ - begin, Literal::k_no_minus});
  leave_out(k_string_marker, begin);
  return true;
}

bool ShapeScanner::scan_quoted_name() {
  if (follows_letter_and_ampersand()) return false;
  ++at_;
  skip_to(k_in_quoted_name);
  if (ahead(0) != '"') return false;
  ++at_;
  return true;
}

// a$b and $1; but $$…$$ and $tag$…$tag$ may be anything. Behind a digit it may begin either.
bool ShapeScanner::scan_dollar() {
  const bool in_name = at_ > 0 && is_letter(text_[at_ - 1]);
  if (!in_name && !is_digit(ahead(1))) return false;
  ++at_;
  skip_digits();
  return true;
}

bool ShapeScanner::scan_minus() {
  if (ahead(1) == '-') return scan_line_comment();
  minus_ = at_++;
  return true;
}

// Stays: it makes one string of two that stand on lines of their own.
bool ShapeScanner::scan_line_comment() {
  skip_to(k_in_line_comment);
  return at_ == text_.size() || is_blank(text_[at_]);
}

bool ShapeScanner::scan_slash() {
  if (ahead(1) == '*') return scan_block_comment();
  ++at_;
  return true;
}

bool ShapeScanner::scan_block_comment() {
  const std::size_t begin = at_;
  int depth = 0;
  do {
    skip_to(k_in_block_comment);
    const char c = ahead(0);
    if (c == '/' && ahead(1) == '*') {
      ++depth;
      at_ += 2;
    } else if (c == '*' && ahead(1) == '/') {
      --depth;
      at_ += 2;
    } else if (c == '/' || c == '*') {
      ++at_;
    } else {
      return false;
    }
  } while (depth > 0);
  if (!hints_known_) {
    has_hints_ = may_have_hints(text_);
    hints_known_ = true;
  }
  if (!has_hints_) leave_out(k_comment_marker, begin);
  return true;
}

// Or the digits of a name.
void ShapeScanner::scan_number() {
  const std::size_t begin = at_;
  skip_digits();
  const bool point = ahead(0) == '.';
  if (point) {
    ++at_;
    skip_digits();
  }
  const bool goes_on = begin > 0 && (marks_of(text_[begin - 1]) & k_beside_number) != 0;
  if (goes_on || text_[at_ - 1] == '.' || (marks_of(ahead(0)) & k_beside_number) != 0) return;
  const bool integer = !point && fits_integer(text_.substr(begin, at_ - begin));
  literals_.push_back({integer ? LiteralKind::k_integer : LiteralKind::k_number, begin, at_ - begin,
                       minus_before(begin)});
  leave_out(integer ? k_integer_marker : k_number_marker, begin);
}

std::size_t ShapeScanner::minus_before(std::size_t begin) const {
  if (minus_ == Literal::k_no_minus) return minus_;
  while (begin > 0 && is_blank(text_[begin - 1])) --begin;
  return begin > 0 && begin - 1 == minus_ ? minus_ : Literal::k_no_minus;
}

void ShapeScanner::skip_to(std::uint8_t marks) {
  const char* here = text_.data() + at_;
  const char* const end = text_.data() + text_.size();
  unsigned seen = seen_;
  for (; end - here >= k_stride; here += k_stride) {
    const unsigned found = marks_of_stride(here);
    seen |= found;
    if ((found & marks) != 0) break;
  }
  for (; here != end && (marks_of(*here) & marks) == 0; ++here) seen |= marks_of(*here);
  seen_ = static_cast<Marks>(seen);
  at_ = static_cast<std::size_t>(here - text_.data());
}

void ShapeScanner::skip_digits() {
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
}

char ShapeScanner::ahead(std::size_t count) const {
  return at_ + count < text_.size() ? text_[at_ + count] : '\0';
}

void ShapeScanner::keep(std::size_t until) {
  std::memcpy(key_.data() + key_size_, text_.data() + kept_, until - kept_);
  key_size_ += until - kept_;
  kept_ = until;
}

void ShapeScanner::leave_out(char marker, std::size_t begin) {
  keep(begin);
  key_[key_size_++] = marker;
  kept_ = at_;
}

}  // namespace tidemark::sql
