#include "relay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tidemark::bench {

Relay::Relay(Duration round_trip) : round_trip_(round_trip), epoll_(epoll_create1(0)) {
  if (epoll_ < 0) fail("epoll");
}

Address Relay::add_link(const Address& listen_at, const Address& target) {
  Address bound = listen_at;
  const int fd = socket(bound.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, bound.get(), bound.size) != 0 || listen(fd, k_backlog) != 0) fail(name_of(bound));
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
  links_[fd] = {.listener = fd, .target = target};
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  return bound;
}

void Relay::run() {
  Events events{};
  for (;;) {
    const int count = wait(events);
    now_ = Clock::now();
    for (auto event = events.begin(); event != events.begin() + count; ++event) {
      handle(event->data.fd, event->events);
    }
    pass_on_what_is_due();
    for (const int fd : closing_) close(fd);
    if (!closing_.empty()) listen_for(EPOLLIN);
    closing_.clear();
  }
}

int Relay::wait(Events& events) const {
  timespec timeout{};
  const timespec* limit = nullptr;
  if (!alarms_.empty()) {
    const auto left = std::max(Duration(0), Duration(alarms_.begin()->first - Clock::now()));
    timeout.tv_sec = left.count() / 1'000'000'000;
    timeout.tv_nsec = left.count() % 1'000'000'000;
    limit = &timeout;
  }
  return std::max(0, epoll_pwait2(epoll_, events.data(), k_events, limit, nullptr));
}

void Relay::handle(int fd, std::uint32_t events) {
  if (const auto link = links_.find(fd); link != links_.end()) return accept_from(link->second);
  const auto found = pairs_.find(fd);
  if (found == pairs_.end()) return;  // closed earlier in this turn
  const std::shared_ptr<Pair> pair = found->second;
  const bool is_client = fd == pair->client.fd;
  if ((events & EPOLLOUT) != 0) {
    Direction& into = is_client ? pair->down : pair->up;
    into.is_blocked = false;
    set_alarm(*pair, into);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    receive(*pair, is_client ? pair->up : pair->down);
  }
  watch(*pair);
}

void Relay::accept_from(const Link& link) {
  const int client = accept4(link.listener, nullptr, nullptr, SOCK_NONBLOCK);
  // Out of descriptors: who wants to connect waits in the kernel's queue until a pair has closed.
  if (client < 0) return errno == EMFILE || errno == ENFILE ? listen_for(0) : void();
  const int server = socket(link.target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (server < 0) {
    close(client);
    return listen_for(0);
  }
  const int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Whether it worked is told by the first event of the socket.
  (void)connect(server, link.target.get(), link.target.size);
  auto pair = std::make_shared<Pair>();
  pair->client.fd = client;
  pair->server.fd = server;
  pair->opened = now_;
  pair->up = {.from = client, .to = server};
  pair->up.is_blocked = true;  // until it is connected
  pair->down = {.from = server, .to = client};
  pairs_[client] = pair;
  pairs_[server] = pair;
  watch(*pair);
}

void Relay::listen_for(std::uint32_t events) {
  for (const auto& [fd, link] : links_) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
  }
}

void Relay::receive(Pair& pair, Direction& direction) {
  if (!direction.is_read) return;
  const ssize_t count = recv(direction.from, buffer_.data(), buffer_.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  Instant sent = now_;
  if (&direction == &pair.up) sent = std::max(sent, pair.opened + round_trip_);
  Chunk chunk{.due = sent + round_trip_ / 2, .kind = Chunk::Kind::k_bytes, .bytes = {}};
  if (count > 0) {
    chunk.bytes.assign(buffer_.begin(), buffer_.begin() + count);
    direction.in_flight += chunk.bytes.size();
  } else {
    direction.is_read = false;
    chunk.kind = count == 0 ? Chunk::Kind::k_end : Chunk::Kind::k_reset;
  }
  direction.chunks.push_back(std::move(chunk));
  set_alarm(pair, direction);
}

void Relay::pass_on_what_is_due() {
  while (!alarms_.empty() && alarms_.begin()->first <= now_) {
    const auto [pair, direction] = alarms_.begin()->second;
    clear_alarm(*direction);
    send_due(*pair, *direction);
  }
}

void Relay::send_due(Pair& pair, Direction& direction) {
  while (!direction.chunks.empty() && direction.chunks.front().due <= now_) {
    const Chunk& head = direction.chunks.front();
    if (head.kind == Chunk::Kind::k_reset) return reset(pair);
    if (direction.is_blocked) break;
    if (head.kind == Chunk::Kind::k_end) {
      shutdown(direction.to, SHUT_WR);
      direction.is_finished = true;
    } else if (!send_head(direction)) {
      if (!direction.is_blocked) return reset(pair);
      break;
    }
    direction.chunks.pop_front();
  }
  if (pair.up.is_finished && pair.down.is_finished) return forget(pair);
  set_alarm(pair, direction);
  watch(pair);
}

// Whether all of it has gone. If not, and the direction is not blocked, the receiver is gone.
bool Relay::send_head(Direction& direction) {
  const std::vector<char>& bytes = direction.chunks.front().bytes;
  while (direction.sent_of_head < bytes.size()) {
    const ssize_t count = send(direction.to, bytes.data() + direction.sent_of_head,
                               bytes.size() - direction.sent_of_head, MSG_NOSIGNAL);
    if (count < 0) {
      direction.is_blocked = errno == EAGAIN;
      return false;
    }
    direction.sent_of_head += static_cast<std::size_t>(count);
    direction.in_flight -= static_cast<std::size_t>(count);
  }
  direction.sent_of_head = 0;
  return true;
}

// Notes when the head of the queue can go, in the list of all queues.
void Relay::set_alarm(Pair& pair, Direction& direction) {
  Instant wanted = Instant::max();
  if (!direction.chunks.empty()) {
    const Chunk& head = direction.chunks.front();
    if (!direction.is_blocked || head.kind == Chunk::Kind::k_reset) wanted = head.due;
  }
  if (wanted == direction.alarm) return;
  clear_alarm(direction);
  direction.alarm = wanted;
  if (wanted != Instant::max()) {
    alarms_.emplace(wanted, std::pair{pairs_.at(pair.client.fd), &direction});
  }
}

void Relay::clear_alarm(Direction& direction) {
  auto [at, end] = alarms_.equal_range(direction.alarm);
  while (at != end && at->second.second != &direction) ++at;
  if (at != end) alarms_.erase(at);
  direction.alarm = Instant::max();
}

void Relay::watch(Pair& pair) {
  if (!pairs_.contains(pair.client.fd)) return;
  const auto wanted = [](const Direction& out_of, const Direction& into) {
    const bool reads = out_of.is_read && out_of.in_flight < k_in_flight_bytes;
    return (reads ? std::uint32_t{EPOLLIN} : 0U) | (into.is_blocked ? std::uint32_t{EPOLLOUT} : 0U);
  };
  watch(pair.client, wanted(pair.up, pair.down));
  watch(pair.server, wanted(pair.down, pair.up));
}

// A socket of which nothing is wanted is not watched at all: once hung up, it would tell for ever.
void Relay::watch(Socket& socket, std::uint32_t wanted) {
  if (wanted == socket.watched) return;
  const int operation = wanted == 0           ? EPOLL_CTL_DEL
                        : socket.watched == 0 ? EPOLL_CTL_ADD
                                              : EPOLL_CTL_MOD;
  epoll_event event{.events = wanted, .data = {.fd = socket.fd}};
  if (epoll_ctl(epoll_, operation, socket.fd, &event) != 0) fail("epoll_ctl");
  socket.watched = wanted;
}

void Relay::reset(Pair& pair) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(pair.client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  setsockopt(pair.server.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  forget(pair);
}

void Relay::forget(Pair& pair) {
  clear_alarm(pair.up);
  clear_alarm(pair.down);
  watch(pair.client, 0);
  watch(pair.server, 0);
  const int client = pair.client.fd;
  const int server = pair.server.fd;
  closing_.insert(closing_.end(), {client, server});
  pairs_.erase(server);
  pairs_.erase(client);
}

}  // namespace tidemark::bench
