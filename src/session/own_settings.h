// The settings of the gateway itself, "tidemark.level" and its like: set and shown as PostgreSQL
// sets and shows its own, with the transaction's end taking back what SET LOCAL, or a transaction
// that failed, had changed. Thread rule: a value.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consistency/sla.h"
#include "session/refusal.h"

namespace tidemark::session {

// The levels that are asked for; null: what the rules say.
using SlaPtr = std::shared_ptr<const consistency::Sla>;

// What the settings are called.
namespace own_setting {
constexpr std::string_view k_level = "tidemark.level";
constexpr std::string_view k_session = "tidemark.session";
constexpr std::string_view k_token = "tidemark.token";
constexpr std::string_view k_report_token = "tidemark.report_token";
constexpr std::string_view k_route = "tidemark.route";
constexpr std::string_view k_sla = "tidemark.sla";
}  // namespace own_setting

// The most savepoints of a transaction behind its first SET of such a setting.
constexpr std::size_t k_max_savepoints = 4096;
// The most bytes that the key of a session may have.
constexpr std::size_t k_max_session_key = 256;

// What a comment such as /* tidemark.level='strong' */ asks for, for one statement.
struct Hints {
  std::optional<SlaPtr> level;
  std::optional<std::string> session;
  std::string token;  // empty: none

  bool any() const { return level.has_value() || session.has_value() || !token.empty(); }
  // Fails for what cannot be asked for so.
  std::expected<void, Refusal> add(std::string_view name, std::string_view value);
};

// SET … FROM CURRENT of such a setting.
Refusal not_from_current(std::string_view name);

class OwnSettings {
 public:
  // Whether a setting's name is one that the gateway answers for.
  static bool owns(std::string_view name) { return name.starts_with("tidemark."); }

  // Sets; without a value: back to the default. `local`: until the transaction ends. A token is not
  // kept here: it is checked elsewhere, and taken into the session once and for all.
  std::expected<void, Refusal> set(std::string_view name, std::optional<std::string_view> value,
                                   bool local, bool in_transaction);

  // As given in the startup packet: what RESET goes back to.
  std::expected<void, Refusal> set_at_start(std::string_view name, std::string_view value);

  // The value of a setting that is kept here.
  std::expected<std::string, Refusal> show(std::string_view name) const;

  // RESET ALL, DISCARD ALL.
  void reset_all(bool in_transaction);

  void end_transaction(bool committed);

  // Whether the transaction under way has changed any. What it does to savepoints before need not
  // be told; ROLLBACK TO one that is not known of takes back all that the transaction has changed.
  bool is_changed() const { return local_ != nullptr || before_transaction_ != nullptr; }
  void set_savepoint(std::string_view name);
  void release(std::string_view name);
  void roll_back_to(std::string_view name);
  // Whether there is no room for another savepoint.
  bool is_full() const { return savepoints_.size() >= k_max_savepoints; }

  // Null: none is asked for.
  const SlaPtr& level() const { return current().level; }
  // Empty: the session is the connection.
  const std::string& session() const { return current().session; }
  // Whether the client wants its token at the end of each transaction.
  bool reports_token() const { return current().report_token; }

 private:
  struct Values {
    SlaPtr level;
    std::string session;
    bool report_token = false;
  };
  struct Savepoint {
    std::string name;
    Values session;
    std::optional<Values> local;
  };
  const Values& current() const { return local_ != nullptr ? *local_ : session_; }
  static std::expected<void, Refusal> put(Values& values, std::string_view name,
                                          std::string_view value);
  static void copy(Values& to, std::string_view name, const Values& from);

  Values default_;
  Values session_;
  std::unique_ptr<Values> local_;               // until the transaction ends
  std::unique_ptr<Values> before_transaction_;  // what session_ was before it changed it
  std::vector<Savepoint> savepoints_;           // since the first change, oldest first
};

}  // namespace tidemark::session
