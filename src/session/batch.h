// The extended messages of a unit as they were looked at, kept until they are passed on, so that
// nothing is decoded or looked up twice. Thread rule: a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "session/prepared.h"
#include "session/reader.h"
#include "wire/client_messages.h"
#include "wire/frame.h"

namespace tidemark::session {

// One message. Its strings are told by their sizes: the bytes may lie elsewhere by the time that
// they are passed on.
struct Message {
  static constexpr std::uint32_t k_none = 0xffffffff;

  char tag = 0;
  wire::Target target = wire::Target::k_statement;  // of a Describe
  std::uint32_t at = 0;                             // where in the unit its frame begins, in bytes
  std::uint32_t size = 0;                           // of its frame
  std::uint32_t name_size = 0;                      // of the first string: of Bind the portal, …
  std::uint32_t text_size = 0;                      // … and of the second: of Bind the statement
  std::uint32_t parse_before = k_none;              // of a Parse: the message that is the last one
  StatementPtr statement;  // what Parse prepares, or Bind runs; null if that is not known
  PreparedPtr prepared;    // what Bind's name stands for; null if a Parse of the same unit says it

  // REQUIRES: the bytes of its frame.
  std::string_view name(std::string_view frame) const {
    return frame.substr(wire::k_header_size, name_size);
  }
  std::string_view text(std::string_view frame) const {
    return frame.substr(wire::k_header_size + name_size + 1, text_size);
  }
  wire::Parse parse(std::string_view frame) const {
    const std::string_view types = frame.substr(wire::k_header_size + name_size + text_size + 4);
    const auto count = static_cast<std::uint16_t>(types.size() / 4);
    return {.statement = name(frame), .query = text(frame), .type_count = count, .types = types};
  }
  std::string_view described(std::string_view frame) const {
    return frame.substr(wire::k_header_size + 1, name_size);
  }
};

// All of a unit's messages, or none: those of long units are looked at again.
struct Batch {
  static constexpr std::size_t k_most_kept = 64;

  std::vector<Message> messages;
  // What was known then, by which the statements are what they are.
  std::uint64_t reader = 0;
  std::uint64_t catalogue_version = 0;
  std::uint64_t names_version = 0;

  bool is_kept() const { return !messages.empty(); }
  // Of all the frames, in bytes. REQUIRES: is_kept().
  std::size_t size() const { return std::size_t{messages.back().at} + messages.back().size; }

  void clear() {
    if (messages.capacity() > k_most_kept) {
      std::vector<Message>().swap(messages);
    } else if (!messages.empty()) {
      messages.clear();
    }
  }
};

}  // namespace tidemark::session
