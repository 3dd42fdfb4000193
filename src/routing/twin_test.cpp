// The router against a dumb twin: whatever happens to the servers, no statement is served where its
// session would miss what its level promises, unless the session is told that it may be lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "routing/router.h"
#include "routing/twin_world.h"
#include "topology/cluster.h"

namespace tidemark::routing::twin {
namespace {

using consistency::Incarnation;
using consistency::Level;
using consistency::Session;
using std::chrono::microseconds;
using topology::Cluster;
using topology::ClusterView;

using Run = std::pair<NodeIndex, Incarnation>;

// The monitor: one sample at a time of each node, its two statements apart from each other.
class Watcher {
 public:
  explicit Watcher(World& world)
      : world_(world),
        cluster_(std::vector<std::string>(world.size(), "node")),
        probes_(world.size()) {
    view_ = cluster_.view(Instant());
  }

  void step(NodeIndex node, Instant now) {
    Probe& probe = probes_[node];
    if (world_.chance(0.01)) return fail(node, now);
    if (probe.stage > 0 && probe.run != world_.server(node).run) return fail(node, now);
    switch (probe.stage++) {
      case 0:
        probe.sample = {};
        probe.sample.node = node;
        probe.sample.connection = 1;
        probe.sample.sent_at = now;
        probe.run = world_.server(node).run;
        probe.inquiry = cluster_.inquiry();
        if (fence_run_ == probe.run && fence_node_ == node) probe.sample.fence = fence_;
        return;
      case 1:
        return world_.observe_position(probe.sample);
      case 2:
        return world_.observe_snapshot(probe.sample, probe.inquiry);
      default:
        finish(node, now);
    }
  }

  void nudge(Instant now) {
    const auto node = view_->primary();
    if (node == consistency::k_no_node || !world_.server(node).is_primary) return;
    fence_ = world_.fence(node, now);
    fence_node_ = node;
    fence_run_ = world_.server(node).run;
  }

  void fetch_history(Instant now) {
    const auto wanted = cluster_.wants_history();
    if (!wanted) return;
    const bool fails = world_.chance(0.1);
    cluster_.on_history(*wanted, fails ? std::nullopt : std::optional(world_.history()));
    view_ = cluster_.view(now);
  }

  const ClusterView& view() const { return *view_; }

  // Whether a server connection of that incarnation is still alive.
  bool is_alive(Run run) {
    const auto known = runs_.find(run);
    return known != runs_.end() && known->second == world_.server(run.first).run;
  }

 private:
  struct Probe {
    int stage = 0;
    std::int64_t run = 0;
    Sample sample;
    topology::Inquiry inquiry;
  };

  void fail(NodeIndex node, Instant now) {
    probes_[node].stage = 0;
    cluster_.on_failure(node);
    view_ = cluster_.view(now);
  }

  void finish(NodeIndex node, Instant now) {
    Probe& probe = probes_[node];
    probe.stage = 0;
    probe.sample.received_at = now;
    cluster_.on_sample(probe.sample);
    view_ = cluster_.view(now);
    runs_[{node, view_->node(node).incarnation}] = probe.run;
  }

  World& world_;
  Cluster cluster_;
  std::vector<Probe> probes_;
  std::shared_ptr<const ClusterView> view_;
  std::map<Run, std::int64_t> runs_;
  consistency::Fence fence_;
  NodeIndex fence_node_ = 0;
  std::int64_t fence_run_ = 0;
};

struct Tally {
  int on_standby = 0;
  int on_primary = 0;
  int refused = 0;
  int lost = 0;
};

// A client with one statement at a time: decided, run, answered, each at its own time.
class Client {
 public:
  Client(World& world, Watcher& watcher, Tally& tally)
      : world_(world), watcher_(watcher), tally_(tally) {}

  void step(Instant now) {
    switch (stage_) {
      case Stage::k_idle:
        return begin();
      case Stage::k_deciding:
        return decide_now(now);
      case Stage::k_sent:
        return run();
      case Stage::k_committing:
        return commit();
      case Stage::k_done:
        return take_answer(now);
    }
  }

 private:
  enum class Stage { k_idle, k_deciding, k_sent, k_committing, k_done };

  void begin() {
    constexpr Level::Kind k_kinds[] = {
        Level::Kind::k_session,          Level::Kind::k_session,         Level::Kind::k_session,
        Level::Kind::k_read_your_writes, Level::Kind::k_monotonic_reads, Level::Kind::k_strong,
        Level::Kind::k_eventual};
    request_ = {};
    request_.wait_limit = std::chrono::milliseconds(world_.chance(0.5) ? 10 : 500);
    request_.barrier_wait_limit = request_.wait_limit;
    level_.kind = k_kinds[world_.pick(std::size(k_kinds))];
    request_.promise = consistency::promise_of(level_);
    request_.needs_primary = world_.chance(0.3);
    request_.rotation = static_cast<std::uint32_t>(world_.pick(16));
    stage_ = Stage::k_deciding;
  }

  void decide_now(Instant now) {
    decision_ = decide(request_, session_, watcher_.view(), {}, now);
    if (decision_.nudge && world_.chance(0.1)) watcher_.nudge(now);
    if (decision_.action == Action::k_wait) {
      if (!request_.waiting_since) request_.waiting_since = now;
      return;
    }
    if (decision_.action == Action::k_serve) {
      stage_ = Stage::k_sent;
      return;
    }
    ++tally_.refused;
    if (session_.lost_writes() || session_.lost_reads()) {
      ++tally_.lost;
      session_.forgive();
      written_.clear();
      read_.clear();
    }
    stage_ = Stage::k_idle;
  }

  bool is_alive() { return watcher_.is_alive({decision_.node, decision_.incarnation}); }

  void expect_sees(const std::set<Txn>& seen, const std::set<Txn>& promised, const char* what) {
    const bool sees_all = std::ranges::includes(seen, promised);
    EXPECT_TRUE(sees_all) << what << " missing at level " << consistency::to_string(level_)
                          << " on node " << decision_.node
                          << (was_primary_ ? " (primary)" : " (standby)") << ", reason "
                          << to_string(decision_.reason);
  }

  void run() {
    if (!is_alive()) {
      stage_ = Stage::k_idle;
      return;
    }
    seen_ = world_.visible(decision_.node);
    was_primary_ = world_.server(decision_.node).is_primary;
    if (request_.promise.writes) expect_sees(seen_, written_, "own write");
    if (request_.promise.reads) expect_sees(seen_, read_, "earlier read");
    ++(was_primary_ ? tally_.on_primary : tally_.on_standby);
    stage_ = Stage::k_done;
    if (request_.needs_primary && world_.server(decision_.node).is_primary) {
      txn_ = world_.commit_to_log(decision_.node);
      stage_ = Stage::k_committing;
    }
  }

  void commit() {
    stage_ = Stage::k_done;
    if (!is_alive()) return;
    const bool is_synchronous = world_.chance(0.7);
    if (is_synchronous) world_.flush(decision_.node);
    world_.show(decision_.node, txn_);
    written_.insert(txn_);
  }

  void take_answer(Instant now) {
    stage_ = Stage::k_idle;
    if (request_.needs_primary) {
      session_.note_write(decision_.node, decision_.incarnation, now);
    }
    session_.note_read(decision_.node, decision_.incarnation, now, was_primary_);
    read_.insert(seen_.begin(), seen_.end());
  }

  World& world_;
  Watcher& watcher_;
  Tally& tally_;
  Stage stage_ = Stage::k_idle;
  Session session_;
  Request request_;
  Level level_;
  Decision decision_;
  bool was_primary_ = false;
  Txn txn_ = 0;
  std::set<Txn> seen_;
  std::set<Txn> written_;
  std::set<Txn> read_;
};

void play(std::uint64_t seed, double violence, int steps, Tally& tally) {
  World world(seed, 2 + seed % 7);
  Watcher watcher(world);
  std::vector<Client> clients(3, Client(world, watcher, tally));
  Instant now(std::chrono::seconds(1));
  for (int step = 0; step < steps; ++step) {
    now += microseconds(1 + world.pick(800));
    switch (world.pick(8)) {
      case 0:
      case 1:
        world.step(violence);
        break;
      case 2:
      case 3:
        clients[world.pick(clients.size())].step(now);
        break;
      case 4:
        watcher.fetch_history(now);
        [[fallthrough]];
      default:
        watcher.step(static_cast<NodeIndex>(world.pick(world.size())), now);
    }
  }
}

void play_many(std::uint64_t first_seed, int count, double violence, int steps, Tally& tally) {
  for (std::uint64_t seed = first_seed; seed < first_seed + static_cast<std::uint64_t>(count);
       ++seed) {
    play(seed, violence, steps, tally);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << " violence " << violence;
  }
}

TEST(RouterTwin, InPeaceNoReadGoesBackAndStandbysServeMostReads) {
  Tally tally;
  play_many(1, 300, 0, 1500, tally);
  EXPECT_EQ(tally.lost, 0);
  EXPECT_GT(tally.on_standby, tally.on_primary);
}

TEST(RouterTwin, AmongCrashesRestartsAndPromotionsNoReadGoesBackUntold) {
  Tally tally;
  play_many(100000, 600, 0.03, 1500, tally);
  EXPECT_GT(tally.lost, 0);
  EXPECT_GT(tally.on_standby, 0);
}

TEST(RouterTwin, AmongConstantPromotionsNoReadGoesBackUntold) {
  Tally tally;
  play_many(200000, 300, 0.2, 800, tally);
  EXPECT_GT(tally.lost, 0);
}

}  // namespace
}  // namespace tidemark::routing::twin
