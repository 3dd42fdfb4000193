// What ErrorResponse and NoticeResponse carry: fields, each with a one-byte code.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tidemark::wire {

enum class ErrorField : char {
  k_severity = 'S',  // may be translated
  k_severity_untranslated = 'V',
  k_sqlstate = 'C',
  k_message = 'M',
  k_detail = 'D',
  k_hint = 'H',
  k_position = 'P',
  k_internal_position = 'p',
  k_internal_query = 'q',
  k_where = 'W',
  k_schema = 's',
  k_table = 't',
  k_column = 'c',
  k_data_type = 'd',
  k_constraint = 'n',
  k_file = 'F',
  k_line = 'L',
  k_routine = 'R',
};

// Views: what they look at must outlive this.
class ErrorFields {
 public:
  using Field = std::pair<ErrorField, std::string_view>;

  // The first field of this code; empty if there is none.
  std::string_view operator[](ErrorField code) const;
  // Replaces the field of this code, or adds it at the end.
  void set(ErrorField code, std::string_view text);

  // The untranslated severity, or, of a server older than 9.6, the other one.
  std::string_view severity() const;
  std::string_view sqlstate() const { return (*this)[ErrorField::k_sqlstate]; }
  std::string_view message() const { return (*this)[ErrorField::k_message]; }
  std::string_view detail() const { return (*this)[ErrorField::k_detail]; }
  std::string_view hint() const { return (*this)[ErrorField::k_hint]; }

  // In the order of the message, with codes that this program does not know.
  const std::vector<Field>& all() const { return fields_; }

 private:
  friend Result<ErrorFields> decode_error(std::string_view payload);

  std::vector<Field> fields_;
};

// Of an ErrorResponse or a NoticeResponse.
Result<ErrorFields> decode_error(std::string_view payload);

void append_error(std::string& out, const ErrorFields& fields);
void append_notice(std::string& out, const ErrorFields& fields);

// `severity` is ERROR, FATAL or PANIC, or of a notice WARNING, NOTICE, DEBUG, INFO or LOG. An empty
// detail or hint is left out.
void append_error(std::string& out, std::string_view severity, std::string_view sqlstate,
                  std::string_view message, std::string_view detail = {},
                  std::string_view hint = {});
void append_notice(std::string& out, std::string_view severity, std::string_view sqlstate,
                   std::string_view message, std::string_view detail = {},
                   std::string_view hint = {});

}  // namespace tidemark::wire
