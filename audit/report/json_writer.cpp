#include "audit/report/json_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "base/check.h"

namespace tidemark::audit {
namespace {

// How many bytes the UTF-8 character at the head of `text` has; 0: it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length > text.size()) return 0;
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xC0) != 0x80) return 0;
  }
  // Longer than need be, a surrogate, or beyond the last character.
  if (length == 3 && ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F))) {
    return 0;
  }
  if (length == 4 && ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))) {
    return 0;
  }
  return length;
}

}  // namespace

void JsonWriter::quote(std::string_view text) {
  text_ += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char character = text.front();
    if (length == 0) {
      text_ += "\\ufffd";
    } else if (length > 1) {
      text_ += text.substr(0, length);
    } else if (character == '"' || character == '\\') {
      text_ += '\\';
      text_ += character;
    } else if (character == '\n') {
      text_ += "\\n";
    } else if (static_cast<unsigned char>(character) < 0x20 || character == '<') {
      text_ += fmt::format("\\u{:04x}", static_cast<unsigned>(character));
    } else {
      text_ += character;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  text_ += '"';
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (empty_.empty()) return;
  if (!empty_.back()) text_ += ',';
  empty_.back() = false;
  if (layout_ == Layout::k_indented) {
    text_ += '\n';
    text_.append(2 * empty_.size(), ' ');
  }
}

void JsonWriter::begin(char bracket) {
  separate();
  text_ += bracket;
  empty_.push_back(true);
}

void JsonWriter::end(char bracket) {
  CHECK(!empty_.empty() && !after_key_);
  const bool was_empty = empty_.back();
  empty_.pop_back();
  if (!was_empty && layout_ == Layout::k_indented) {
    text_ += '\n';
    text_.append(2 * empty_.size(), ' ');
  }
  text_ += bracket;
}

void JsonWriter::key(std::string_view name) {
  CHECK(!after_key_);
  separate();
  quote(name);
  text_ += layout_ == Layout::k_indented ? ": " : ":";
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quote(text);
}

void JsonWriter::value(bool flag) {
  separate();
  text_ += flag ? "true" : "false";
}

void JsonWriter::value(double number) {
  CHECK(std::isfinite(number));
  separate();
  std::string digits = fmt::format("{:.6f}", number);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  text_ += digits == "-0" ? "0" : digits;
}

void JsonWriter::null() {
  separate();
  text_ += "null";
}

std::string JsonWriter::take() {
  CHECK(empty_.empty() && !after_key_);
  if (layout_ == Layout::k_indented) text_ += '\n';
  return std::move(text_);
}

}  // namespace tidemark::audit
