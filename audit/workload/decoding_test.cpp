#include "audit/workload/decoding.h"

#include <gtest/gtest.h>

#include "audit/workload/schema.h"

namespace tidemark::audit {
namespace {

TEST(Decoding, GathersTheWritesOfTransactionsInTheOrderOfTheirCommits) {
  Decoding decoding("s", 10);
  decoding.line(0x10, "BEGIN 731");
  decoding.line(0x11,
                "table s.registers: UPDATE: key[integer]:7 version[bigint]:3 "
                "writer[bigint]:4294967297 value[bigint]:4294967297");
  decoding.line(0x12,
                "table s.lists: UPDATE: key[integer]:2 version[bigint]:1 writer[bigint]:5 "
                "value[bigint[]]:'{5}'");
  decoding.line(0x20, "COMMIT 731");
  decoding.line(0x30, "BEGIN 730");
  decoding.line(0x31,
                "table s.counters: UPDATE: key[integer]:0 version[bigint]:9 writer[bigint]:6 "
                "value[bigint]:9");
  decoding.line(0x40, "COMMIT 730");
  const std::vector<Commit> expected = {
      {.xid = 731,
       .lsn = 0x20,
       .puts = {{.row = 7, .version = 3, .writer = 4294967297},
                {.row = 22, .version = 1, .writer = 5}}},
      {.xid = 730, .lsn = 0x40, .puts = {{.row = 10, .version = 9, .writer = 6}}}};
  EXPECT_EQ(decoding.take(), expected);
}

TEST(Decoding, TakesTheNewRowWhereTheOldOneIsToldToo) {
  Decoding decoding("s", 10);
  decoding.line(1, "BEGIN 1");
  decoding.line(2,
                "table s.registers: UPDATE: old-key: key[integer]:7 version[bigint]:2 "
                "writer[bigint]:1 new-tuple: key[integer]:7 version[bigint]:3 writer[bigint]:2");
  decoding.line(3, "COMMIT 1");
  const auto commits = decoding.take();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].puts, (std::vector<Put>{{.row = 7, .version = 3, .writer = 2}}));
}

TEST(Decoding, PassesOverWhatIsNotItsOwn) {
  Decoding decoding("s", 10);
  decoding.line(1, "BEGIN 1");
  decoding.line(2, "table s2.registers: UPDATE: key[integer]:7 version[bigint]:2 writer[bigint]:1");
  decoding.line(2, "table s.registers: INSERT: key[integer]:7 version[bigint]:0 writer[bigint]:0");
  decoding.line(2, "table public.t: UPDATE: (no-tuple-data)");
  decoding.line(2, "table s.registers: UPDATE: (no-tuple-data)");
  decoding.line(2, "message: transactional: 1 prefix: x, sz: 1 content:y");
  decoding.line(3, "COMMIT 1");
  decoding.line(4, "");
  EXPECT_TRUE(decoding.take().empty());
}

TEST(Decoding, ReadsPositionsAndItems) {
  EXPECT_EQ(parse_lsn("1/16B3748"), 0x1016B3748U);
  EXPECT_EQ(parse_lsn("none"), 0U);
  EXPECT_EQ(parse_items("{}"), std::vector<WriteId>());
  EXPECT_EQ(parse_items("{7}"), (std::vector<WriteId>{7}));
  EXPECT_EQ(parse_items("{4294967297,2}"), (std::vector<WriteId>{4294967297, 2}));
}

}  // namespace
}  // namespace tidemark::audit
