// The settings of the gateway itself, "tidemark.level" and its like: set and shown as PostgreSQL
// sets and shows its own, with the transaction's end taking back what SET LOCAL, or a transaction
// that failed, had changed. Thread rule: a value.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "consistency/level.h"
#include "session/refusal.h"

namespace tidemark::session {

// The level that a comment such as /* tidemark.level='strong' */ asks for.
std::expected<consistency::Level, Refusal> level_of_hint(std::string_view name,
                                                         std::string_view value);

class OwnSettings {
 public:
  explicit OwnSettings(consistency::Level level) : default_(level) {}

  // Whether a setting's name is one that the gateway answers for.
  static bool owns(std::string_view name) { return name.starts_with("tidemark."); }

  // Sets; without a value: back to the default. `local`: until the transaction ends.
  std::expected<void, Refusal> set(std::string_view name, std::optional<std::string_view> value,
                                   bool local, bool in_transaction);

  // As given in the startup packet: what RESET goes back to.
  std::expected<void, Refusal> set_at_start(std::string_view name, std::string_view value);

  // `route` is what tidemark.route shows.
  std::expected<std::string, Refusal> show(std::string_view name, std::string_view route) const;

  // RESET ALL, DISCARD ALL.
  void reset_all(bool in_transaction);

  void end_transaction(bool committed);

  // The level in force. Never k_policy.
  const consistency::Level& level() const {
    if (local_.has_value()) return *local_;
    return session_.has_value() ? *session_ : default_;
  }

 private:
  consistency::Level default_;
  std::optional<consistency::Level> session_;
  std::optional<consistency::Level> local_;
  // What session_ was before the transaction changed it.
  std::optional<std::optional<consistency::Level>> before_transaction_;
};

}  // namespace tidemark::session
