#include "session/own_settings.h"

namespace tidemark::session {
namespace {

constexpr std::string_view k_level = "tidemark.level";
constexpr std::string_view k_route = "tidemark.route";

Refusal unknown(std::string_view name) {
  return {"42704",
          "unrecognized configuration parameter \"" + std::string(name) + "\"",
          {},
          "The gateway's parameters are tidemark.level and tidemark.route."};
}

std::expected<consistency::Level, Refusal> level_from(std::string_view value) {
  const auto level = consistency::parse_level(value);
  if (!level.has_value()) {
    return std::unexpected(Refusal{"22023", level.error().message, {}, level.error().hint});
  }
  return *level;
}

}  // namespace

std::expected<consistency::Level, Refusal> level_of_hint(std::string_view name,
                                                         std::string_view value) {
  if (name != k_level) return std::unexpected(unknown(name));
  return level_from(value);
}

std::expected<void, Refusal> OwnSettings::set(std::string_view name,
                                              std::optional<std::string_view> value, bool local,
                                              bool in_transaction) {
  if (name == k_route) {
    return std::unexpected(
        Refusal{"55P02", "parameter \"tidemark.route\" cannot be changed", {}, {}});
  }
  if (name != k_level) return std::unexpected(unknown(name));
  std::optional<consistency::Level> level;
  if (value.has_value()) {
    const auto parsed = level_from(*value);
    if (!parsed.has_value()) return std::unexpected(parsed.error());
    if (parsed->kind != consistency::Level::Kind::k_policy) level = *parsed;
  }
  if (local) {
    // As PostgreSQL: outside a transaction SET LOCAL has no effect.
    if (in_transaction) local_ = level.value_or(default_);
    return {};
  }
  if (in_transaction && !before_transaction_.has_value()) before_transaction_ = session_;
  session_ = level;
  local_.reset();
  return {};
}

std::expected<void, Refusal> OwnSettings::set_at_start(std::string_view name,
                                                       std::string_view value) {
  if (name != k_level) return std::unexpected(unknown(name));
  const auto level = level_from(value);
  if (!level.has_value()) return std::unexpected(level.error());
  if (level->kind != consistency::Level::Kind::k_policy) default_ = *level;
  return {};
}

std::expected<std::string, Refusal> OwnSettings::show(std::string_view name,
                                                      std::string_view route) const {
  if (name == k_level) return consistency::to_string(level());
  if (name == k_route) return std::string(route);
  return std::unexpected(unknown(name));
}

void OwnSettings::reset_all(bool in_transaction) {
  if (in_transaction && !before_transaction_.has_value()) before_transaction_ = session_;
  session_.reset();
  local_.reset();
}

void OwnSettings::end_transaction(bool committed) {
  local_.reset();
  if (before_transaction_.has_value() && !committed) session_ = *before_transaction_;
  before_transaction_.reset();
}

}  // namespace tidemark::session
