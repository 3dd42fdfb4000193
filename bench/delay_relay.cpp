// Puts distance between two machines that are one: a TCP relay with a round trip of its own.
#include <sys/resource.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "relay/relay.h"

namespace {

using tidemark::bench::fail;
using tidemark::bench::name_of;
using tidemark::bench::parse_address;
using tidemark::bench::Relay;

constexpr double k_longest_ms = 60'000;

constexpr const char* k_usage =
    "usage: delay_relay --rtt MILLISECONDS LISTEN=TARGET [LISTEN=TARGET ...]\n\n"
    "Relays TCP connections and delays each direction by half of the round trip. Bytes keep their\n"
    "order and their rate; the end of a stream and a reset are delayed like bytes.\n\n"
    "  --rtt MILLISECONDS  the round trip to add, fractions allowed (0 relays at once)\n"
    "  LISTEN, TARGET      host:port or [ipv6]:port; port 0 to listen on any free one\n\n"
    "Prints one line for each pair once it listens, \"127.0.0.1:7001 -> 127.0.0.1:5501\", and "
    "runs\n"
    "until it is killed.\n";

Relay::Duration parse_milliseconds(std::string_view text) {
  double value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || !(value >= 0 && value <= k_longest_ms)) {
    errno = 0;
    fail("--rtt takes milliseconds from 0 to 60000, not \"" + std::string(text) + "\"");
  }
  return std::chrono::duration_cast<Relay::Duration>(
      std::chrono::duration<double, std::milli>(value));
}

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void add_link(Relay& relay, const std::string& words) {
  const auto equals = words.find('=');
  if (equals == std::string::npos) {
    errno = 0;
    fail("\"" + words + "\" is not LISTEN=TARGET");
  }
  const auto target = parse_address(words.substr(equals + 1));
  const auto bound = relay.add_link(parse_address(words.substr(0, equals)), target);
  std::printf("%s -> %s\n", name_of(bound).c_str(), name_of(target).c_str());
  std::fflush(stdout);
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 3 || words[0] != "--rtt") {
    const bool is_asked = !words.empty() && (words[0] == "--help" || words[0] == "-h");
    std::fputs(k_usage, is_asked ? stdout : stderr);
    return is_asked ? 0 : 2;
  }
  allow_many_descriptors();
  Relay relay(parse_milliseconds(words[1]));
  for (std::size_t i = 2; i < words.size(); ++i) add_link(relay, words[i]);
  relay.run();
}

}  // namespace

int main(int count, char** words) {
  try {
    return run({words + 1, words + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "delay_relay: %s\n", error.what());
    return 1;
  }
}
