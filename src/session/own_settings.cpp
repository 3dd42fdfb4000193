#include "session/own_settings.h"

#include <utility>

namespace tidemark::session {
namespace {

using namespace own_setting;

Refusal unknown(std::string_view name) {
  return {"42704",
          "unrecognized configuration parameter \"" + std::string(name) + "\"",
          {},
          "The gateway's parameters are tidemark.level, tidemark.session, tidemark.token, "
          "tidemark.report_token, tidemark.route and tidemark.sla."};
}

Refusal not_changed(std::string_view name) {
  return {"55P02", "parameter \"" + std::string(name) + "\" cannot be changed", {}, {}};
}

Refusal invalid(std::string_view name, std::string_view value, std::string hint) {
  return {
      "22023",
      "invalid value for parameter \"" + std::string(name) + "\": \"" + std::string(value) + "\"",
      {},
      std::move(hint)};
}

// Null for `policy`, which asks for no level.
std::expected<SlaPtr, Refusal> level_from(std::string_view value) {
  auto sla = consistency::parse_sla(value);
  if (!sla.has_value()) {
    return std::unexpected(Refusal{"22023", sla.error().message, {}, sla.error().hint});
  }
  if (sla->front().level.kind == consistency::Level::Kind::k_policy) return nullptr;
  return std::make_shared<const consistency::Sla>(std::move(*sla));
}

std::expected<std::string, Refusal> key_from(std::string_view value) {
  if (value.size() <= k_max_session_key) return std::string(value);
  return std::unexpected(
      invalid(k_session, value.substr(0, 32),
              "The key of a session has at most " + std::to_string(k_max_session_key) + " bytes."));
}

std::expected<bool, Refusal> boolean_from(std::string_view name, std::string_view value) {
  for (const std::string_view yes : {"on", "true", "yes", "1"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"off", "false", "no", "0"}) {
    if (value == no) return false;
  }
  return std::unexpected(invalid(name, value, "Available values: on, off."));
}

}  // namespace

Refusal not_from_current(std::string_view name) {
  return {"0A000", "parameter \"" + std::string(name) + "\" cannot be set from current",
          "FROM CURRENT is for the settings that CREATE FUNCTION and ALTER FUNCTION keep, and the "
          "gateway's own are not among them.",
          "Write the value that it is to have, or leave the statement out."};
}

std::expected<void, Refusal> Hints::add(std::string_view name, std::string_view value) {
  if (name == k_level) {
    auto asked = level_from(value);
    if (!asked.has_value()) return std::unexpected(asked.error());
    level = std::move(*asked);
    return {};
  }
  if (name == k_session) {
    auto key = key_from(value);
    if (!key.has_value()) return std::unexpected(key.error());
    session = std::move(*key);
    return {};
  }
  if (name == k_token) {
    token = value;
    return {};
  }
  return std::unexpected(unknown(name));
}

std::expected<void, Refusal> OwnSettings::put(Values& values, std::string_view name,
                                              std::string_view value) {
  if (name == k_level) {
    auto level = level_from(value);
    if (!level.has_value()) return std::unexpected(level.error());
    values.level = std::move(*level);
    return {};
  }
  if (name == k_session) {
    auto key = key_from(value);
    if (!key.has_value()) return std::unexpected(key.error());
    values.session = std::move(*key);
    return {};
  }
  if (name == k_report_token) {
    const auto wanted = boolean_from(name, value);
    if (!wanted.has_value()) return std::unexpected(wanted.error());
    values.report_token = *wanted;
    return {};
  }
  if (name == k_route || name == k_sla) return std::unexpected(not_changed(name));
  return std::unexpected(unknown(name));
}

void OwnSettings::copy(Values& to, std::string_view name, const Values& from) {
  if (name == k_level) to.level = from.level;
  if (name == k_session) to.session = from.session;
  if (name == k_report_token) to.report_token = from.report_token;
}

std::expected<void, Refusal> OwnSettings::set(std::string_view name,
                                              std::optional<std::string_view> value, bool local,
                                              bool in_transaction) {
  Values wanted = default_;
  const auto put_there =
      value.has_value() ? put(wanted, name, *value) : std::expected<void, Refusal>();
  if (!put_there.has_value()) return std::unexpected(put_there.error());
  if (!value.has_value() && !show(name).has_value()) return std::unexpected(unknown(name));
  if (local) {
    // As PostgreSQL: outside a transaction SET LOCAL has no effect.
    if (!in_transaction) return {};
    if (local_ == nullptr) local_ = std::make_unique<Values>(session_);
    copy(*local_, name, wanted);
    return {};
  }
  if (in_transaction && before_transaction_ == nullptr) {
    before_transaction_ = std::make_unique<Values>(session_);
  }
  copy(session_, name, wanted);
  if (local_ != nullptr) copy(*local_, name, wanted);
  return {};
}

std::expected<void, Refusal> OwnSettings::set_at_start(std::string_view name,
                                                       std::string_view value) {
  const auto done = put(default_, name, value);
  session_ = default_;
  return done;
}

std::expected<std::string, Refusal> OwnSettings::show(std::string_view name) const {
  if (name == k_level) return level() == nullptr ? "policy" : consistency::to_string(*level());
  if (name == k_session) return session();
  if (name == k_report_token) return reports_token() ? "on" : "off";
  return std::unexpected(unknown(name));
}

void OwnSettings::reset_all(bool in_transaction) {
  if (in_transaction && before_transaction_ == nullptr) {
    before_transaction_ = std::make_unique<Values>(session_);
  }
  session_ = default_;
  local_.reset();
}

void OwnSettings::set_savepoint(std::string_view name) {
  if (!is_changed()) return;
  const auto local = local_ == nullptr ? std::nullopt : std::optional(*local_);
  savepoints_.push_back({std::string(name), session_, local});
}

// As PostgreSQL: what was set behind a savepoint is kept, SET LOCAL too, and later ones go with it.
void OwnSettings::release(std::string_view name) {
  while (!savepoints_.empty()) {
    const bool found = savepoints_.back().name == name;
    savepoints_.pop_back();
    if (found) return;
  }
}

void OwnSettings::roll_back_to(std::string_view name) {
  while (!savepoints_.empty() && savepoints_.back().name != name) savepoints_.pop_back();
  if (savepoints_.empty()) return end_transaction(false);
  const Savepoint& then = savepoints_.back();
  session_ = then.session;
  local_ = then.local.has_value() ? std::make_unique<Values>(*then.local) : nullptr;
}

void OwnSettings::end_transaction(bool committed) {
  savepoints_.clear();
  local_.reset();
  if (before_transaction_ != nullptr && !committed) session_ = *before_transaction_;
  before_transaction_.reset();
}

}  // namespace tidemark::session
