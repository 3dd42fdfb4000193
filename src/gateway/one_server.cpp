#include "gateway/one_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tidemark::gateway {
namespace {

std::optional<std::string> common_target(const net::Address& a, const net::Address& b) {
  if (!a.resolved() || !b.resolved()) return std::nullopt;
  for (const net::SocketAddress& target : a.targets()) {
    const std::string text = target.to_string();
    if (std::ranges::find(b.targets(), text, &net::SocketAddress::to_string) != b.targets().end()) {
      return text;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> nodes_of_one_server(const std::vector<net::Address>& nodes) {
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const auto target = common_target(nodes[k], nodes[i]);
      if (!target.has_value()) continue;
      pairs.push_back(
          fmt::format("\"{}\" and \"{}\" are both {}: name each server once, as a standby that is "
                      "there twice gets twice the load, and a primary passes for two",
                      nodes[k].to_string(), nodes[i].to_string(), *target));
    }
  }
  return pairs;
}

}  // namespace tidemark::gateway
