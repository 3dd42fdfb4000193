#include "cli/json.h"

#include <fmt/format.h>

namespace tidemark::cli {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ", ";
    out += json_text(text);
  }
  return out += "]";
}

void JsonObject::add_raw(std::string_view key, const std::string& value) {
  if (!body_.empty()) body_ += ",\n";
  body_ += fmt::format("  {}: {}", json_text(key), value);
}

}  // namespace tidemark::cli
