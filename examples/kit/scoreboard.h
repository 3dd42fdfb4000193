// What an example measures: how long each operation took, who served it, and what it saw that it
// must not see. It prints the table at the end.
//
// An operation is known by its name; the order in which they are named first is the table's.
// Thread rule: any thread.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kit {

using Clock = std::chrono::steady_clock;

class Scoreboard {
 public:
  void done(const std::string& operation, Clock::duration took);
  // At which level it was served and by whom; known of some.
  void served(const std::string& operation, const std::string& level, bool by_standby);
  // An error that the application passes on to its user: "57P03".
  void refused(const std::string& operation, const std::string& sqlstate);
  // It saw something that its level forbids. The first few are kept in words.
  void violated(const std::string& operation, const std::string& what);
  // What held, or did not, when all was over.
  void invariant(const std::string& claim, bool held, const std::string& detail);

  long count(const std::string& operation) const;
  long violations() const;
  // Whether nothing was violated and every invariant held.
  bool all_held() const;

  std::string table() const;
  // The same for programs: one JSON object.
  std::string json() const;

 private:
  struct Operation {
    std::string name;
    std::string level = "-";
    std::vector<double> milliseconds;
    long asked = 0;       // of how many it is known who served them
    long by_standby = 0;  // of those
    long violations = 0;
    std::map<std::string, long> refusals;  // by SQLSTATE
  };
  struct Invariant {
    std::string claim;
    bool held = false;
    std::string detail;
  };

  Operation& at(const std::string& operation);

  mutable std::mutex mutex_;
  std::vector<Operation> operations_;
  std::vector<Invariant> invariants_;
  std::vector<std::string> stories_;
};

// The value below which `share` (0 to 1) of them lie; 0 of none.
double percentile(std::vector<double> values, double share);

}  // namespace kit
