// What the tests of this folder share: a reactor that turns until something holds, connected pairs,
// and a handler that writes down what it is told.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/backend_choice.h"
#include "net/clock.h"
#include "net/reactor.h"

namespace tidemark::net {

// Takes every byte and keeps it, unless the test says otherwise.
struct Recorder : Handler {
  Connection* connection = nullptr;
  std::function<std::size_t(std::string_view)> take;
  std::function<void()> drained;
  std::function<void()> closed;
  std::string received;
  int connects = 0;
  int drains = 0;
  int closes = 0;
  std::string why;

  void on_connected() override { ++connects; }
  std::size_t on_bytes(std::string_view bytes) override {
    if (take) return take(bytes);
    received += bytes;
    return bytes.size();
  }
  void on_drained() override {
    ++drains;
    if (drained) drained();
  }
  void on_closed(const Error& error) override {
    ++closes;
    why = error.message;
    connection = nullptr;
    if (closed) closed();
  }
};

// The same tests are run on both backends: TIDEMARK_TEST_BACKEND names one, none is what auto
// takes.
inline BackendKind test_backend() {
  static const BackendKind kind = [] {
    const char* name = std::getenv("TIDEMARK_TEST_BACKEND");
    const std::string_view wish = name == nullptr ? "" : name;
    return choose_backend(wish == "epoll"      ? BackendWish::k_epoll
                          : wish == "io_uring" ? BackendWish::k_io_uring
                                               : BackendWish::k_auto)
        .value()
        .kind;
  }();
  return kind;
}

class NetTest : public testing::Test {
 public:
  // Far more than anything here takes, even under a sanitizer on a busy machine.
  static constexpr Duration k_patience = std::chrono::seconds(60);

  NetTest() {
    char folder[] = "/tmp/tidemark_net_XXXXXX";
    folder_ = mkdtemp(folder);
  }
  ~NetTest() override { [[maybe_unused]] const int gone = rmdir(folder_.c_str()); }

  // Turns until it holds; false if it does not within k_patience.
  bool until(const std::function<bool()>& holds) {
    const Instant deadline = now() + k_patience;
    while (!holds()) {
      if (now() > deadline) return false;
      reactor_.turn(std::min(deadline, now() + std::chrono::milliseconds(5)));
    }
    return true;
  }

  // Enough turns for everything that is on its way inside this machine to arrive.
  void settle() {
    for (int i = 0; i < 20; ++i) reactor_.turn(now() + std::chrono::milliseconds(1));
  }

  std::string folder() const { return folder_; }
  Address unix_address() const { return parse("unix:" + folder_ + "/socket"); }
  static Address tcp_address() { return parse("127.0.0.1:0"); }
  static Address parse(const std::string& text) { return Address::parse(text).value(); }

  // Listens there, and leaves what is accepted in accepted_.
  Listener* listen(const Address& address) {
    auto listener = reactor_.listen(
        address, [this](int fd, const SocketAddress&) { accepted_.emplace_back(fd); });
    EXPECT_TRUE(listener.has_value()) << listener.error().message;
    return *listener;
  }

  // Connects a handler to a fresh listener and returns the far end's bare socket, nonblocking.
  Descriptor connect_bare(const Address& address, Recorder& handler) {
    Listener* listener = listen(address);
    handler.connection = reactor_.connect(parse(listener->bound().to_string()), handler);
    EXPECT_TRUE(until([&] { return handler.connects == 1 && !accepted_.empty(); })) << handler.why;
    listener->close();
    Descriptor far = std::move(accepted_.back());
    accepted_.pop_back();
    return far;
  }

  void connect_pair(const Address& address, Recorder& near, Recorder& far) {
    far.connection = reactor_.adopt(connect_bare(address, near).release(), far);
  }

  static void send_all(const Descriptor& fd, std::string_view bytes) {
    ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

 protected:
  Reactor reactor_{test_backend()};
  std::vector<Descriptor> accepted_;

 private:
  std::string folder_;
};

// The same claims for TCP and for unix sockets.
class StreamTest : public NetTest, public testing::WithParamInterface<const char*> {
 public:
  Address address() const { return is_unix() ? unix_address() : tcp_address(); }
  bool is_unix() const { return GetParam() == std::string_view("Unix"); }
  static std::string name(const testing::TestParamInfo<const char*>& info) { return info.param; }
};

inline void say(Recorder& from, std::string_view bytes) {
  from.connection->out().append(bytes);
  from.connection->flush_later();
}

}  // namespace tidemark::net
