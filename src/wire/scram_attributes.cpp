#include "wire/scram_attributes.h"

#include <algorithm>

namespace tidemark::wire {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

ScramAttributes::ScramAttributes(std::string_view message) : rest_(message) {
  if (message.size() > k_max_scram_message) refuse("the message is too long");
  if (message.find('\0') != std::string_view::npos) refuse("a zero byte");
}

std::string_view ScramAttributes::next(char name) {
  if (!failed() && !(rest_.size() >= 2 && rest_[0] == name && rest_[1] == '=')) {
    refuse(std::string("attribute \"") + name + "\" expected");
  }
  if (failed()) return {};
  const std::size_t comma = rest_.find(',');
  const std::string_view value = rest_.substr(0, comma).substr(2);
  rest_ = comma == std::string_view::npos ? std::string_view() : rest_.substr(comma + 1);
  return value;
}

void ScramAttributes::skip_to(char name) {
  while (!failed() && !rest_.empty() && rest_[0] != name) {
    if (!is_letter(rest_[0])) refuse("attribute expected");
    next(rest_[0]);
  }
}

void ScramAttributes::refuse(std::string_view why) {
  if (!failed()) mistake_ = "malformed SCRAM message (" + std::string(why) + ")";
}

Result<void> ScramAttributes::finish() {
  if (!rest_.empty()) refuse("garbage at the end of the message");
  if (failed()) return fail(mistake_);
  return {};
}

bool is_scram_nonce(std::string_view nonce) {
  const auto allowed = [](char c) { return c > ' ' && c <= '~' && c != ','; };
  return !nonce.empty() && std::ranges::all_of(nonce, allowed);
}

}  // namespace tidemark::wire
