// A PostgreSQL as dumb as can be, for tests: it knows transactions, prepared statements, COPY, when
// an error skips to the Sync, and answers every other statement with the statement's own text. It
// is the twin that a client behind the gateway must not be able to tell from the real thing.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "session/testing_frames.h"

namespace tidemark::session::testing {

class ModelPostgres {
 public:
  explicit ModelPostgres(bool standby = false) : standby_(standby) {}

  // Takes whole frames off the front of `bytes`; returns what it answers.
  std::string take(std::string& bytes) {
    out_.clear();
    while (bytes.size() >= wire::k_header_size) {
      const wire::Header header = **wire::peek(bytes);
      if (bytes.size() < header.total()) break;
      const std::string frame = bytes.substr(0, header.total());
      bytes.erase(0, header.total());
      take_frame(header.tag, wire::payload(frame, header));
    }
    return std::exchange(out_, {});
  }

  // A new connection.
  void reset() { *this = ModelPostgres(standby_); }

  bool is_copying() const { return copying_; }
  // Whether nothing of one client's is left for another to find.
  bool is_between() const { return status_ == 'I' && !skipping_ && !copying_; }

  // The statements carried out, but for the gateway's own.
  std::vector<std::string> ran;

 private:
  void take_frame(char tag, std::string_view payload) {
    if (copying_) return take_copy(tag, payload);
    if (skipping_ && tag != 'S') return;
    switch (tag) {
      case 'Q':
        prepared_.erase("");
        for (const std::string& sql : split(wire::decode_query(payload)->sql)) {
          if (!run(sql, true)) break;
        }
        if (!copying_) finish();
        break;
      case 'P': {
        const auto message = *wire::decode_parse(payload);
        const std::string sql(message.query);
        const std::string name(message.statement);
        if (name.empty()) prepared_.erase("");
        if (status_ == 'E' && !ends_transaction(sql)) return fail("25P02");
        if (!name.empty() && prepared_.contains(name)) return fail("42P05");
        prepared_[name] = sql;
        out_ += parsed();
        break;
      }
      case 'B': {
        const auto message = *wire::decode_bind(payload);
        const auto found = prepared_.find(std::string(message.statement));
        if (found == prepared_.end()) return fail("26000");
        if (status_ == 'E' && !ends_transaction(found->second)) return fail("25P02");
        portals_[std::string(message.portal)] = found->second;
        out_ += bound();
        break;
      }
      case 'D': {
        const auto message = *wire::decode_describe(payload);
        const bool of_statement = message.target == wire::Target::k_statement;
        const auto& names = of_statement ? prepared_ : portals_;
        const auto found = names.find(std::string(message.name));
        if (found == names.end()) return fail(of_statement ? "26000" : "34000");
        if (status_ == 'E' && returns_rows(found->second)) return fail("25P02");
        if (of_statement) out_ += no_parameters();
        out_ += returns_rows(found->second) ? row_description({"a"}) : no_data();
        break;
      }
      case 'E': {
        const auto message = wire::decode_execute(payload);
        if (!message.has_value()) return fail("08P01");
        const auto found = portals_.find(std::string(message->portal));
        if (found == portals_.end()) return fail("34000");
        run(std::string(found->second), false);
        break;
      }
      case 'C': {
        const auto message = *wire::decode_close(payload);
        auto& names = message.target == wire::Target::k_statement ? prepared_ : portals_;
        names.erase(std::string(message.name));
        out_ += closed();
        break;
      }
      case 'F':
        call_function();
        break;
      case 'S':
        sync();
        break;
      default:
        break;
    }
  }

  void call_function() {
    out_ += status_ == 'E' ? error("25P02") : function_result();
    finish();
  }

  void sync() {
    skipping_ = false;
    if (status_ == 'I') portals_.clear();
    finish();
  }

  void take_copy(char tag, std::string_view payload) {
    if (tag == 'c') {
      copying_ = false;
      out_ += complete("COPY 1");
    } else if (tag == 'f' || (tag == 'd' && payload == "bad")) {
      copying_ = false;
      fail(tag == 'f' ? "57014" : "22P02");
      skipping_ = copy_in_batch_;
    } else {
      return;
    }
    if (!copy_in_batch_) finish();
  }

  void finish() { out_ += ready(status_); }

  void fail(std::string_view sqlstate) {
    out_ += error(sqlstate);
    if (status_ == 'T') status_ = 'E';
    skipping_ = true;
  }

  // A statement that fails in a Query skips nothing.
  bool fail_query(std::string_view sqlstate, bool simple) {
    fail(sqlstate);
    if (simple) skipping_ = false;
    return false;
  }

  static bool starts(std::string_view sql, std::string_view word) { return sql.starts_with(word); }
  static bool ends_transaction(std::string_view sql) {
    return starts(sql, "COMMIT") || starts(sql, "ROLLBACK");
  }
  static bool returns_rows(std::string_view sql) {
    return starts(sql, "SELECT") || starts(sql, "EXECUTE");
  }
  static bool copies_out(std::string_view sql) {
    return starts(sql, "COPY") && sql.find(" TO ") != std::string_view::npos;
  }
  static bool writes(std::string_view sql) {
    return starts(sql, "INSERT") || (starts(sql, "COPY") && !copies_out(sql));
  }

  static std::vector<std::string> split(std::string_view sql) {
    if (sql == k_sql_to_probe) return {std::string(sql)};
    std::vector<std::string> parts;
    std::istringstream stream{std::string(sql)};
    for (std::string part; std::getline(stream, part, ';');) parts.push_back(part);
    return parts;
  }

  // The second word, without what follows it.
  static std::string object(const std::string& sql) {
    const std::size_t start = sql.find(' ') + 1;
    return sql.substr(start, sql.find_first_of(" (", start) - start);
  }

  bool run(const std::string& sql, bool simple) {
    if (sql == k_sql_to_probe) {
      std::size_t names = prepared_.size() - prepared_.count("");
      out_ += row_description({"a"}) + data_row({"f", "f", "f", "f", std::to_string(names)}) +
              complete("SELECT 1");
      return true;
    }
    if (starts(sql, "the gateway")) return fail_query("42601", simple);
    ran.push_back(sql);
    if (ends_transaction(sql)) {
      const bool commits = starts(sql, "COMMIT") && status_ != 'E';
      out_ += (status_ == 'I' ? notice("25P01") : "") + complete(commits ? "COMMIT" : "ROLLBACK");
      status_ = 'I';
      read_only_ = false;
      return true;
    }
    if (status_ == 'E') return fail_query("25P02", simple);
    if (sql.find("1/0") != std::string::npos) return fail_query("22012", simple);
    if (writes(sql) && (standby_ || read_only_)) return fail_query("25006", simple);
    if (starts(sql, "BEGIN")) {
      out_ += (status_ == 'T' ? notice("25001") : "") + complete("BEGIN");
      read_only_ = sql.find("READ ONLY") != std::string::npos;
      status_ = 'T';
    } else if (starts(sql, "PREPARE")) {
      if (prepared_.contains(object(sql))) return fail_query("42P05", simple);
      prepared_[object(sql)] = sql.substr(sql.find("AS ") + 3);
      out_ += complete("PREPARE");
    } else if (starts(sql, "DEALLOCATE")) {
      if (!prepared_.contains(object(sql))) return fail_query("26000", simple);
      prepared_.erase(object(sql));
      out_ += complete("DEALLOCATE");
    } else if (starts(sql, "EXECUTE") || starts(sql, "SELECT")) {
      const bool executes = starts(sql, "EXECUTE");
      if (executes && !prepared_.contains(object(sql))) return fail_query("26000", simple);
      if (simple) out_ += row_description({"a"});
      const bool is_long = sql.find("long") != std::string::npos;
      const std::string told = executes ? prepared_[object(sql)] : sql;
      out_ += data_row({is_long ? std::string(70'000, 'x') : told}) + complete("SELECT 1");
    } else if (copies_out(sql)) {
      out_ += copy_out() + copy_data("1") + copy_data("2") + copy_done() + complete("COPY 2");
    } else if (starts(sql, "COPY")) {
      out_ += copy_in();
      copying_ = true;
      copy_in_batch_ = !simple;
    } else {
      out_ += complete(sql.substr(0, sql.find(' ')));
    }
    return true;
  }

  bool standby_;
  char status_ = 'I';
  bool read_only_ = false;
  bool skipping_ = false;
  bool copying_ = false;
  bool copy_in_batch_ = false;
  std::map<std::string, std::string> prepared_;
  std::map<std::string, std::string> portals_;
  std::string out_;
};

}  // namespace tidemark::session::testing
