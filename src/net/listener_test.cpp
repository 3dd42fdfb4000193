#include "net/listener.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <vector>

#include "net/socket.h"
#include "net/testing.h"

namespace tidemark::net {
namespace {

class Listening : public NetTest {
 public:
  bool exists(const std::string& path) const {
    struct stat file{};
    return lstat(path.c_str(), &file) == 0;
  }
};

TEST_F(Listening, ARefusedConnectionIsToldByOnClosed) {
  Listener* listener = listen(tcp_address());
  const Address nobody = parse(listener->bound().to_string());
  listener->close();
  Recorder tcp;
  Recorder local;
  reactor_.connect(nobody, tcp);
  reactor_.connect(unix_address(), local);
  EXPECT_EQ(tcp.closes + local.closes, 0) << "never from within connect()";
  ASSERT_TRUE(until([&] { return tcp.closes == 1 && local.closes == 1; }));
  EXPECT_EQ(tcp.why, "could not connect to " + nobody.to_string() + ": connection refused");
  EXPECT_EQ(local.why,
            "could not connect to " + unix_address().to_string() + ": no such file or directory");
  EXPECT_EQ(tcp.connects + local.connects, 0);
  EXPECT_EQ(reactor_.connections(), 0U);
}

TEST_F(Listening, ANameIsReachedByWhicheverOfItsTargetsListens) {
  Listener* listener = listen(tcp_address());
  const std::string bound = listener->bound().to_string();
  const auto name = parse("localhost" + bound.substr(bound.rfind(':'))).resolve();
  ASSERT_TRUE(name) << name.error().message;
  Recorder handler;
  reactor_.connect(*name, handler);
  EXPECT_TRUE(until([&] { return handler.connects == 1; })) << handler.why;
}

TEST_F(Listening, AUsedPortIsAnError) {
  Listener* listener = listen(tcp_address());
  const auto second = reactor_.listen(parse(listener->bound().to_string()), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "could not listen on " + listener->bound().to_string() + ": address already in use");
}

TEST_F(Listening, AUnixSocketsFileGoesWithItsListener) {
  Listener* listener = listen(unix_address());
  EXPECT_TRUE(exists(unix_address().path()));
  listener->close();
  EXPECT_FALSE(exists(unix_address().path()));
}

TEST_F(Listening, AStaleUnixSocketIsReplacedALiveOneIsNot) {
  {
    const auto killed = open_socket(AF_UNIX);
    const Address address = unix_address();
    const SocketAddress& target = address.targets().front();
    ASSERT_EQ(bind(killed->get(), target.get(), target.length), 0);
  }
  ASSERT_TRUE(exists(unix_address().path()));
  Listener* listener = listen(unix_address());
  EXPECT_FALSE(reactor_.listen(unix_address(), {}));
  EXPECT_TRUE(exists(unix_address().path()));
  listener->close();
}

TEST_F(Listening, AFileThatIsNoSocketIsLeftAlone) {
  std::fclose(std::fopen(unix_address().path().c_str(), "w"));
  EXPECT_FALSE(reactor_.listen(unix_address(), {}));
  EXPECT_EQ(std::remove(unix_address().path().c_str()), 0);
}

TEST_F(Listening, ClosesInsideItsOwnCallback) {
  Listener* listener = nullptr;
  int accepts = 0;
  listener = *reactor_.listen(tcp_address(), [&](int fd, const SocketAddress&) {
    Descriptor closes_at_once(fd);
    ++accepts;
    listener->close();
  });
  const Address address = parse(listener->bound().to_string());
  std::vector<Recorder> clients(5);
  for (Recorder& client : clients) reactor_.connect(address, client);
  ASSERT_TRUE(until([&] {
    return std::ranges::all_of(clients, [](const Recorder& client) { return client.closes == 1; });
  }));
  EXPECT_EQ(accepts, 1);
}

// Keeps the process from opening more descriptors while it lives.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor lowest_free(open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(lowest_free.get());
    setrlimit(RLIMIT_NOFILE, &tight);
  }
  ~NoMoreDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Listening, RestsWithoutDescriptorsAndGoesOnWhenThereAreSome) {
  std::vector<std::string> troubles;
  const auto listener = reactor_.listen(
      unix_address(), [&](int fd, const SocketAddress&) { accepted_.emplace_back(fd); },
      [&](const Error& why) { troubles.push_back(why.message); });
  ASSERT_TRUE(listener);
  const Address address = unix_address();
  const SocketAddress& target = address.targets().front();
  const auto before = open_socket(AF_UNIX);
  const auto client = open_socket(AF_UNIX);
  ASSERT_EQ(::connect(before->get(), target.get(), target.length), 0);
  ASSERT_TRUE(until([&] { return accepted_.size() == 1; }));
  {
    const NoMoreDescriptors limit;
    ASSERT_EQ(::connect(client->get(), target.get(), target.length), 0);
    ASSERT_TRUE(until([&] { return !troubles.empty(); }));
    EXPECT_EQ(troubles.size(), 1U);
    EXPECT_TRUE(troubles[0].ends_with("too many open files")) << troubles[0];
    EXPECT_EQ(accepted_.size(), 1U);
  }
  EXPECT_TRUE(until([&] { return accepted_.size() == 2; }));
  (*listener)->close();
}

TEST_F(Listening, TwoThousandConnectionsAreServed) {
  constexpr std::size_t k_clients = 2000;
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  if (descriptors.rlim_cur < 2 * k_clients + 100) GTEST_SKIP() << "needs 4100 descriptors";

  std::vector<std::unique_ptr<Recorder>> servers;
  const auto listener = reactor_.listen(tcp_address(), [&](int fd, const SocketAddress&) {
    Recorder& server = *servers.emplace_back(std::make_unique<Recorder>());
    server.connection = reactor_.adopt(fd, server);
    server.take = [&server](std::string_view bytes) {
      say(server, bytes);
      return bytes.size();
    };
  });
  ASSERT_TRUE(listener);
  const Address address = parse((*listener)->bound().to_string());
  std::vector<Recorder> clients(k_clients);
  for (std::size_t i = 0; i < k_clients; ++i) {
    clients[i].connection = reactor_.connect(address, clients[i]);
    say(clients[i], "client " + std::to_string(i));
  }
  const auto served = [&] {
    for (std::size_t i = 0; i < k_clients; ++i) {
      if (clients[i].received != "client " + std::to_string(i)) return false;
    }
    return true;
  };
  EXPECT_TRUE(until(served));
  EXPECT_EQ(reactor_.connections(), 2 * k_clients);
}

}  // namespace
}  // namespace tidemark::net
