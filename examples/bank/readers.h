// Those who read the ledger and book nothing: reports, audits, analytics.
#pragma once

#include <functional>
#include <vector>

#include "examples/bank/book.h"
#include "examples/kit/program.h"

namespace bank {

class Readers {
 public:
  Readers(kit::Run& run, const Book& book) : run_(run), book_(book) {}

  // What each of them does until the run is over. They refer to this object.
  std::vector<std::function<void()>> people();

  // What must be true of what they saw, once nobody books any more.
  void settle();

 private:
  // The ledger as one snapshot showed it. Its position is said in transactions: all that were over
  // before `settled`, and `later` ones. A position in the log would not do: what a standby says of
  // it in a transaction is newer than that transaction's snapshot.
  struct Audit {
    std::string settled;
    std::string later;     // "{812,815}"
    std::string figures;   // how many transfers, their sum, and a digest of their ids
    bool doubted = false;  // a failover may have lost some of it, and we were told so
  };

  void report();
  void audit();
  void analyse();
  void reproduce_audits();
  void wait_for_analytics();

  kit::Run& run_;
  const Book& book_;
  std::set<std::string> reported_by_;  // which nodes
  long reports_ = 0;
  std::vector<Audit> audits_;
  std::vector<double> ages_;  // of the newest that analytics had, in seconds
};

}  // namespace bank
