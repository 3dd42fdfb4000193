#include "sql/shape.h"

#include <simdjson.h>

#include <array>
#include <utility>

#include "sql/comments.h"
#include "sql/parse_tree.h"

namespace tidemark::sql {
namespace {

// What stands in a key for what is left out. No text that is looked at has such bytes.
constexpr char k_integer_marker = '\x01';
constexpr char k_number_marker = '\x02';
constexpr char k_string_marker = '\x03';
constexpr char k_comment_marker = '\x04';

enum class Class : std::uint8_t {
  k_other,  // operators, punctuation
  k_blank,
  k_word,  // begins or goes on with a name or keyword
  k_high,  // likewise, beyond ASCII
  k_digit,
  k_quote,
  k_name_quote,
  k_dollar,
  k_minus,
  k_slash,
  k_backslash,
  k_control,
};

constexpr std::array<Class, 256> k_classes = [] {
  std::array<Class, 256> classes{};
  for (int c = 0; c < 0x20; ++c) classes[c] = Class::k_control;
  for (const char c : {' ', '\t', '\n', '\r', '\f'}) classes[static_cast<int>(c)] = Class::k_blank;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = Class::k_word;
  for (int c = 0x80; c < 0x100; ++c) classes[c] = Class::k_high;
  for (int c = '0'; c <= '9'; ++c) classes[c] = Class::k_digit;
  classes['_'] = Class::k_word;
  classes['\''] = Class::k_quote;
  classes['"'] = Class::k_name_quote;
  classes['$'] = Class::k_dollar;
  classes['-'] = Class::k_minus;
  classes['/'] = Class::k_slash;
  classes['\\'] = Class::k_backslash;
  return classes;
}();

Class class_of(char c) { return k_classes[static_cast<unsigned char>(c)]; }

constexpr std::array<bool, 256> k_goes_on = [] {
  std::array<bool, 256> goes_on{};
  for (std::size_t c = 0; c < goes_on.size(); ++c) {
    const Class type = k_classes[c];
    goes_on[c] = type == Class::k_word || type == Class::k_high || type == Class::k_digit ||
                 type == Class::k_dollar;
  }
  return goes_on;
}();

bool goes_on_with_word(char c) { return k_goes_on[static_cast<unsigned char>(c)]; }

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
  text_ = text;
  at_ = kept_ = 0;
  minus_ = Literal::k_no_minus;
  has_high_ = hints_known_ = left_out_ = false;
  key_.clear();
  literals_.clear();
  if (text.size() > k_longest_text || !scan_all() || !left_out_) return false;
  keep(text_.size());
  return !has_high_ || simdjson::validate_utf8(text.data(), text.size());
}

bool ShapeScanner::scan_all() {
  while (at_ < text_.size()) {
    const Class type = class_of(text_[at_]);
    if (type == Class::k_blank) {
      ++at_;
      continue;
    }
    const std::size_t minus = std::exchange(minus_, Literal::k_no_minus);
    switch (type) {
      case Class::k_word:
      case Class::k_high:
        if (!scan_word()) return false;
        break;
      case Class::k_digit:
        minus_ = minus;
        scan_number();
        break;
      case Class::k_quote:
        if (!scan_string()) return false;
        break;
      case Class::k_name_quote:
        if (!scan_quoted_name()) return false;
        break;
      case Class::k_dollar:
        if (!scan_parameter()) return false;
        break;
      case Class::k_minus:
        if (next() == '-') {
          if (!scan_line_comment()) return false;
        } else {
          minus_ = at_++;
        }
        break;
      case Class::k_slash:
        if (next() != '*') {
          ++at_;
        } else if (!scan_block_comment()) {
          return false;
        }
        break;
      case Class::k_other:
        ++at_;
        break;
      default:
        return false;
    }
  }
  return true;
}

// E'…', B'…', X'…', N'…', U&'…' and U&"…" are read in other ways.
bool ShapeScanner::scan_word() {
  const std::size_t begin = at_;
  unsigned char all = 0;
  std::size_t end = begin;
  for (; end < text_.size() && goes_on_with_word(text_[end]); ++end) {
    all |= static_cast<unsigned char>(text_[end]);
  }
  has_high_ = has_high_ || (all & 0x80) != 0;
  at_ = end;
  if (at_ - begin > 1 || at_ == text_.size()) return true;
  return text_[at_] != '\'' && !(text_[at_] == '&' && (next() == '\'' || next() == '"'));
}

bool ShapeScanner::scan_string() {
  std::size_t end = at_ + 1;
  for (;; ++end) {
    if (end == text_.size()) return false;
    const Class type = class_of(text_[end]);
    if (type == Class::k_control || type == Class::k_backslash) return false;
    has_high_ = has_high_ || type == Class::k_high;
    if (type != Class::k_quote) continue;
    if (end + 1 == text_.size() || text_[end + 1] != '\'') break;
    ++end;
  }
  literals_.push_back({LiteralKind::k_string, at_, end + 1 - at_, Literal::k_no_minus});
  leave_out(k_string_marker, end + 1);
  return true;
}

bool ShapeScanner::scan_quoted_name() {
  for (++at_; at_ < text_.size(); ++at_) {
    const Class type = class_of(text_[at_]);
    if (type == Class::k_control) return false;
    has_high_ = has_high_ || type == Class::k_high;
    if (type == Class::k_name_quote) {
      ++at_;
      return true;
    }
  }
  return false;
}

// $1; but $$…$$ and $tag$…$tag$ may be anything.
bool ShapeScanner::scan_parameter() {
  if (class_of(next()) != Class::k_digit) return false;
  for (++at_; at_ < text_.size() && class_of(text_[at_]) == Class::k_digit;) ++at_;
  return true;
}

// Stays: it makes one string of two that stand on lines of their own.
bool ShapeScanner::scan_line_comment() {
  for (; at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r'; ++at_) {
    const Class type = class_of(text_[at_]);
    if (type == Class::k_control) return false;
    has_high_ = has_high_ || type == Class::k_high;
  }
  return true;
}

bool ShapeScanner::scan_block_comment() {
  std::size_t end = at_ + 2;
  for (int depth = 1; depth > 0;) {
    if (end + 1 >= text_.size()) return false;
    const char c = text_[end];
    const char following = text_[end + 1];
    if (class_of(c) == Class::k_control) return false;
    has_high_ = has_high_ || class_of(c) == Class::k_high;
    if (c == '/' && following == '*') {
      ++depth;
      end += 2;
    } else if (c == '*' && following == '/') {
      --depth;
      end += 2;
    } else {
      ++end;
    }
  }
  if (!hints_known_) {
    has_hints_ = may_have_hints(text_);
    hints_known_ = true;
  }
  if (has_hints_) {
    at_ = end;
  } else {
    leave_out(k_comment_marker, end);
  }
  return true;
}

void ShapeScanner::scan_number() {
  const std::size_t minus = std::exchange(minus_, Literal::k_no_minus);
  const bool goes_on = at_ > 0 && (text_[at_ - 1] == '.' || goes_on_with_word(text_[at_ - 1]));
  std::size_t end = at_;
  std::size_t points = 0;
  for (; end < text_.size(); ++end) {
    const bool point = text_[end] == '.';
    if (!point && class_of(text_[end]) != Class::k_digit) break;
    points += point ? 1 : 0;
  }
  const bool whole = end == text_.size() || !goes_on_with_word(text_[end]);
  if (goes_on || !whole || points > 1 || text_[end - 1] == '.') {
    at_ = end;
    return;
  }
  const bool integer = points == 0 && fits_integer(text_.substr(at_, end - at_));
  literals_.push_back(
      {integer ? LiteralKind::k_integer : LiteralKind::k_number, at_, end - at_, minus});
  leave_out(integer ? k_integer_marker : k_number_marker, end);
}

char ShapeScanner::next(std::size_t ahead) const {
  return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
}

void ShapeScanner::keep(std::size_t until) {
  key_.append(text_.data() + kept_, until - kept_);
  kept_ = until;
}

void ShapeScanner::leave_out(char marker, std::size_t until) {
  keep(at_);
  key_ += marker;
  at_ = kept_ = until;
  left_out_ = true;
}

}  // namespace tidemark::sql
