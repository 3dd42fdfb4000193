// A throw-away PostgreSQL cluster on this machine: a primary and streaming standbys in a folder of
// their own, on free ports of 127.0.0.1, with trust. Gone with the object: servers and folder.
// Fast, not durable. Started by root, the servers run as `postgres` or `nobody`.
// Thread rule: confined to the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/child_process.h"

namespace tidemark::cli {

class Interrupt;

class LocalCluster {
 public:
  // Told of each thing before it is begun: "primary on 127.0.0.1:40211".
  using Progress = std::function<void(const std::string& step)>;

  LocalCluster(std::string bindir, Interrupt& interrupt, Progress progress)
      : bindir_(std::move(bindir)), interrupt_(interrupt), progress_(std::move(progress)) {}
  ~LocalCluster();
  LocalCluster(const LocalCluster&) = delete;
  LocalCluster& operator=(const LocalCluster&) = delete;

  struct Plan {
    int standbys = 2;
    std::string database;
    std::string setup;        // SQL that runs on the primary before the standbys are made of it
    std::string synchronous;  // synchronous_standby_names, once they are there: node0, node1, ...
    // The round trip between regions, in milliseconds: each node is in one of its own, and clients
    // are in that of k_near. 0: all are in one place.
    double far_ms = 0;
    // SQL that makes a server of its own, which subscribes to the publication ledger.
    std::string analytics{};
  };

  static constexpr std::size_t k_near = 1;  // a standby

  // Brings everything up.
  Result<void> start(const Plan& plan);
  // As new: the plan's database is made again.
  Result<void> renew(const Plan& plan);

  // Node 0 is the primary, until another is promoted.
  std::size_t size() const { return nodes_.size(); }
  std::string address(std::size_t node) const;
  int port(std::size_t node) const { return nodes_[node].port; }
  // Where clients find it; another than its own if it is far from them.
  int port_for_clients(std::size_t node) const;
  int analytics_port() const { return analytics_.port; }
  const std::string& folder() const { return folder_; }

  // Stops a node as a crash would.
  void crash(std::size_t node);
  Result<void> restart(std::size_t node);

  Result<void> pause_replay();  // on all standbys that run
  Result<void> resume_replay();
  Result<void> pause_replay_on(std::size_t node);
  Result<void> resume_replay_on(std::size_t node);

  // Standbys receive nothing more, the last one first.
  Result<void> cut_off_standbys();

  // Crashes the primary, promotes the standby that has received most, and has the others follow
  // it. Nodes above `last` are not promoted. The primary's number afterwards.
  Result<std::size_t> fail_over(std::size_t last = SIZE_MAX);
  // A slot for logical replication does not outlive its primary (PostgreSQL 15): the analytics
  // server drops what it has and copies it from the new one.
  Result<void> copy_analytics_anew();
  std::size_t primary() const { return primary_; }

 private:
  struct Node {
    int port = 0;
    int far_port = 0;  // the same from another region; 0: there is none
    std::string folder;
    std::string log_path;
    ChildProcess process;
  };

  Result<void> make_folder();
  Result<void> make_primary();
  Result<void> make_database(const Plan& plan);
  Result<void> begin_relay(double far_ms);
  std::string conninfo_for_nodes(std::size_t node) const;
  Result<void> copy_standbys();
  Result<void> make_analytics(const Plan& plan);
  Result<void> subscribe();
  Result<void> create(Node& node);
  static void configure(const Node& node);
  Result<std::string> ask(std::size_t node, const std::string& sql);
  Result<void> on_standbys(const std::string& sql);
  Result<void> boot(Node& node);
  Result<void> run_tool(std::vector<std::string> command);
  Launch launch(std::vector<std::string> command, std::string log_path) const;

  const std::string bindir_;
  Interrupt& interrupt_;
  const Progress progress_;
  std::string folder_;  // empty until made
  std::optional<SystemUser> user_;
  ChildProcess relay_;  // between the regions
  std::vector<Node> nodes_;
  Node analytics_;        // port 0: there is none
  std::string database_;  // of the plan
  std::size_t primary_ = 0;
};

// Ports of 127.0.0.1 that nobody listens on, all different.
Result<std::vector<int>> free_ports(std::size_t count);

}  // namespace tidemark::cli
