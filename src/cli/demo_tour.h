// The demo's tour through the gateway, step by step.
// Thread rule: confined to the main thread.
#pragma once

#include <functional>
#include <string>

#include "cli/demo_load.h"
#include "cli/demo_screen.h"
#include "cli/interrupt.h"
#include "cli/local_cluster.h"

namespace tidemark::cli {

class DemoTour {
 public:
  DemoTour(LocalCluster& cluster, int gateway_port, std::string database, DemoScreen& screen,
           Interrupt& interrupt)
      : cluster_(cluster),
        port_(gateway_port),
        database_(std::move(database)),
        screen_(screen),
        interrupt_(interrupt) {}

  // What the tables are before the tour.
  static std::string setup_sql();

  // True if every step saw what it should. An error: it could not go on, or was interrupted.
  Result<bool> run();

 private:
  // What a statement through the gateway answered, and where.
  struct Seen {
    DemoAnswer answer;
    DemoRoute route;
  };

  Result<void> connect();
  Result<void> pause_standbys();
  Result<void> write_and_read();
  Result<void> read_eventually();
  Result<void> resume_standbys();
  Result<void> crash_a_standby();
  Result<void> bring_it_back();

  Result<Seen> ask(const std::string& sql);  // through the gateway, shown
  Result<void> on_standbys(const std::string& sql);
  Result<void> watch(DemoLoad& load, Duration duration);
  std::size_t busiest_standby(const DemoLoad::Counts& counts) const;
  std::string summary(const DemoLoad::Counts& counts) const;
  void expect(bool good, const std::string& claim);

  LocalCluster& cluster_;
  const int port_;
  const std::string database_;
  DemoScreen& screen_;
  Interrupt& interrupt_;
  DemoClient client_;
  std::size_t victim_ = 1;  // the standby that crashes
  bool all_good_ = true;
};

}  // namespace tidemark::cli
