// An error to be told to a client, with texts of its own.
#pragma once

#include <string>
#include <string_view>

#include "wire/error_fields.h"

namespace tidemark::session {

struct Refusal {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;

  static Refusal from(const wire::ErrorFields& fields) {
    return {std::string(fields.sqlstate()), std::string(fields.message()),
            std::string(fields.detail()), std::string(fields.hint())};
  }

  void append_to(std::string& out, std::string_view severity) const {
    wire::append_error(out, severity, sqlstate, message, detail, hint);
  }
};

}  // namespace tidemark::session
