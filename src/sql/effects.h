// What running something does beyond reading ordinary tables: the part of a Statement that
// functions, operators, views and policies carry, too.
#pragma once

#include "sql/statement.h"

namespace tidemark::sql {

struct Effects {
  const char* why_primary = nullptr;  // static text; null: a standby may run it
  bool may_write = false;
  bool opaque = false;
  Pin pin = Pin::k_none;
  bool reads_session_catalog = false;
  bool reads_prepared = false;
  bool unknown_name = false;

  // The worse of both in each respect; the reason that came first stays.
  void merge(const Effects& other) {
    if (why_primary == nullptr) why_primary = other.why_primary;
    may_write = may_write || other.may_write;
    opaque = opaque || other.opaque;
    if (pin == Pin::k_none) pin = other.pin;
    reads_session_catalog = reads_session_catalog || other.reads_session_catalog;
    reads_prepared = reads_prepared || other.reads_prepared;
    unknown_name = unknown_name || other.unknown_name;
  }

  bool operator==(const Effects&) const = default;
};

// REQUIRES: why is static text.
constexpr Effects reads_primary(const char* why) { return {.why_primary = why}; }
constexpr Effects writes(const char* why) { return {.why_primary = why, .may_write = true}; }
// Nothing is known of it, or it is known to do as it likes.
constexpr Effects anything(const char* why) {
  return {.why_primary = why, .may_write = true, .opaque = true};
}
// Likewise, because the catalogue does not have the name.
constexpr Effects unknown(const char* why) {
  return {.why_primary = why, .may_write = true, .opaque = true, .unknown_name = true};
}
constexpr Effects pins(const char* why, Pin pin) { return {.why_primary = why, .pin = pin}; }

}  // namespace tidemark::sql
