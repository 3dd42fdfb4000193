// JsonWriter: JSON text, member by member, indented. What it writes is valid whatever the strings
// hold: bytes that are no UTF-8 become U+FFFD, and "<" is escaped, so that the text may also stand
// inside an HTML page.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::audit {

class JsonWriter {
 public:
  enum class Layout : std::uint8_t { k_indented, k_compact };

  explicit JsonWriter(Layout layout = Layout::k_indented) : layout_(layout) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  // REQUIRES: inside an object; a value, an object or an array follows.
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool flag);
  void value(double number);  // rounded to six decimals; REQUIRES: finite
  template <std::unsigned_integral T>
  void value(T number) {
    separate();
    text_ += std::to_string(number);
  }
  void null();

  template <class T>
  void member(std::string_view name, const T& what) {
    key(name);
    value(what);
  }

  // REQUIRES: everything that was begun is ended.
  std::string take();

 private:
  void begin(char bracket);
  void end(char bracket);
  void separate();  // the comma, line and indentation that go before the next value
  void quote(std::string_view text);

  Layout layout_;
  std::string text_;
  std::vector<bool> empty_;  // of what is open: whether nothing is in it so far
  bool after_key_ = false;
};

}  // namespace tidemark::audit
