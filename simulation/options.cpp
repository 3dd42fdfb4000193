#include "simulation/options.h"

namespace tidemark::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

Duration between(Random& random, Duration least, Duration most) {
  return least + Duration(random.below(static_cast<std::uint64_t>((most - least).count()) + 1));
}

Delay delay(Random& random, Duration least, Duration most, Duration tail) {
  const Duration typical = between(random, least, most);
  return {.least = typical / 4,
          .most = typical * 2,
          .tail_chance = random.chance(0.5) ? 0.02 : 0,
          .tail = between(random, most, tail)};
}

Duration now_and_then(Random& random, double chance, Duration least, Duration most) {
  return random.chance(chance) ? between(random, least, most) : Duration(0);
}

Faults draw_faults(Random& random) {
  constexpr Duration k_often = milliseconds(30);
  constexpr Duration k_seldom = milliseconds(600);
  const bool is_violent = random.chance(0.7);
  const double violence = is_violent ? 0.5 : 0;
  return {.crash = now_and_then(random, violence, k_often, k_seldom),
          .restart = now_and_then(random, 0.5, k_often, k_seldom),
          .promotion = now_and_then(random, violence, 3 * k_often, k_seldom),
          .following = now_and_then(random, violence, 3 * k_often, k_seldom),
          .partition = now_and_then(random, 0.4, k_often, k_seldom),
          .cut = now_and_then(random, 0.5, k_often, k_seldom),
          .pause = now_and_then(random, 0.5, k_often, k_seldom),
          .termination = now_and_then(random, 0.5, milliseconds(5), k_seldom),
          .synchronous = now_and_then(random, 0.5, k_often, k_seldom),
          .broken_connection = random.chance(0.3) ? 0.01 : 0,
          .slow_statement = random.chance(0.5) ? 0.05 : 0,
          .failed_history = random.chance(0.3) ? 0.3 : 0,
          .lasting = between(random, milliseconds(2), milliseconds(150))};
}

}  // namespace

Duration Delay::draw(Random& random) const {
  if (tail_chance > 0 && random.chance(tail_chance)) return between(random, most, tail);
  return between(random, least, most);
}

Options draw_options(std::uint64_t seed) {
  Random random(seed * 2 + 1);
  Options options;
  options.servers = 2 + random.below(5);
  options.clients = 1 + random.below(6);
  options.sessions = random.chance(0.5) ? options.clients : 1 + random.below(options.clients);
  options.sample_interval = between(random, milliseconds(1), milliseconds(20));
  options.probe_timeout = between(random, milliseconds(20), milliseconds(200));
  options.network = delay(random, microseconds(20), microseconds(500), milliseconds(30));
  options.work = delay(random, microseconds(10), microseconds(200), milliseconds(10));
  options.thinking = delay(random, microseconds(20), milliseconds(2), milliseconds(50));
  options.replication = delay(random, microseconds(50), milliseconds(4), milliseconds(60));
  options.log_writer = delay(random, microseconds(500), milliseconds(50), milliseconds(300));
  options.checkpoint = delay(random, milliseconds(20), milliseconds(500), milliseconds(2000));
  options.outsider = delay(random, microseconds(200), milliseconds(10), milliseconds(200));
  options.sweeping = delay(random, milliseconds(2), milliseconds(100), milliseconds(500));
  options.evictions = random.chance(0.3) ? 0.5 : 0;
  options.writes = 0.05 + 0.1 * static_cast<double>(random.below(6));
  options.transactions = random.chance(0.7) ? 0.25 : 0;
  options.asynchronous = random.chance(0.5) ? 0.4 : 0;
  options.remote_apply = random.chance(0.5) ? 0.3 : 0;
  options.prepared = random.chance(0.3) ? 0.3 : 0;
  options.hand_over = random.chance(0.5) ? 0.05 : 0;
  options.pinned = random.chance(0.3) ? 0.5 : 0;
  options.mixes_levels = random.chance(0.6);
  if (random.chance(0.2)) options.strong = 0.7;
  options.strong_from_standbys = random.chance(0.5);
  options.warns = random.chance(0.3);
  options.faults = draw_faults(random);
  options.all_writes_here = random.chance(0.3);
  if (options.all_writes_here) options.before = between(random, Duration(0), milliseconds(100));
  options.looking = delay(random, milliseconds(1), milliseconds(20), milliseconds(200));
  if (random.chance(0.4)) {
    options.samples_under_way = 8;
    options.network.most += milliseconds(random.below(8));
  }
  return options;
}

}  // namespace tidemark::simulation
