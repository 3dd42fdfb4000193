#include "audit/workload/dsn.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>
#include <regex>
#include <string_view>

namespace tidemark::audit {
namespace {

bool is_secret(const PQconninfoOption& option) {
  const std::string_view name = option.keyword;
  // libpq marks what a password prompt should hide.
  return std::string_view(option.dispchar).starts_with('*') || name.find("password") != name.npos;
}

std::string quoted(std::string_view value) {
  if (!value.empty() && value.find_first_of(" '\\") == value.npos) return std::string(value);
  std::string text = "'";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') text += '\\';
    text += letter;
  }
  return text + "'";
}

}  // namespace

Result<std::string> without_secrets(const std::string& dsn) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(dsn.c_str(), &message), PQconninfoFree);
  PQfreemem(message);
  if (!options) return fail("libpq cannot read it as \"host=… port=…\" or as a URI");
  // Where it is comes first: tables cut off what is too long.
  std::string place;
  std::string rest;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || is_secret(*option)) continue;
    const std::string_view name = option->keyword;
    std::string& text = name == "host" || name == "port" || name == "hostaddr" ? place : rest;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, quoted(option->val));
  }
  return place + (place.empty() || rest.empty() ? "" : " ") + rest;
}

std::string masked(const std::string& text) {
  // password=hush, PGPASSWORD='hush', postgresql://eve:hush@host
  static const std::regex k_assigned(R"((password\s*=\s*)('[^']*'|"[^"]*"|[^\s'"&]+))",
                                     std::regex::icase);
  static const std::regex k_in_uri(R"((://[^\s:/@]*:)[^\s@]*@)");
  return std::regex_replace(std::regex_replace(text, k_assigned, "$1***"), k_in_uri, "$1***@");
}

}  // namespace tidemark::audit
