#include "gateway/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/duration.h"

namespace tidemark::gateway {
namespace {

constexpr std::array<std::string_view, 4> k_level_names = {"debug", "info", "warning", "error"};

spdlog::logger& logger() {
  // Never destroyed: threads may still log while the process ends.
  static spdlog::logger* const instance = [] {
    auto made = std::make_unique<spdlog::logger>("tidemark",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::debug);
    return made.release();
  }();
  return *instance;
}

spdlog::level::level_enum native(LogLevel level) {
  switch (level) {
    case LogLevel::k_debug:
      return spdlog::level::debug;
    case LogLevel::k_info:
      return spdlog::level::info;
    case LogLevel::k_warning:
      return spdlog::level::warn;
    case LogLevel::k_error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' ||
                  c == '\x7f';
         });
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void write(LogLevel level, std::string_view event, LogFields fields) {
  if (!logger().should_log(native(level))) return;
  const std::string line = format_event(event, fields);
  logger().log(native(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  const auto found = std::ranges::find(k_level_names, text);
  if (found == k_level_names.end()) {
    return fail(fmt::format("\"{}\" is not a log level (debug, info, warning, error)", text));
  }
  return static_cast<LogLevel>(found - k_level_names.begin());
}

std::string_view to_string(LogLevel level) {
  return k_level_names[static_cast<std::size_t>(level)];
}

LogField::LogField(std::string_view key, std::string_view value) : text_(key) {
  text_ += '=';
  if (needs_quotes(value)) {
    append_quoted(text_, value);
  } else {
    text_ += value;
  }
}

LogField::LogField(std::string_view key, Duration value)
    : LogField(key, std::string_view(format_duration(value))) {}

LogField::LogField(std::string_view key, double value)
    : LogField(key, std::string_view(fmt::format("{:.6g}", value))) {}

void set_log_level(LogLevel level) { logger().set_level(native(level)); }

LogLevel log_level() {
  switch (logger().level()) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return LogLevel::k_debug;
    case spdlog::level::info:
      return LogLevel::k_info;
    case spdlog::level::warn:
      return LogLevel::k_warning;
    default:
      return LogLevel::k_error;
  }
}

void log_debug(std::string_view event, LogFields fields) {
  write(LogLevel::k_debug, event, fields);
}
void log_info(std::string_view event, LogFields fields) { write(LogLevel::k_info, event, fields); }
void log_warning(std::string_view event, LogFields fields) {
  write(LogLevel::k_warning, event, fields);
}
void log_error(std::string_view event, LogFields fields) {
  write(LogLevel::k_error, event, fields);
}

std::string format_event(std::string_view event, LogFields fields) {
  std::string line = LogField("event", event).text();
  for (const LogField& field : fields) {
    line += ' ';
    line += field.text();
  }
  return line;
}

}  // namespace tidemark::gateway
