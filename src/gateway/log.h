// The gateway's log: one line an event on stderr, key=value throughout, for people and for
// machines:
//   2026-03-01T12:00:00.123+00:00 level=info event=node_admitted node=127.0.0.1:5502 lag=3ms
// An event is a snake_case name that never varies; what varies stands in the fields. Never log a
// password, a token, or a statement's text (it may hold either).
// Thread rule: every function may be called from any thread.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tidemark::gateway {

enum class LogLevel { k_debug, k_info, k_warning, k_error };

// Accepts "debug", "info", "warning" and "error".
Result<LogLevel> parse_log_level(std::string_view text);
std::string_view to_string(LogLevel level);

// One key=value of a line. The value is turned into text at once, quoted where it holds a space, a
// quote, an equals sign or a control character.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value);
  LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value)
      : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, Duration value);
  LogField(std::string_view key, double value);
  LogField(std::string_view key, std::same_as<bool> auto value)
      : LogField(key, std::string_view(value ? "true" : "false")) {}
  template <std::integral Integer>
    requires(!std::same_as<Integer, bool>)
  LogField(std::string_view key, Integer value)
      : LogField(key, std::string_view(std::to_string(value))) {}

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

using LogFields = std::initializer_list<LogField>;

// Lines below this level are dropped. The default is k_info.
void set_log_level(LogLevel level);
LogLevel log_level();

void log_debug(std::string_view event, LogFields fields = {});
void log_info(std::string_view event, LogFields fields = {});
void log_warning(std::string_view event, LogFields fields = {});
void log_error(std::string_view event, LogFields fields = {});

// The line without time and level, as the log writes it.
std::string format_event(std::string_view event, LogFields fields);

}  // namespace tidemark::gateway
