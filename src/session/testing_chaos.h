// Random conversations, for tests: what a client may say, and worse, and nodes that answer in
// pieces, say things unasked and are lost.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "session/testing.h"

namespace tidemark::session::testing {

inline std::size_t below(Random& random, std::size_t limit) { return random.below(limit); }
inline bool one_in(Random& random, std::size_t count) { return below(random, count) == 0; }

template <std::size_t size>
std::string any(Random& random, const std::array<const char*, size>& choices) {
  return choices[below(random, size)];
}

inline std::string any_name(Random& random) { return any(random, std::array{"", "s1", "s2"}); }

inline std::string any_statement(Random& random) {
  switch (below(random, 8)) {
    case 0:
      return any(random, std::array{"SET tidemark.level = 'eventual'", "SHOW tidemark.level",
                                    "SET tidemark.level = 'nonsense'", "SHOW tidemark.token",
                                    "RESET tidemark.level", "SHOW tidemark.route"});
    case 1:
      return any(random,
                 std::array{"SET work_mem = '1MB'", "RESET ALL", "LISTEN c",
                            "SELECT set_config('a.b', 'c', false)", "PREPARE p1 AS SELECT 1",
                            "EXECUTE p1", "DEALLOCATE p1", "SELECT long FROM t"});
    case 2:
      return any(random, std::array{"BEGIN READ ONLY", "INSERT INTO t VALUES (1)",
                                    "INSERT INTO u VALUES (2)", "SELECT 1/0",
                                    "CREATE TABLE v (a int)", "SELECT a FROM missing"});
    default:
      return any(random, std::array{"SELECT a FROM t", "SELECT b FROM t", "BEGIN", "COMMIT",
                                    "ROLLBACK", "SELECT a, b FROM t"});
  }
}

inline std::string any_copy(Random& random) {
  const std::string data = one_in(random, 4) ? "bad" : "1";
  const std::string end = one_in(random, 3) ? copy_fail("enough") : copy_done();
  const std::string rows = copy_data("0") + copy_data(data);
  const std::string begins = parse("", "COPY t FROM STDIN") + bind_to("") + execute();
  switch (below(random, 5)) {
    case 0:
      return query("COPY t FROM STDIN") + rows + end;
    case 1:
      return begins + sync() + rows + end + sync();
    case 2:
      return begins + rows + end + sync();
    case 3:
      return prepared_and_run("COPY t TO STDOUT");
    default:
      return query("COPY t TO STDOUT");
  }
}

// Something that a decent client says, up to a point where it could wait for the answer.
inline std::string any_unit(Random& random) {
  const std::string name = any_name(random);
  const std::string sql = any_statement(random);
  switch (below(random, 14)) {
    case 0:
    case 1:
      return prepared_and_run(sql);
    case 2:
      return parse(name, sql) + describe_statement(name) + sync();
    case 3:
      return run(name);
    case 4:
      return bind_to(name) + describe_portal() + execute() + flush() + sync();
    case 5:
      return close_statement(name) + sync();
    case 6:
      return parse("", sql) + bind_to("") + execute() + parse(name, any_statement(random)) +
             bind_to(name) + execute() + sync();
    case 7:
      return any_copy(random);
    case 8:
      return one_in(random, 3) ? function_call() : one_in(random, 2) ? sync() : flush();
    case 9:
      return query(sql + ";" + any_statement(random) + ";" + any_statement(random));
    case 10:
      return parse(name, sql) + flush() + bind_to(name) + execute() + flush() + sync();
    default:
      return query(sql);
  }
}

inline std::string raw(char tag, std::uint32_t length, std::string_view payload) {
  std::string out(1, tag);
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(length >> shift);
  return out.append(payload);
}

// A single message, of which the next ones need not know.
inline std::string any_message(Random& random) {
  switch (below(random, 14)) {
    case 0:
      return copy_data("1");
    case 1:
      return one_in(random, 2) ? copy_done() : copy_fail("enough");
    case 2:
      return flush();
    case 3:
      return describe_portal();
    case 4:
      return execute("", 1);
    case 5:
      return close_portal("");
    case 6:
      return parse(any_name(random), any_statement(random));
    case 7:
      return bind_to(any_name(random));
    case 8:
      return execute();
    case 9:
      return query("DISCARD ALL");
    case 10:
      return query("COPY t FROM STDIN");
    case 11:
      return parse("", "COPY t FROM STDIN") + bind_to("") + execute();
    default:
      return sync();
  }
}

// What is no message, or none that can be understood.
inline std::string any_nonsense(Random& random) {
  const char known = any(random, std::array{"Q", "P", "B", "D", "E", "C", "S", "H", "F", "d"})[0];
  switch (below(random, 7)) {
    case 0:
      return raw(any(random, std::array{"?", "p", "R", "z"})[0], 8, "1234");
    case 1:
      return raw(known, static_cast<std::uint32_t>(below(random, 4)), "");
    case 2:
      return raw(known, 0x7fffffff, "");
    case 3:
      return raw('E', 20'000, "");
    case 4:
      return raw(any(random, std::array{"Q", "P", "B", "D", "C", "E"})[0], 7, "abc");
    case 5:
      return raw(known, 4 + static_cast<std::uint32_t>(below(random, 60)), "SELECT 1");
    default:
      return raw('D', 6, std::string_view("X\0", 2));
  }
}

// What a server may say of its own accord.
inline std::string any_aside(Random& random) {
  switch (below(random, 6)) {
    case 0:
    case 1:
      return notice("01000");
    case 2:
      return parameter("application_name", any(random, std::array{"a", "b"}));
    case 3:
      return parameter("in_hot_standby", any(random, std::array{"on", "off"}));
    case 4:
      return parameter("unknown", "1");
    default:
      return notification("c");
  }
}

// Takes the next frame off the front of `bytes`; empty: there is none that is whole.
inline std::string take_frame(std::string& bytes) {
  const wire::Header header = wire::whole_frame(bytes);
  if (header.tag == 0) return {};
  std::string frame = bytes.substr(0, header.total());
  bytes.erase(0, header.total());
  return frame;
}

// A node whose answers are on their way until delivers() is called.
class SlowNode {
 public:
  SlowNode(std::uint32_t node, Random& random, bool speaks_unasked)
      : server(node), model_(node != 0), random_(random), speaks_unasked_(speaks_unasked) {}

  bool has_answers() const { return !answers_.empty(); }
  // Whether what was sent to it is not wholly there.
  bool is_mid_frame() const { return !asked_.empty(); }
  bool is_dead() const { return is_lost_; }
  const ModelPostgres& model() const { return model_; }

  // What has arrived is carried out. False: a message that no server understands.
  bool hears() {
    if (server.is_free() && (server.broken() || is_lost_)) return forgets();
    is_lost_ = false;
    asked_ += server.received();
    bool understood = true;
    while (!dies_) {
      std::string frame = take_frame(asked_);
      if (frame.empty()) break;
      const auto header = **wire::peek(frame);
      understood = understood && wire::validate_client(header).has_value() && header.tag != 'X';
      if (model_.is_copying() && std::string_view("dcfHS").find(header.tag) == std::string::npos) {
        answers_ += error("08P01") + error("08P01", "FATAL");
        dies_ = true;
        break;
      }
      says(model_.take(frame));
    }
    return understood;
  }

  void says(std::string frames) {
    while (!frames.empty() && !dies_) {
      if (speaks_unasked_ && one_in(random_, 12)) answers_ += any_aside(random_);
      answers_ += take_frame(frames);
    }
  }

  void delivers(std::size_t count) {
    const std::string piece = answers_.substr(0, count);
    answers_.erase(0, piece.size());
    server.answers(piece);
    if (dies_ && answers_.empty()) is_lost();
  }

  void is_lost() {
    answers_.clear();
    is_lost_ = true;
    server.is_lost();
  }

  ScriptedServer server;

 private:
  // The next connection is another.
  bool forgets() {
    server.forget();
    asked_.clear();
    answers_.clear();
    model_.reset();
    dies_ = false;
    return true;
  }

  ModelPostgres model_;
  Random& random_;
  const bool speaks_unasked_;
  std::string asked_;
  std::string answers_;
  bool dies_ = false;  // behind its answers
  bool is_lost_ = false;
};

}  // namespace tidemark::session::testing
