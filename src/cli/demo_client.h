// A plain client of the demo: libpq, blocking, one connection.
// Thread rule: confined to one thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/pg_link.h"

namespace tidemark::cli {

// What the server said: the first result's rows, and the command tag.
struct DemoAnswer {
  std::vector<std::vector<std::string>> rows;
  std::string tag;

  // The only value, or "" where there is none.
  std::string value() const {
    return rows.empty() || rows.front().empty() ? "" : rows.front().front();
  }
};

// SHOW tidemark.route, taken apart. Fields that it does not name are empty.
struct DemoRoute {
  std::string node;
  std::string role;
  std::string level;
  std::string reason;

  static DemoRoute parse(const std::string& text);
};

class DemoClient {
 public:
  Result<void> connect(int port, const std::string& database);
  Result<DemoAnswer> query(const std::string& sql);
  Result<void> run(const std::string& sql);

  // Which node served the last statement.
  Result<DemoRoute> route();

 private:
  gateway::PgConnection connection_;
};

}  // namespace tidemark::cli
