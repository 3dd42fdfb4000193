#include "gateway/monitor.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "gateway/node_probe.h"
#include "net/clock.h"
#include "net/descriptor.h"

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;

// A port on which connections are taken and never answered; or, if deaf, refused.
class SilentPort {
 public:
  explicit SilentPort(bool deaf) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_.get(), generic, length), 0);
    if (!deaf) {
      EXPECT_EQ(listen(socket_.get(), 16), 0);
    }
    EXPECT_EQ(getsockname(socket_.get(), generic, &length), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

  const std::string& address() const { return address_; }

 private:
  net::Descriptor socket_;
  std::string address_;
};

ServerTarget target_of(const SilentPort& port) {
  ServerTarget target;
  target.address = port.address();
  target.user = target.database = "postgres";
  target.timeout = 50ms;
  return target;
}

// Drives the probe until it fails.
Error failure_of(NodeProbe& probe) {
  const Instant give_up = net::now() + 10s;
  while (net::now() < give_up) {
    if (const auto done = probe.tick(net::now(), {}); !done) return done.error();
    if (const auto done = probe.advance(net::now()); !done) return done.error();
    if (const auto done = probe.take(net::now()); !done) return done.error();
    std::this_thread::sleep_for(1ms);
  }
  return {"it never failed"};
}

TEST(NodeProbe, ANodeThatDoesNotAnswerInTimeHasFailed) {
  const SilentPort port(false);
  NodeProbe probe(0, target_of(port), 10ms);
  EXPECT_EQ(failure_of(probe).message, "no answer within 50ms");
}

TEST(NodeProbe, ARefusedConnectionIsToldInPlainWords) {
  const SilentPort port(true);
  NodeProbe probe(0, target_of(port), 10ms);
  EXPECT_NE(failure_of(probe).message.find("Connection refused"), std::string::npos);
}

TEST(NodeProbe, ThePausesBetweenAttemptsGrowUpToALimit) {
  const SilentPort port(true);
  NodeProbe probe(0, target_of(port), 10ms);
  Duration pause = Duration::zero();
  Instant now = net::now();
  for (int attempt = 0; attempt < 12; ++attempt) {
    // The refusal may come at once or with the next look at the socket.
    while (probe.tick(now, {}).has_value() && probe.advance(now).has_value()) {
    }
    const Duration next = probe.deadline() - now;
    EXPECT_GE(next, pause);
    pause = next;
    now = probe.deadline();
  }
  EXPECT_EQ(pause, k_longest_retry);
}

TEST(Monitor, SaysWhyNothingIsAdmittedAndStopsAtOnce) {
  const SilentPort silent(false);
  const SilentPort deaf(true);
  Config config;
  config.origin.name = "main";
  config.origin.nodes = {silent.address(), deaf.address()};
  config.monitor.timeout = 50ms;
  set_log_level(LogLevel::k_error);

  std::atomic<int> published = 0;
  Monitor monitor(config, [&] { ++published; });
  EXPECT_NE(monitor.board().latest(), nullptr);
  const auto first = monitor.board().version();
  monitor.start();
  monitor.request(3, net::now());
  monitor.nudge();
  const Instant give_up = net::now() + 10s;
  while (monitor.board().version() < first + 5 && net::now() < give_up) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_GE(monitor.board().version(), first + 5);
  EXPECT_GE(published, 5);
  const auto view = monitor.board().latest();
  ASSERT_EQ(view->nodes().size(), 2U);
  EXPECT_FALSE(view->has_primary());
  for (const auto& node : view->nodes()) EXPECT_FALSE(node.admitted());
  monitor.stop();
}

}  // namespace
}  // namespace tidemark::gateway
