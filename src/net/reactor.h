// The event loop of one worker thread: sockets, timers, functions posted by other threads.
//
// A turn: wait -> events -> posted functions -> timers -> bytes to offer again -> hooks -> flush ->
// destroy what was closed. So everything that a turn appends to a connection leaves in one send,
// and nothing that was closed is freed while an event of the same turn may still name it.
//
// The interface speaks of bytes received and bytes sent, never of readiness, because there are two
// backends: epoll sends while it flushes, io_uring with the system call that begins the next turn.
//
// Thread rule: everything runs on the thread that calls run() (or before it starts), except post()
// and stop(), which any thread may call.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "net/address.h"
#include "net/alarm.h"
#include "net/backend.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/timers.h"
#include "net/wakeup.h"

namespace tidemark::net {

class Reactor {
 public:
  // Throws std::system_error if the kernel has no descriptors left, or does not let this process
  // use that backend (net/backend_choice.h tells beforehand).
  explicit Reactor(BackendKind backend = BackendKind::k_epoll);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  // Closes everything; calls no handler.
  ~Reactor();

  // Turns until stop(). May be called again afterwards.
  void run();
  // Ends run() after the current turn. Any thread. A stop() before run() ends it at once.
  void stop();
  // One turn that waits for something to happen no longer than until the deadline.
  void turn(Instant deadline);

  // Runs the function on the reactor's thread, in the order posted. Any thread; wakes the loop. A
  // function posted by a posted function runs in the next turn. What is still waiting when the
  // reactor is destroyed is dropped.
  void post(std::function<void()> function);

  // Calls back once, at or after the deadline. Costs no allocation beyond the function's own.
  Timer add_timer(Instant deadline, std::function<void()> callback);
  // No effect on a timer that has fired or that names none. Resets the handle.
  void cancel(Timer& timer);

  // The monotonic clock, read afresh.
  Instant now() const;

  // Called in every turn from now on, after all callbacks and before the flush.
  void at_turn_end(std::function<void()> hook);

  // Starts to connect. The outcome comes in a later turn, never from within: on_connected(), or
  // on_closed() if every target of the address refused or no attempt could be made. There is no
  // time limit: that is the owner's, by a timer and close(). Never null. REQUIRES:
  // address.resolved().
  Connection* connect(const Address& address, Handler& handler);

  // Takes a connected stream socket over. Nothing is called before the next turn. Never null: what
  // cannot be watched for lack of memory is told by on_closed(), too.
  Connection* adopt(int fd, Handler& handler);

  // Listens on every target of the address; an error if that works for none of them. A unix
  // socket's file that nobody listens behind is replaced.
  Result<Listener*> listen(const Address& address, OnAccept on_accept,
                           OnAcceptTrouble on_trouble = {}, int backlog = Listener::k_backlog);

  // Calls on_readable in every turn in which the descriptor is readable, until unwatch(). The
  // descriptor stays the caller's and must outlive the watch. An error if the kernel cannot watch
  // it.
  Result<void> watch(int fd, std::function<void()> on_readable);
  void unwatch(int fd);

  // Connections not closed yet, lingering ones included.
  std::size_t connections() const { return connections_.size(); }

 private:
  friend class Connection;
  friend class Listener;

  Connection* add_connection(Handler& handler);
  void bury(Connection& connection);
  void bury(Listener& listener);

  Duration time_to_wait(Instant deadline);
  void run_posted();
  void offer_resumed();
  void flush_dirty();
  void free_the_closed();

  Spares<Buffer::Storage> storage_;  // of what is to be sent or consumed; outlives the connections
  Wakeup wakeup_;
  Alarm alarm_;  // for the timers
  std::unique_ptr<Backend> backend_;
  Timers timers_;
  std::deque<std::function<void()>> hooks_;  // a hook may add a hook: nothing may move

  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Connection*> dirty_;                // to flush
  std::vector<Connection*> flushing_;             // being flushed; empty between turns
  std::vector<Connection*> resumed_;              // to offer again
  std::vector<Connection*> offering_;             // being offered; empty between turns
  std::vector<std::shared_ptr<void>> graveyard_;  // closed in this turn, freed at its end
  bool turning_ = false;
  bool woken_ = false;
  bool rung_ = false;

  std::atomic<bool> stopped_ = false;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by posted_mutex_
};

}  // namespace tidemark::net
