#include "gateway/monitor.h"

#include "gateway/monitor_loop.h"

namespace tidemark::gateway {

Monitor::Monitor(const Config& config, std::function<void()> on_publish)
    : loop_(std::make_unique<MonitorLoop>(config, std::move(on_publish))) {}

Monitor::~Monitor() { stop(); }

void Monitor::start() {
  loop_->thread = std::jthread([this] { loop_->run(); });
}

void Monitor::stop() {
  loop_->ask_to_stop();
  if (loop_->thread.joinable()) loop_->thread.join();
}

const ViewBoard& Monitor::board() const { return loop_->board(); }

void Monitor::request(std::uint64_t nodes, Instant since) { loop_->request(nodes, since); }

void Monitor::stir() { loop_->stir(); }

void Monitor::nudge() { loop_->request_nudge(); }

}  // namespace tidemark::gateway
