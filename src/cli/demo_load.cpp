#include "cli/demo_load.h"

#include <fmt/format.h>

#include "cli/demo_client.h"

namespace tidemark::cli {
namespace {

// Reads after each update.
constexpr int k_reads_per_write = 9;

}  // namespace

void DemoLoad::start() {
  for (int client = 1; client <= k_clients; ++client) {
    threads_.emplace_back([this, client] { work(client); });
  }
}

void DemoLoad::stop() {
  stopping_ = true;
  threads_.clear();
}

DemoLoad::Counts DemoLoad::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void DemoLoad::work(int client) {
  const auto note_error = [this](const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (counts_.errors++ == 0) counts_.first_error = error.message;
  };
  DemoClient connection;
  if (const auto connected = connection.connect(port_, database_); !connected) {
    note_error(connected.error());
    return;
  }
  const auto update = fmt::format("UPDATE counter SET n = n + 1 WHERE id = {} RETURNING n", client);
  const auto read = fmt::format("SELECT n FROM counter WHERE id = {}", client);
  std::string written;
  for (int turn = 0; !stopping_; ++turn) {
    const bool writes = turn % (k_reads_per_write + 1) == 0;
    const auto answer = connection.query(writes ? update : read);
    const auto route = answer ? connection.route() : std::unexpected(answer.error());
    if (!route) {
      note_error(route.error());
      return;
    }
    const std::scoped_lock lock(mutex_);
    if (writes) {
      written = answer->value();
      ++counts_.writes;
    } else {
      ++counts_.reads;
      ++counts_.reads_by[route->node];
      if (answer->value() != written) ++counts_.stale;
    }
  }
}

}  // namespace tidemark::cli
