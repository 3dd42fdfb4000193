#include "simulation/simulation.h"

#include <memory>

#include "simulation/client.h"

namespace tidemark::simulation {

Report simulate(std::uint64_t seed, const Options& options, Without without) {
  constexpr Duration k_longest = std::chrono::seconds(30);
  Events events;
  History history;
  const Instant end = events.now() + k_longest;
  World world(options, seed, events, history);
  Network network(world);
  Executor executor(world);
  Monitor monitor(world, network, without);
  Recorder recorder(history);
  Gateway gateway{world, network, executor, monitor, recorder, without, {}, {}};
  gateway.idle.resize(options.servers);
  gateway.sessions.resize(options.sessions);
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
