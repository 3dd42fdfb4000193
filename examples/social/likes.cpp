#include "examples/social/likes.h"

#include <thread>

namespace social {
namespace {

using namespace std::chrono_literals;
using kit::Clock;
using kit::Database;

constexpr auto k_patience_to_converge = 10s;

}  // namespace

void add_up_likes(Database& db) {
  db.next_page("counter");
  db.write("add up likes", [](auto& transaction) {
    transaction.exec(
        "INSERT INTO like_count SELECT post, count(*) FROM liked GROUP BY post "
        "ON CONFLICT (post) DO UPDATE SET likes = excluded.likes "
        "WHERE like_count.likes <> excluded.likes");
  });
}

std::optional<double> time_to_converge(kit::Run& run) {
  std::atomic<bool> stopping = false;
  Database counter(run.addresses, run.board, stopping);
  add_up_likes(counter);
  const auto begun = Clock::now();
  const auto sum = [](const std::string& address, const char* sql) {
    pqxx::connection connection(address);
    pqxx::nontransaction db(connection);
    return db.exec1(sql)[0].as<long>();
  };
  const long likes =
      sum(run.addresses.database, "/* tidemark.level='strong' */ SELECT count(*) FROM liked");
  auto places = run.addresses.replicas;
  if (places.empty()) places = {run.addresses.database};
  for (const std::string& place : places) {
    while (sum(place, "SELECT coalesce(sum(likes), 0)::bigint FROM like_count") != likes) {
      if (Clock::now() - begun > k_patience_to_converge) return std::nullopt;
      std::this_thread::sleep_for(5ms);
    }
  }
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

}  // namespace social
