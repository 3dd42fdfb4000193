// The first packet of a connection, which has no tag: a length that counts itself, a version or a
// code in its place, and what belongs to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tidemark::wire {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// MAX_STARTUP_PACKET_LENGTH: what may follow the four bytes of the length.
constexpr std::uint32_t k_max_startup_payload = 10'000;
// Protocol 3.2 lets a server choose the length of its cancel key, within these bounds, in bytes.
constexpr std::size_t k_min_cancel_key = 4;
constexpr std::size_t k_max_cancel_key = 256;

// The newest minor version of protocol 3 that the codec knows.
constexpr std::uint16_t k_newest_minor = 2;

struct SslRequest {};
struct GssEncRequest {};

struct CancelRequest {
  std::uint32_t pid = 0;
  std::string_view key;  // a view into the given bytes
};

struct StartupMessage {
  std::uint16_t major = 3;
  std::uint16_t minor = 0;
  // In the order they came, repetitions included (PostgreSQL lets the last one win). Empty if the
  // major version is not 3: nobody knows the layout then.
  Parameters parameters;

  // The value of the last parameter of this name; none if there is none.
  std::optional<std::string_view> find(std::string_view name) const;
};

struct StartupPacket {
  std::size_t size = 0;  // how many bytes of the input it takes
  std::variant<SslRequest, GssEncRequest, CancelRequest, StartupMessage> body;
};

// None: more bytes are needed. A length out of bounds is refused as soon as it can be read, and so
// are bytes that cannot be PostgreSQL's (a TLS or HTTP client).
Result<std::optional<StartupPacket>> peek_startup(std::string_view bytes);

// Whether this gateway speaks the asked version (3, any minor: a newer minor is negotiated down).
// The error is PostgreSQL's; its SQLSTATE is 0A000.
Result<void> check_version(const StartupMessage& startup);

// Takes apart the startup parameter "options", the command line of the backend: "-c name=value",
// "-cname=value" and "--name=value", in which a backslash escapes a space or itself, and '-' in a
// name stands for '_'. Any other switch is an error (SQLSTATE 42601).
Result<Parameters> parse_options(std::string_view options);

// Encoders append one whole packet to `out`.
void append_startup(std::string& out, std::uint16_t minor, const Parameters& parameters);
void append_ssl_request(std::string& out);
void append_gssenc_request(std::string& out);
void append_cancel_request(std::string& out, std::uint32_t pid, std::string_view key);

}  // namespace tidemark::wire
