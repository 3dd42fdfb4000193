// Copies bytes between clients and a server over net/, and looks at none of them: what the
// gateway's event loop costs without what the gateway does with a statement.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "net/address.h"
#include "net/backend_choice.h"
#include "net/reactor.h"

namespace {

using namespace tidemark;
using net::Connection;

constexpr const char* k_usage =
    "usage: byte_relay epoll|io_uring LISTEN TARGET\n\n"
    "Relays each TCP connection to a connection of its own, on one thread, with the event loop of\n"
    "the gateway. LISTEN and TARGET are addresses such as 127.0.0.1:6000. Runs until it is "
    "killed.\n";

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr, "byte_relay: %s\n", why.c_str());
  std::exit(2);
}

// What comes from one end leaves at the other; a slow one holds up the one that sends to it.
class End final : public net::Handler {
 public:
  End(End& other, std::function<void()> over) : other_(other), over_(std::move(over)) {}

  void is(Connection* connection) { connection_ = connection; }

 private:
  std::size_t on_bytes(std::string_view bytes) override {
    other_.connection_->out().append(bytes);
    other_.connection_->flush_later();
    if (other_.connection_->unsent() > Connection::k_high_water) connection_->pause_reading();
    return bytes.size();
  }

  void on_drained() override { other_.connection_->resume_reading(); }

  void on_closed(const Error&) override {
    other_.connection_->close_after_flush();
    over_();  // the last that either end does
  }

  End& other_;
  std::function<void()> over_;
  Connection* connection_ = nullptr;
};

class Relay {
 public:
  Relay(net::BackendKind backend, net::Address target)
      : reactor_(backend), target_(std::move(target)) {}

  void run(const net::Address& at) {
    const auto listening =
        reactor_.listen(at, [this](int fd, const net::SocketAddress&) { take(fd); });
    if (!listening) refuse(listening.error().message);
    reactor_.run();
  }

 private:
  struct Pair {
    explicit Pair(const std::function<void()>& over) : client(server, over), server(client, over) {}
    End client;
    End server;
  };

  void take(int fd) {
    const std::uint64_t number = ++count_;
    auto& pair = pairs_[number];
    pair = std::make_unique<Pair>([this, number] { pairs_.erase(number); });
    pair->client.is(reactor_.adopt(fd, pair->client));
    pair->server.is(reactor_.connect(target_, pair->server));
  }

  net::Reactor reactor_;
  net::Address target_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Pair>> pairs_;
  std::uint64_t count_ = 0;
};

net::Address address(std::string_view text) {
  const auto parsed = net::Address::parse(text);
  if (!parsed) refuse(parsed.error().message);
  auto resolved = parsed->resolve();
  if (!resolved) refuse(resolved.error().message);
  return *std::move(resolved);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wish = argc == 4 ? argv[1] : "";
  if (wish != "epoll" && wish != "io_uring") {
    std::fputs(k_usage, stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const auto choice = net::choose_backend(wish == "epoll" ? net::BackendWish::k_epoll
                                                          : net::BackendWish::k_io_uring);
  if (!choice) refuse(choice.error().message);
  Relay(choice->kind, address(argv[3])).run(address(argv[2]));
}
