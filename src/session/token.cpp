#include "session/token.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/check.h"
#include "wire/crypto.h"

namespace tidemark::session {
namespace {

constexpr std::string_view k_prefix = "tm1_";
constexpr std::size_t k_mac_size = 16;

constexpr std::string_view k_whole =
    "Set what SHOW tidemark.token gave, all of it and nothing besides.";

std::unexpected<Refusal> refuse(const std::string& why, std::string_view hint) {
  return std::unexpected(Refusal{
      "22023", "invalid value for parameter \"tidemark.token\": " + why, {}, std::string(hint)});
}

std::string mac_of(std::string_view sized_body, std::string_view key) {
  CHECK(!key.empty());
  return wire::hmac_sha256(key, std::string(k_prefix).append(sized_body)).substr(0, k_mac_size);
}

std::string to_base64url(std::string_view bytes) {
  std::string text = wire::to_base64(bytes);
  text.resize(text.find_last_not_of('=') + 1);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

// Whole bytes: bits and digits left over at the end are passed over, since that is how a text looks
// that was cut short.
std::optional<std::string> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string padded(text.substr(0, text.size() - (text.size() % 4 == 1)));
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return wire::from_base64(padded);
}

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// Takes from the front. Once something was missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    if (bytes_.empty()) failed_ = true;
    if (failed_) return 0;
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }

  std::uint64_t fixed64() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 8) value |= std::uint64_t{byte()} << shift;
    return value;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      const std::uint64_t digit = next & 0x7f;
      if (digit << shift >> shift != digit) failed_ = true;
      value |= digit << shift;
      if (next < 0x80) return value;
    }
    failed_ = true;
    return value;
  }

  std::string_view rest() const { return bytes_; }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

// Of another version than this one's, if the text is a token at all.
std::optional<std::string_view> other_version(std::string_view text) {
  if (!text.starts_with("tm")) return std::nullopt;
  const std::string_view rest = text.substr(2);
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const bool is_version = digits >= 1 && digits <= 4 && rest.front() != '0';
  if (!is_version || !rest.substr(digits).starts_with('_')) return std::nullopt;
  return rest.substr(0, digits);
}

std::unexpected<Refusal> refuse_prefix(std::string_view text) {
  if (const auto version = other_version(text)) {
    return refuse("the token is of version " + std::string(*version) +
                      ", and this gateway knows version 1 only",
                  "Run the same version of Tidemark on all gateways that exchange tokens.");
  }
  if (k_prefix.starts_with(text)) return refuse("the token is cut short", k_whole);
  return refuse("this is no token", k_whole);
}

// What the key has vouched for.
std::expected<Token, Refusal> read_body(std::string_view body) {
  Reader reader(body);
  const std::uint64_t origins = reader.number();
  if (!reader.failed() && origins != 1) {
    return refuse("the token is about " + std::to_string(origins) + " origins, and not about one",
                  "Run the same version of Tidemark on all gateways that exchange tokens.");
  }
  Token token;
  token.system_identifier = reader.fixed64();
  const std::uint8_t shown = reader.byte();
  const std::uint64_t timeline = reader.number();
  token.writes = {reader.number()};
  token.reads = {reader.number()};
  token.shown = shown == 1;
  token.timeline = static_cast<consistency::Timeline>(timeline);
  const bool has_positions =
      token.writes != consistency::Lsn{} || token.reads != consistency::Lsn{};
  if (reader.failed() || !reader.rest().empty() || shown > 1 || token.timeline != timeline ||
      (has_positions && timeline == 0)) {
    return refuse("the token makes no sense, although it was made with this gateway's key",
                  "Another program may be using the same consistency.token_key.");
  }
  return token;
}

}  // namespace

std::string encode(const Token& token, std::string_view key) {
  std::string body;
  put_number(body, 1);
  for (int shift = 0; shift < 64; shift += 8) {
    body.push_back(static_cast<char>(token.system_identifier >> shift & 0xff));
  }
  body.push_back(token.shown ? '\1' : '\0');
  put_number(body, token.timeline);
  put_number(body, token.writes.value);
  put_number(body, token.reads.value);
  std::string sealed;
  put_number(sealed, body.size());
  sealed += body;
  sealed += mac_of(sealed, key);
  std::string text = std::string(k_prefix) + to_base64url(sealed);
  CHECK(text.size() <= k_max_token_size);
  return text;
}

std::expected<Token, Refusal> decode(std::string_view text, std::string_view key) {
  if (!text.starts_with(k_prefix)) return refuse_prefix(text);
  const std::string_view digits = text.substr(k_prefix.size());
  const auto sealed = from_base64url(digits);
  if (!sealed) return refuse("this is no token", k_whole);
  Reader reader(*sealed);
  const std::uint64_t body_size = reader.number();
  const std::string_view rest = reader.rest();
  if (reader.failed() || rest.size() < k_mac_size || rest.size() - k_mac_size < body_size) {
    return refuse("the token is cut short", k_whole);
  }
  const bool has_odd_digit = digits.size() % 4 == 1;  // no number of bytes gives 4n + 1 digits
  if (rest.size() - k_mac_size > body_size || has_odd_digit) {
    return refuse("the token goes on beyond its end", k_whole);
  }
  const std::string_view sized_body(sealed->data(), sealed->size() - k_mac_size);
  const bool is_genuine =
      wire::equal_in_constant_time(rest.substr(body_size), mac_of(sized_body, key));
  // No two texts are one token, although the last digit has bits to spare.
  if (!is_genuine || to_base64url(*sealed) != digits) {
    return refuse("the token was changed, or was made with another key",
                  "Gateways that exchange tokens need the same consistency.token_key.");
  }
  return read_body(rest.substr(0, body_size));
}

}  // namespace tidemark::session
