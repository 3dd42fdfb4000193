// Just enough JSON to print: objects and lists of texts, truths and each other, in order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::cli {

// "text", escaped. Bytes from 0x80 on are taken to be UTF-8.
std::string json_text(std::string_view text);
std::string json_list(const std::vector<std::string>& texts);

class JsonObject {
 public:
  void add(std::string_view key, std::string_view text) { add_raw(key, json_text(text)); }
  void add(std::string_view key, const char* text) { add(key, std::string_view(text)); }
  void add(std::string_view key, bool value) { add_raw(key, value ? "true" : "false"); }
  void add(std::string_view key, const std::vector<std::string>& texts) {
    add_raw(key, json_list(texts));
  }
  void add_null(std::string_view key) { add_raw(key, "null"); }

  // One line a key.
  std::string text() const { return "{\n" + body_ + "\n}\n"; }

 private:
  void add_raw(std::string_view key, const std::string& value);

  std::string body_;
};

}  // namespace tidemark::cli
