// Stage: what the sessions of one run share.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "audit/options.h"
#include "audit/workload/endpoint.h"
#include "audit/workload/link.h"

namespace tidemark::audit {

// What one session tells another, outside of the database.
struct Message {
  std::uint32_t number = 0;
  std::vector<RowId> rows;  // that it has just written or seen
  std::string token;        // what it required of reads by then; empty: not said
};

// Thread rule: any thread.
class Mailbox {
 public:
  // False: there is no room.
  bool put(Message message);
  std::optional<Message> take();

 private:
  static constexpr std::size_t k_most = 16;

  std::mutex mutex_;
  std::deque<Message> messages_;
};

// Numbers for the names of servers, from 1 on. Thread rule: any thread.
class NodeNames {
 public:
  NodeId number_of(const std::string& name);
  // By number; [0] is "".
  std::vector<std::string> names() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, NodeId> numbers_;
  std::vector<std::string> names_{""};
};

// Thread rule: what is atomic or says so is for all threads; the rest is written before the
// sessions start.
struct Stage {
  Workload workload;
  Choice choice = Choice::k_random;
  std::string key_prefix;           // of the sessions' keys: no other run has it
  std::vector<Endpoint> endpoints;  // to read from; and the one to write to
  EndpointId readable = 0;          // so many of them are to read from
  EndpointId write_to = 0;
  Clock::time_point began{};
  std::vector<std::unique_ptr<Mailbox>> mailboxes;  // one for each session
  NodeNames nodes;

  std::atomic<bool> stop = false;
  std::atomic<bool> full = false;  // as many operations as were allowed have been recorded
  std::atomic<std::uint32_t> connections = 0;
  std::atomic<std::uint32_t> messages = 0;
  std::atomic<std::uint64_t> operations = 0;
  std::atomic<std::uint64_t> failed = 0;
  std::atomic<std::uint64_t> maybes = 0;

  Duration since_began(Clock::time_point at) const { return at - began; }

  // Sleeps until then, or until the run stops.
  void sleep_until(Clock::time_point at) const;
};

}  // namespace tidemark::audit
