// A shop, as an application of many processes would be written: each user's pages come over any
// connection, and what the pages need is said once, in tidemark.toml.
//
//   stock      strong: looked at and taken in one transaction, so it is never oversold
//   catalogue  bounded(5s): from any replica, and never older than that
//   cart       session: whatever one has put in is there on the next page
//   orders     read_your_writes: the buyer sees their own order at once
//
// What it checks it knows by itself: what each user put in, and when each price was changed.
#include <fmt/format.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "examples/kit/database.h"
#include "examples/kit/program.h"
#include "examples/kit/scoreboard.h"

namespace {

using namespace std::chrono_literals;
using kit::Clock;
using kit::Database;

constexpr int k_products = 20;
constexpr int k_wanted_by_all = 1;
constexpr auto k_oldest_price = 5s;  // the catalogue's bound in tidemark.toml

// When each version of each price was known to have been set.
class PriceBook {
 public:
  void changed(int product, int version) {
    const std::lock_guard lock(mutex_);
    auto& times = times_[product];
    times.resize(static_cast<std::size_t>(version) + 1, Clock::time_point::max());
    times.back() = Clock::now();
  }

  // How long the version after this one had been set at that time; negative: not yet.
  Clock::duration outdated_for(int product, int version, Clock::time_point at) {
    const std::lock_guard lock(mutex_);
    const auto& times = times_[product];
    for (auto next = static_cast<std::size_t>(version) + 1; next < times.size(); ++next) {
      if (times[next] != Clock::time_point::max()) return at - times[next];
    }
    return -1s;
  }

 private:
  std::mutex mutex_;
  std::map<int, std::vector<Clock::time_point>> times_;
};

class Shopper {
 public:
  Shopper(kit::Run& run, PriceBook& prices, int number)
      : board_(run.board),
        db_(run.addresses, run.board, run.stopping),
        prices_(prices),
        me_(fmt::format("user:{}", number)),
        random_(static_cast<unsigned>(number)) {}

  // One visit: a look around, something into the cart, a look at the cart; and often they buy.
  void visit() {
    for (int page = 0; page < 4; ++page) browse(any_product());
    const int product = random_() % 2 == 0 ? k_wanted_by_all : any_product();
    put_into_cart(product);
    look_at_cart();
    if (random_() % 2 == 0) buy(product);
  }

 private:
  int any_product() { return 1 + static_cast<int>(random_() % k_products); }
  std::string new_id() { return fmt::format("{}/{}", me_, ++ids_); }

  void browse(int product) {
    db_.next_page(me_);
    const auto begun = Clock::now();
    const auto rows = db_.read("see a price", [&](auto& db) {
      return db.exec_params("SELECT price, version FROM product WHERE id = $1", product);
    });
    if (!rows) return;
    const int version = (*rows)[0][1].template as<int>();
    const auto outdated = prices_.outdated_for(product, version, begun);
    if (outdated > k_oldest_price) {
      board_.violated("see a price",
                      fmt::format("{} saw the price of product {} that had been "
                                  "changed {:.1f} s before",
                                  me_, product, std::chrono::duration<double>(outdated).count()));
    }
  }

  void put_into_cart(int product) {
    db_.next_page(me_);
    const std::string item = new_id();
    const bool done = db_.write("put into the cart", [&](auto& db) {
      db.exec_params("INSERT INTO cart VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", item, me_,
                     product);
    });
    if (done) cart_[item] = product;
  }

  void look_at_cart() {
    db_.next_page(me_);
    const auto rows = db_.read("look at the cart", [&](auto& db) {
      return db.exec_params("SELECT item FROM cart WHERE owner = $1", me_);
    });
    if (!rows) return;
    std::set<std::string> shown;
    for (const auto& row : *rows) shown.insert(row[0].template as<std::string>());
    for (const auto& [item, product] : cart_) {
      if (shown.contains(item)) continue;
      board_.violated(
          "look at the cart",
          fmt::format("{} put product {} into the cart, and it is not there", me_, product));
    }
  }

  // Reserve, pay, and claim. One in ten pays too late, and one in ten thinks better of it.
  void buy(int product) {
    db_.next_page(me_);
    const std::string order = new_id();
    const auto unit = db_.naive() ? reserve_naively(order, product) : reserve(order, product);
    if (!unit) return;
    const auto mind = random_() % 10;
    if (mind == 0) return;  // the clerk puts it back on the shelf
    if (mind == 1) {
      release(order);
    } else if (claim(order, product, *unit)) {
      bought_.insert(order);
      look_at_orders();
    }
  }

  // Looks and takes in one transaction: a row that somebody else is taking is skipped, and one that
  // is taken is not free. Run again, it finds what it had taken.
  std::optional<long> reserve(const std::string& order, int product) {
    std::optional<long> unit;
    db_.write("reserve", [&](auto& db) {
      unit.reset();
      auto found = db.exec_params("SELECT id FROM unit WHERE order_id = $1", order);
      if (found.empty()) {
        found = db.exec_params(
            "SELECT id FROM unit WHERE product = $1 AND state = 'free' "
            "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
            product);
      }
      if (found.empty()) return;  // sold out
      unit = found[0][0].template as<long>();
      db.exec_params(
          "UPDATE unit SET state = 'reserved', order_id = $1, until = now() + '1s' WHERE id = $2",
          order, *unit);
    });
    return unit;
  }

  // What is wrong with most shops behind a load balancer: it asks a replica what is left.
  std::optional<long> reserve_naively(const std::string& order, int product) {
    const auto rows = db_.read("reserve", [&](auto& db) {
      return db.exec_params(
          "SELECT id FROM unit WHERE product = $1 AND state = 'free' ORDER BY id LIMIT 1", product);
    });
    if (!rows || rows->empty()) return std::nullopt;
    const long unit = (*rows)[0][0].template as<long>();
    db_.write("reserve", [&](auto& db) {
      db.exec_params(
          "UPDATE unit SET state = 'reserved', order_id = $1, until = now() + '1s' WHERE id = $2",
          order, unit);
    });
    return unit;
  }

  void release(const std::string& order) {
    db_.write("release", [&](auto& db) {
      db.exec_params(
          "UPDATE unit SET state = 'free', order_id = NULL, until = NULL "
          "WHERE order_id = $1 AND state = 'reserved'",
          order);
    });
  }

  // The sale: the reservation is still ours, or it was a sale already when this is run again.
  bool claim(const std::string& order, int product, long unit) {
    bool sold = false;
    const bool known = db_.write("pay", [&](auto& db) {
      const auto claimed = db.exec_params(
          db_.naive() ? "UPDATE unit SET state = 'sold' WHERE id = $2 OR order_id = $1"
                      : "UPDATE unit SET state = 'sold' WHERE order_id = $1 AND id = $2 "
                        "AND (state = 'sold' OR until > now())",
          order, unit);
      sold = claimed.affected_rows() > 0;
      if (!sold) return;  // too late: the clerk has put it back
      db.exec_params("INSERT INTO orders VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", order,
                     me_, product, unit);
      db.exec_params("DELETE FROM cart WHERE owner = $1", me_);
    });
    if (!known || !sold) return false;
    cart_.clear();
    return true;
  }

  void look_at_orders() {
    db_.next_page(me_);
    const auto rows = db_.read("look at the orders", [&](auto& db) {
      return db.exec_params("SELECT id FROM orders WHERE buyer = $1", me_);
    });
    if (rows && rows->size() < bought_.size()) {
      board_.violated("look at the orders", fmt::format("{} has bought {} times, and sees {}", me_,
                                                        bought_.size(), rows->size()));
    }
  }

  kit::Scoreboard& board_;
  Database db_;
  PriceBook& prices_;
  const std::string me_;
  std::minstd_rand random_;
  long ids_ = 0;
  std::map<std::string, int> cart_;  // what must be in it
  std::set<std::string> bought_;
};

// Puts back what was reserved and not paid for.
void clerk(kit::Run& run) {
  Database db(run.addresses, run.board, run.stopping);
  while (!run.stopping) {
    db.next_page("clerk");
    db.write("put back", [](auto& transaction) {
      transaction.exec(
          "UPDATE unit SET state = 'free', order_id = NULL, until = NULL "
          "WHERE state = 'reserved' AND until < now()");
    });
    std::this_thread::sleep_for(100ms);
  }
}

void change_prices(kit::Run& run, PriceBook& prices) {
  Database db(run.addresses, run.board, run.stopping);
  for (int turn = 0; !run.stopping; ++turn) {
    const int product = 1 + turn % k_products;
    int version = 0;
    db.next_page("prices");
    const bool done = db.write("change a price", [&](auto& transaction) {
      version = transaction
                    .exec_params1(
                        "UPDATE product SET price = price + 1, version = version + 1 "
                        "WHERE id = $1 RETURNING version",
                        product)[0]
                    .template as<int>();
    });
    if (done) prices.changed(product, version);
    std::this_thread::sleep_for(50ms);
  }
}

// What must be true of a shop at any time; now that all have gone home, it can be counted.
void take_stock(kit::Run& run) {
  pqxx::connection connection(run.addresses.database);
  pqxx::work db(connection);
  const auto count = [&](const char* sql) { return db.exec1(sql)[0].as<long>(); };
  const long oversold = count(
      "SELECT count(*) FROM (SELECT unit FROM orders GROUP BY unit HAVING count(*) > 1) AS twice");
  const long sold = count("SELECT count(*) FROM orders");
  const long too_many = count(
      "SELECT count(*) FROM product WHERE "
      "(SELECT count(*) FROM orders WHERE orders.product = product.id) + "
      "(SELECT count(*) FROM unit WHERE unit.product = product.id AND state = 'reserved') > "
      "(SELECT count(*) FROM unit WHERE unit.product = product.id)");
  const long without = count(
      "SELECT count(*) FROM orders JOIN unit ON unit.id = unit "
      "WHERE unit.state <> 'sold' OR unit.order_id IS DISTINCT FROM orders.id");
  run.board.invariant("no unit is sold twice", oversold == 0,
                      fmt::format("{} of {} orders' units", oversold, sold));
  run.board.invariant("sold and reserved are at most the stock", too_many == 0,
                      fmt::format("{} of {} products oversold", too_many, k_products));
  run.board.invariant("each order has its claim", without == 0,
                      fmt::format("{} of {} orders have none", without, sold));
  run.board.invariant("something was sold", sold > 0, fmt::format("{} orders", sold));
}

void shop(kit::Run& run) {
  PriceBook prices;
  std::vector<std::function<void()>> people = {
      [&] { clerk(run); },
      [&] { change_prices(run, prices); },
  };
  for (int number = 1; number <= run.users; ++number) {
    people.push_back([&run, &prices, number] {
      Shopper shopper(run, prices, number);
      while (!run.stopping) {
        shopper.visit();
        std::this_thread::sleep_for(20ms);
      }
    });
  }
  kit::run_all(run, people, [&] { return fmt::format("{} sales", run.board.count("pay")); });
  take_stock(run);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::program(argc, argv, "A shop: stock, catalogue, carts and orders.", shop);
}
