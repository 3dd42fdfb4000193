#include "simulation/simulation.h"

#include <memory>

#include "simulation/client.h"

namespace tidemark::simulation {
namespace {

void sweep_regularly(Gateway& gateway) {
  World& world = gateway.world;
  const bool has_room = !world.random().chance(world.options().evictions);
  gateway.sessions.sweep(*gateway.monitor.view(), has_room);
  Duration pause = world.options().sweeping.draw(world.random());
  if (!gateway.sessions.has_begun()) pause = std::chrono::milliseconds(1);
  world.events().after(pause, [&gateway] { sweep_regularly(gateway); });
}

}  // namespace

Report simulate(std::uint64_t seed, const Options& options, Without without) {
  constexpr Duration k_longest = std::chrono::seconds(30);
  Events events;
  History history;
  const Instant begin = events.now();
  const Instant end = begin + k_longest;
  World world(options, seed, events, history);
  while (events.now() < begin + options.before) events.step();
  world.start_gateway();
  Network network(world);
  Executor executor(world);
  Monitor monitor(world, network, without);
  Recorder recorder(history);
  Book book(world, network, monitor, without);
  Gateway gateway{.world = world,
                  .network = network,
                  .executor = executor,
                  .monitor = monitor,
                  .recorder = recorder,
                  .book = book,
                  .without = without,
                  .idle = {},
                  .sessions = Sessions(options.sessions, without != Without::k_horizon)};
  gateway.idle.resize(options.servers);
  sweep_regularly(gateway);
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t index = 0; index < options.clients; ++index) {
    const auto session = static_cast<SessionId>(index % options.sessions);
    clients.push_back(std::make_unique<Client>(gateway, session));
  }
  while (recorder.tally().operations < options.operations && events.now() < end) events.step();
  return {recorder.tally(), check(history)};
}

Report simulate(std::uint64_t seed, Without without) {
  return simulate(seed, draw_options(seed), without);
}

}  // namespace tidemark::simulation
