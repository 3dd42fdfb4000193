#include "net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "net/clock.h"
#include "net/reactor.h"
#include "net/socket.h"

namespace tidemark::net {
namespace {

// A unix socket's file outlives a process that was killed. Nobody accepts behind such a one.
bool is_stale(const SocketAddress& address, const std::string& path) {
  struct stat file{};
  if (lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const auto probe = open_socket(AF_UNIX);
  return probe && ::connect(probe->get(), address.get(), address.length) != 0 &&
         errno == ECONNREFUSED;
}

bool bind_to(int fd, const SocketAddress& target, const std::string& path) {
  if (target.family() != AF_UNIX) {
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (bind(fd, target.get(), target.length) == 0) return true;
  if (errno != EADDRINUSE || path.empty()) return false;
  if (!is_stale(target, path)) {
    errno = EADDRINUSE;
    return false;
  }
  unlink(path.c_str());
  return bind(fd, target.get(), target.length) == 0;
}

// What went wrong with the connection that was to be accepted, not with accepting.
bool concerns_one_connection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:  // a firewall rule
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case ENONET:
    case EOPNOTSUPP:
      return true;
    default:
      return false;
  }
}

}  // namespace

class Listener::Socket final {
 public:
  explicit Socket(Listener& owner) : owner_(owner) {}
  ~Socket() { close(); }

  Result<void> open(const SocketAddress& target, const std::string& path, int backlog);
  void close();
  const SocketAddress& bound() const { return bound_; }

 private:
  bool watch();
  void unwatch();
  void accept_waiting();
  void rest(int error);
  void go_on();

  Listener& owner_;
  Descriptor fd_;
  SocketAddress bound_;
  bool watched_ = false;
  Timer resting_;

  // The file of a unix socket, to remove it only if it still is the one that was made here.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

Result<void> Listener::Socket::open(const SocketAddress& target, const std::string& path,
                                    int backlog) {
  const std::string failure = "could not listen on " + target.to_string() + ": ";
  auto opened = open_socket(target.family());
  if (!opened) return std::unexpected(opened.error());
  fd_ = std::move(*opened);
  if (target.family() == AF_INET6) {
    // "::" must not take the IPv4 port, which may be a target of its own.
    const int on = 1;
    setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (!bind_to(fd_.get(), target, path)) return fail(failure + error_text(errno));
  if (struct stat file{}; !path.empty() && lstat(path.c_str(), &file) == 0) {
    path_ = path;
    device_ = file.st_dev;
    inode_ = file.st_ino;
  }
  bound_ = local_of(fd_.get());
  if (::listen(fd_.get(), backlog) != 0 || !watch()) return fail(failure + error_text(errno));
  return {};
}

bool Listener::Socket::watch() {
  watched_ = owner_.reactor_.backend_->watch(fd_.get(), [this] { accept_waiting(); });
  return watched_;
}

void Listener::Socket::unwatch() {
  if (std::exchange(watched_, false)) owner_.reactor_.backend_->unwatch(fd_.get());
}

void Listener::Socket::close() {
  owner_.reactor_.cancel(resting_);
  unwatch();
  fd_.reset();
  struct stat file{};
  if (path_.empty() || lstat(path_.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == inode_) unlink(path_.c_str());
  path_.clear();
}

void Listener::Socket::accept_waiting() {
  for (int taken = 0; taken < k_accepts_per_turn && fd_; ++taken) {
    SocketAddress peer;
    peer.length = sizeof(peer.storage);
    const int fd = accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      owner_.on_accept_(fd, peer);
    } else if (errno == EAGAIN) {
      return;
    } else if (!concerns_one_connection(errno)) {
      return rest(errno);
    }
  }
}

void Listener::Socket::rest(int error) {
  unwatch();
  resting_ = owner_.reactor_.add_timer(now() + k_pause, [this] { go_on(); });
  if (owner_.on_trouble_) {
    owner_.on_trouble_(
        Error{"could not accept on " + bound_.to_string() + ": " + error_text(error)});
  }
}

// Where there is no memory to watch it, it rests again.
void Listener::Socket::go_on() {
  if (!watch()) rest(errno);
}

Listener::Listener(Reactor& reactor, OnAccept on_accept, OnAcceptTrouble on_trouble)
    : reactor_(reactor), on_accept_(std::move(on_accept)), on_trouble_(std::move(on_trouble)) {}

Listener::~Listener() = default;

// A machine without IPv6 still resolves "localhost" to ::1, so one target that works is enough.
Result<void> Listener::open(const Address& address, int backlog) {
  Result<void> result;
  for (const SocketAddress& target : address.targets()) {
    auto socket = std::make_unique<Socket>(*this);
    const auto opened = socket->open(target, address.path(), backlog);
    if (opened) {
      sockets_.push_back(std::move(socket));
    } else if (result) {
      result = opened;
    }
  }
  return sockets_.empty() ? result : Result<void>();
}

void Listener::close() {
  for (const auto& socket : sockets_) socket->close();
  reactor_.bury(*this);
}

const SocketAddress& Listener::bound() const { return sockets_.front()->bound(); }

}  // namespace tidemark::net
