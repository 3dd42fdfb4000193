// Lsn: a position in one origin's write-ahead log, PostgreSQL's pg_lsn.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::consistency {

// Positions order as the log was written. Zero (the default) is no position at all, and lies below
// every other. Comparing two makes sense on one timeline only: see History (history.h).
struct Lsn {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(Lsn, Lsn) = default;
};

// Reads what PostgreSQL prints, "16/B374D848": two hexadecimal numbers of at most 8 digits.
// Anything else is an error in PostgreSQL's words.
Result<Lsn> parse_lsn(std::string_view text);

// As PostgreSQL prints it: upper case, no leading zeros.
std::string format_lsn(Lsn lsn);

// A server's insert position may lie right behind the header of a page into which nothing has been
// written yet (anomaly P6): 24 bytes into a page, 40 into the first page of a segment. The last
// record ended before that header, so no standby ever reports such a position. Gives the start of
// that page, and every other position back unchanged. REQUIRES: both sizes are not 0; sizes in
// bytes, as wal_block_size and wal_segment_size say.
Lsn round_down_off_page_header(Lsn lsn, std::uint64_t wal_block_size,
                               std::uint64_t wal_segment_size);

}  // namespace tidemark::consistency
