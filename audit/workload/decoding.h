// Decoding: what test_decoding, PostgreSQL's example of a logical decoding plugin, says of the log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/history/history.h"

namespace tidemark::audit {

// Takes its lines in the order of the log and gathers the transactions that wrote to the tables of
// one schema. Pure.
class Decoding {
 public:
  Decoding(std::string schema, unsigned keys) : schema_(std::move(schema)), keys_(keys) {}

  // "BEGIN 731"; "COMMIT 731"; "table s.registers: UPDATE: key[integer]:7 version[bigint]:3 …".
  // Anything else, and other schemas' tables, are passed over.
  void line(std::uint64_t lsn, std::string_view text);

  std::vector<Commit> take() { return std::move(commits_); }

 private:
  void change(std::string_view text);

  std::string schema_;
  unsigned keys_;
  Commit open_;
  std::vector<Commit> commits_;
};

// "0/16B3748" as a number; 0 for what is none.
std::uint64_t parse_lsn(std::string_view text);

}  // namespace tidemark::audit
