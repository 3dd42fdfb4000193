#include "gateway/shared_writes.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "topology/cluster.h"
#include "topology/samples.h"

namespace tidemark::gateway {
namespace {

using consistency::Session;
using consistency::TableId;
using routing::PrimaryRun;
using routing::TableWrites;
using topology::testing::at;

constexpr std::uint64_t k_catalogue = 5;

class SharedWritesTest : public ::testing::Test {
 protected:
  SharedWritesTest() {
    topology::Cluster cluster({"p:1", "s:2"});
    cluster.on_sample(topology::testing::primary(0, 10, 100));
    view_ = cluster.view(at(10));
    run_ = {0, view_->node(0).incarnation};
    writes_.with([this](TableWrites& writes) {
      writes.follow(*view_);
      writes.look_for_strangers(run_, {}, at(10));
      writes.confirm("d", k_catalogue, run_, at(11));
    });
  }

  void begins(TableWrites::Ticket& ticket, TableId table) {
    const std::vector<TableId> ids{table};
    writes_.with([&](TableWrites& writes) {
      writes.begin(ticket, {run_, "d", {k_catalogue, ids}, false}, *view_);
    });
  }
  void ends(TableWrites::Ticket& ticket, int ms) {
    writes_.with([&](TableWrites& writes) { writes.end(ticket, at(ms)); });
  }
  // When it was last written; nothing if it is not quiet.
  std::optional<Instant> last(TableId table) {
    const std::vector<TableId> ids{table};
    const auto session = writes_.with(
        [&](TableWrites& writes) { return writes.last("d", {k_catalogue, ids}, *view_); });
    if (!session.has_value()) return std::nullopt;
    return session->marks().front().mark.at;
  }

  SharedWrites writes_;
  std::shared_ptr<const topology::ClusterView> view_;
  PrimaryRun run_;
};

// Each writer writes one table at a time, and then tells what a reader must find.
TEST_F(SharedWritesTest, NoThreadEverFindsATableQuietThatAnotherIsWriting) {
  constexpr int k_rounds = 2000;
  constexpr TableId k_tables = 4;
  std::array<std::atomic<int>, k_tables> ended{};  // the latest end, in milliseconds
  std::atomic<int> clock = 100;
  std::atomic<int> wrong = 0;
  const auto writer = [&](unsigned number) {
    for (int round = 0; round < k_rounds; ++round) {
      const TableId table = (number + static_cast<unsigned>(round) * 7) % k_tables;
      TableWrites::Ticket ticket;
      begins(ticket, table + 1);
      if (last(table + 1).has_value()) ++wrong;
      const int now = ++clock;
      ends(ticket, now);
      for (int known = ended[table]; known < now;) ended[table].compare_exchange_weak(known, now);
    }
  };
  const auto reader = [&] {
    for (int round = 0; round < k_rounds; ++round) {
      const TableId table = static_cast<unsigned>(round) % k_tables;
      const int before = ended[table];
      const auto found = last(table + 1);
      // What had ended before the question is in the answer, or what began since.
      if (found.has_value() && before > 0 && *found < at(before)) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 3; ++i) threads.emplace_back(writer, i);
  threads.emplace_back(reader);
  threads.emplace_back(reader);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  for (TableId table = 0; table < k_tables; ++table) {
    EXPECT_EQ(last(table + 1), at(ended[table]));
  }
}

}  // namespace
}  // namespace tidemark::gateway
