#include "wire/frame.h"

#include <algorithm>
#include <array>
#include <string>

namespace tidemark::wire {
namespace {

struct ClientTag {
  char tag;
  std::string_view name;
  std::uint32_t limit;
};

constexpr std::uint32_t k_large = k_max_large_client_message;
constexpr std::uint32_t k_small = k_max_small_client_message;

// The tags and limits of SocketBackend() in PostgreSQL's postgres.c, but for the password.
constexpr std::array k_client_tags = {
    ClientTag{'Q', "Query", k_large},        ClientTag{'P', "Parse", k_large},
    ClientTag{'B', "Bind", k_large},         ClientTag{'E', "Execute", k_small},
    ClientTag{'D', "Describe", k_small},     ClientTag{'C', "Close", k_small},
    ClientTag{'S', "Sync", k_small},         ClientTag{'H', "Flush", k_small},
    ClientTag{'X', "Terminate", k_small},    ClientTag{'d', "CopyData", k_large},
    ClientTag{'c', "CopyDone", k_small},     ClientTag{'f', "CopyFail", k_small},
    ClientTag{'F', "FunctionCall", k_large},
};

struct ServerTag {
  char tag;
  std::string_view name;
};

constexpr std::array k_server_tags = {
    ServerTag{'R', "Authentication"},
    ServerTag{'K', "BackendKeyData"},
    ServerTag{'2', "BindComplete"},
    ServerTag{'3', "CloseComplete"},
    ServerTag{'C', "CommandComplete"},
    ServerTag{'W', "CopyBothResponse"},
    ServerTag{'d', "CopyData"},
    ServerTag{'c', "CopyDone"},
    ServerTag{'G', "CopyInResponse"},
    ServerTag{'H', "CopyOutResponse"},
    ServerTag{'D', "DataRow"},
    ServerTag{'I', "EmptyQueryResponse"},
    ServerTag{'E', "ErrorResponse"},
    ServerTag{'V', "FunctionCallResponse"},
    ServerTag{'v', "NegotiateProtocolVersion"},
    ServerTag{'n', "NoData"},
    ServerTag{'N', "NoticeResponse"},
    ServerTag{'A', "NotificationResponse"},
    ServerTag{'t', "ParameterDescription"},
    ServerTag{'S', "ParameterStatus"},
    ServerTag{'1', "ParseComplete"},
    ServerTag{'s', "PortalSuspended"},
    ServerTag{'Z', "ReadyForQuery"},
    ServerTag{'T', "RowDescription"},
};

std::string number_of(char tag) { return std::to_string(static_cast<unsigned char>(tag)); }

// The limit by tag, 0 for a tag that no client sends: a lookup, as every frame passes here.
constexpr auto k_client_limits = [] {
  std::array<std::uint32_t, 256> limits{};
  for (const ClientTag& known : k_client_tags) {
    limits[static_cast<unsigned char>(known.tag)] = known.limit;
  }
  return limits;
}();

template <class Tags>
std::string_view name_in(const Tags& tags, char tag) {
  const auto found = std::ranges::find(tags, tag, [](const auto& known) { return known.tag; });
  return found == tags.end() ? "unknown message" : found->name;
}

}  // namespace

Result<void> validate_client(const Header& header) {
  const std::uint32_t limit = k_client_limits[static_cast<unsigned char>(header.tag)];
  if (limit == 0) return fail("invalid frontend message type " + number_of(header.tag));
  if (header.length > limit) return fail("invalid message length");
  return {};
}

Result<void> validate_password(const Header& header) {
  if (header.tag != 'p') {
    return fail("expected password response, got message type " + number_of(header.tag));
  }
  if (header.length > k_max_password_message) return fail("invalid message length");
  return {};
}

std::string_view message_name(Side side, char tag) {
  if (side == Side::k_server) return name_in(k_server_tags, tag);
  return tag == 'p' ? "PasswordMessage" : name_in(k_client_tags, tag);
}

}  // namespace tidemark::wire
