#include "wire/error_fields.h"

#include <algorithm>

#include "wire/cursor.h"
#include "wire/server_messages.h"
#include "wire/writer.h"

namespace tidemark::wire {
namespace {

constexpr auto k_code_of = &ErrorFields::Field::first;

void append(std::string& out, char tag, const ErrorFields& fields) {
  Writer writer(out, tag);
  for (const auto& [code, text] : fields.all()) writer.byte(static_cast<char>(code)).string(text);
  writer.byte('\0');
}

void append(std::string& out, char tag, std::string_view severity, std::string_view sqlstate,
            std::string_view message, std::string_view detail, std::string_view hint) {
  Writer writer(out, tag);
  const auto field = [&](ErrorField code, std::string_view text) {
    writer.byte(static_cast<char>(code)).string(text);
  };
  field(ErrorField::k_severity, severity);
  field(ErrorField::k_severity_untranslated, severity);
  field(ErrorField::k_sqlstate, sqlstate);
  field(ErrorField::k_message, message);
  if (!detail.empty()) field(ErrorField::k_detail, detail);
  if (!hint.empty()) field(ErrorField::k_hint, hint);
  writer.byte('\0');
}

}  // namespace

std::string_view ErrorFields::operator[](ErrorField code) const {
  const auto found = std::ranges::find(fields_, code, k_code_of);
  return found == fields_.end() ? std::string_view() : found->second;
}

void ErrorFields::set(ErrorField code, std::string_view text) {
  const auto found = std::ranges::find(fields_, code, k_code_of);
  if (found != fields_.end()) {
    found->second = text;
  } else {
    fields_.emplace_back(code, text);
  }
}

std::string_view ErrorFields::severity() const {
  const std::string_view untranslated = (*this)[ErrorField::k_severity_untranslated];
  return untranslated.empty() ? (*this)[ErrorField::k_severity] : untranslated;
}

Result<ErrorFields> decode_error(std::string_view payload) {
  ErrorFields error;
  Cursor cursor(payload);
  for (char code = cursor.byte(); code != '\0'; code = cursor.byte()) {
    error.fields_.emplace_back(static_cast<ErrorField>(code), cursor.string());
  }
  return cursor.finish(std::move(error));
}

void append_error(std::string& out, const ErrorFields& fields) {
  append(out, server_tag::k_error_response, fields);
}

void append_notice(std::string& out, const ErrorFields& fields) {
  append(out, server_tag::k_notice_response, fields);
}

void append_error(std::string& out, std::string_view severity, std::string_view sqlstate,
                  std::string_view message, std::string_view detail, std::string_view hint) {
  append(out, server_tag::k_error_response, severity, sqlstate, message, detail, hint);
}

void append_notice(std::string& out, std::string_view severity, std::string_view sqlstate,
                   std::string_view message, std::string_view detail, std::string_view hint) {
  append(out, server_tag::k_notice_response, severity, sqlstate, message, detail, hint);
}

}  // namespace tidemark::wire
