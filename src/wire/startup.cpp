#include "wire/startup.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "wire/cursor.h"
#include "wire/writer.h"

namespace tidemark::wire {
namespace {

constexpr std::uint32_t version(std::uint32_t major, std::uint32_t minor) {
  return major << 16 | minor;
}

// Codes in place of a version, chosen by PostgreSQL so that no version is ever equal to them.
constexpr std::uint32_t k_cancel_request = version(1234, 5678);
constexpr std::uint32_t k_ssl_request = version(1234, 5679);
constexpr std::uint32_t k_gssenc_request = version(1234, 5680);

std::unexpected<Error> bad_length() { return fail("invalid length of startup packet"); }

// Name and value in turn, an empty name as the end, and that at the very end.
Result<Parameters> parse_parameters(std::string_view bytes) {
  Parameters parameters;
  Cursor cursor(bytes);
  for (std::string_view name = cursor.string(); !name.empty(); name = cursor.string()) {
    const std::string_view value = cursor.string();
    parameters.emplace_back(name, value);
  }
  Result<Parameters> result = cursor.finish(std::move(parameters));
  if (!result) return fail("invalid startup packet layout: expected terminator as last byte");
  return result;
}

Result<StartupPacket> parse_startup(std::uint32_t code, std::string_view bytes, std::size_t size) {
  StartupPacket packet{size, StartupMessage{}};
  if (code == k_ssl_request || code == k_gssenc_request) {
    if (!bytes.empty()) return bad_length();
    if (code == k_ssl_request) packet.body = SslRequest{};
    if (code == k_gssenc_request) packet.body = GssEncRequest{};
    return packet;
  }
  if (code == k_cancel_request) {
    Cursor cursor(bytes);
    const CancelRequest request{cursor.int32(), cursor.rest()};
    if (request.key.size() < k_min_cancel_key || request.key.size() > k_max_cancel_key) {
      return bad_length();
    }
    packet.body = request;
    return packet;
  }
  StartupMessage startup{
      static_cast<std::uint16_t>(code >> 16), static_cast<std::uint16_t>(code & 0xffff), {}};
  if (startup.major == 3) {
    Result<Parameters> parameters = parse_parameters(bytes);
    if (!parameters) return std::unexpected(std::move(parameters.error()));
    startup.parameters = std::move(*parameters);
  }
  packet.body = std::move(startup);
  return packet;
}

}  // namespace

std::optional<std::string_view> StartupMessage::find(std::string_view name) const {
  const auto found = std::find_if(parameters.rbegin(), parameters.rend(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  if (found == parameters.rend()) return std::nullopt;
  return found->second;
}

Result<std::optional<StartupPacket>> peek_startup(std::string_view bytes) {
  if (bytes.size() < 4) return std::optional<StartupPacket>();
  const std::uint32_t length = Cursor(bytes.substr(0, 4)).int32();
  if (length < 8 || length > k_max_startup_payload + 4) return bad_length();
  if (bytes.size() < length) return std::optional<StartupPacket>();
  const std::uint32_t code = Cursor(bytes.substr(4, 4)).int32();
  return parse_startup(code, bytes.substr(8, length - 8), length);
}

Result<void> check_version(const StartupMessage& startup) {
  if (startup.major == 3) return {};
  return fail("unsupported frontend protocol " + std::to_string(startup.major) + "." +
              std::to_string(startup.minor) + ": server supports 3.0 to 3." +
              std::to_string(k_newest_minor));
}

void append_startup(std::string& out, std::uint16_t minor, const Parameters& parameters) {
  Writer writer(out);
  writer.int32(version(3, minor));
  for (const auto& [name, value] : parameters) writer.string(name).string(value);
  writer.byte('\0');
}

void append_ssl_request(std::string& out) { Writer(out).int32(k_ssl_request); }

void append_gssenc_request(std::string& out) { Writer(out).int32(k_gssenc_request); }

void append_cancel_request(std::string& out, std::uint32_t pid, std::string_view key) {
  CHECK(key.size() >= k_min_cancel_key && key.size() <= k_max_cancel_key);
  Writer(out).int32(k_cancel_request).int32(pid).bytes(key);
}

}  // namespace tidemark::wire
