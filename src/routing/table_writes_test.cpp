#include "routing/table_writes.h"

#include <gtest/gtest.h>

#include <vector>

#include "topology/cluster.h"
#include "topology/samples.h"

namespace tidemark::routing {
namespace {

using consistency::TableId;
using consistency::Tables;
using topology::testing::at;
using topology::testing::primary;
using topology::testing::restarted;
using topology::testing::standby;

constexpr TableId k_carts = 10;
constexpr TableId k_products = 20;
constexpr std::uint64_t k_catalogue = 5;

class TableWritesTest : public ::testing::Test {
 protected:
  TableWritesTest() {
    is_at(10, 100);
    finds_under_way({}, 10);
    confirms(11);
  }

  std::shared_ptr<const topology::ClusterView> view() { return cluster_.view(at(now_)); }
  PrimaryRun run() { return {0, view()->node(0).incarnation}; }
  void sees(const consistency::Sample& sample) {
    cluster_.on_sample(sample);
    writes_.follow(*view());
  }
  void is_at(int ms, std::uint64_t lsn) {
    now_ = ms;
    sees(primary(0, ms, lsn));
  }
  void confirms(int ms, std::uint64_t version = k_catalogue) {
    writes_.confirm("d", version, run(), at(ms));
  }

  void finds_under_way(const std::vector<std::string>& transactions, int ms) {
    writes_.look_for_strangers(run(), transactions, at(ms));
  }
  void restarts(int ms) {
    now_ = ms;
    sees(restarted(primary(0, ms, 200)));
  }

  void begins(TableWrites::Ticket& ticket, std::vector<TableId> tables, bool renames = false,
              std::uint64_t catalogue = k_catalogue) {
    writes_.begin(ticket, {run(), "d", {catalogue, tables}, renames}, *view());
  }
  void begins_anything(TableWrites::Ticket& ticket, bool renames) {
    writes_.begin(ticket, {run(), "d", {}, renames}, *view());
  }
  void ends(TableWrites::Ticket& ticket, int ms) { writes_.end(ticket, at(ms)); }
  void writes(TableId table, int ms) {
    TableWrites::Ticket ticket;
    begins(ticket, {table});
    ends(ticket, ms);
  }

  // The latest mark, in milliseconds; -1 if the table is not quiet.
  int last(TableId table, std::uint64_t catalogue = k_catalogue) {
    const std::vector<TableId> ids{table};
    const auto session = writes_.last("d", {catalogue, ids}, *view());
    if (!session.has_value()) return -1;
    EXPECT_EQ(session->marks().size(), 1);
    const auto since = session->marks().front().mark.at.time_since_epoch();
    return static_cast<int>(std::chrono::floor<std::chrono::milliseconds>(since).count());
  }

  topology::Cluster cluster_{{"p:1", "s:2"}};
  TableWrites writes_;
  int now_ = 0;
};

TEST_F(TableWritesTest, WhatWasNeverWrittenBeganWithThePrimary) { EXPECT_EQ(last(k_carts), 10); }

TEST_F(TableWritesTest, ATableIsBusyFromTheBeginningToTheEndOfAWrite) {
  TableWrites::Ticket ticket;
  begins(ticket, {k_carts});
  EXPECT_EQ(last(k_carts), -1);
  EXPECT_EQ(last(k_products), 10);
  ends(ticket, 20);
  EXPECT_EQ(last(k_carts), 20);
  EXPECT_EQ(last(k_products), 10);
}

TEST_F(TableWritesTest, ItIsBusyUntilTheLastOfSeveralEnds) {
  TableWrites::Ticket one;
  TableWrites::Ticket other;
  begins(one, {k_carts});
  begins(one, {k_carts, k_products});
  begins(other, {k_carts});
  ends(one, 20);
  EXPECT_EQ(last(k_carts), -1);
  EXPECT_EQ(last(k_products), 20);
  ends(other, 30);
  EXPECT_EQ(last(k_carts), 30);
}

TEST_F(TableWritesTest, WhatMayWriteAnyTableConcernsAll) {
  TableWrites::Ticket ticket;
  begins_anything(ticket, false);
  EXPECT_EQ(last(k_carts), -1);
  ends(ticket, 20);
  EXPECT_EQ(last(k_carts), 20);
}

TEST_F(TableWritesTest, WhatNobodyKnowsTheEndOfIsUnderWayUntilTheRunEnds) {
  TableWrites::Ticket ticket;
  begins(ticket, {k_carts});
  writes_.abandon(ticket);
  ends(ticket, 20);
  writes(k_carts, 30);
  EXPECT_EQ(last(k_carts), -1);
  restarts(40);
  finds_under_way({}, 40);
  confirms(41);
  EXPECT_EQ(last(k_carts), 40);
}

TEST_F(TableWritesTest, ATicketOfARunThatIsOverEndsNothing) {
  TableWrites::Ticket ticket;
  begins(ticket, {k_carts});
  restarts(40);
  finds_under_way({}, 40);
  confirms(41);
  ends(ticket, 50);
  EXPECT_EQ(last(k_carts), 40);
}

TEST_F(TableWritesTest, ARunThatWasWrittenToBeforeItWasThePrimarysIsNotTrusted) {
  TableWrites::Ticket ticket;
  const PrimaryRun next{0, run().incarnation + 1};
  const std::vector<TableId> ids{k_carts};
  writes_.begin(ticket, {next, "d", {k_catalogue, ids}, false}, *view());
  EXPECT_EQ(last(k_products), 10);
  restarts(40);
  ASSERT_EQ(run().incarnation, next.incarnation);
  finds_under_way({}, 40);
  confirms(41);
  EXPECT_EQ(last(k_products), -1);
}

TEST_F(TableWritesTest, NamesMeanNothingFromDdlOnUntilTheCatalogueIsReadAnew) {
  TableWrites::Ticket ticket;
  begins_anything(ticket, true);
  confirms(15);
  ends(ticket, 20);
  EXPECT_EQ(last(k_carts), -1);
  confirms(19);
  EXPECT_EQ(last(k_carts), -1) << "that look may have missed it";
  confirms(21, k_catalogue + 1);
  EXPECT_EQ(last(k_carts), -1) << "read by the old one";
  EXPECT_EQ(last(k_carts, k_catalogue + 1), 20);
}

TEST_F(TableWritesTest, DdlOfOneDatabaseMayBeAboutAnother) {
  TableWrites::Ticket drops;
  writes_.begin(drops, {run(), "template1", {}, true}, *view());
  EXPECT_EQ(last(k_carts), -1);
  ends(drops, 20);
  EXPECT_EQ(last(k_carts), -1);
  confirms(21);
  EXPECT_EQ(last(k_carts), 20);
}

TEST_F(TableWritesTest, TablesOfOneDatabaseAreNotThoseOfAnother) {
  const std::vector<TableId> ids{k_carts};
  TableWrites::Ticket ticket;
  writes_.confirm("other", k_catalogue, run(), at(11));
  writes_.begin(ticket, {run(), "other", {k_catalogue, ids}, false}, *view());
  EXPECT_EQ(last(k_carts), 10);
}

TEST_F(TableWritesTest, AWriteReadByAnOldCatalogueMayBeOfAnyTable) {
  confirms(12, k_catalogue + 1);
  writes(k_carts, 20);
  EXPECT_EQ(last(k_products, k_catalogue + 1), 20);
}

TEST_F(TableWritesTest, WhatWaitsWhileDdlRunsMayWriteAnyTable) {
  TableWrites::Ticket waiting;
  begins(waiting, {k_carts, k_products});
  TableWrites::Ticket ddl;
  begins_anything(ddl, true);
  ends(ddl, 20);
  confirms(21);
  EXPECT_EQ(last(30), -1) << "it may have been renamed to what the other waits for";
  ends(waiting, 25);
  EXPECT_EQ(last(30), 25);
}

TEST_F(TableWritesTest, WhatOnlyReadsKeepsNoTableBusy) {
  TableWrites::Ticket ticket;
  begins(ticket, {});
  EXPECT_EQ(last(k_carts), 10);
  ends(ticket, 20);
  EXPECT_EQ(last(k_carts), 10);
}

TEST_F(TableWritesTest, WhatOnlyReadsMayWriteAnythingOnceDdlRuns) {
  TableWrites::Ticket calls;
  begins(calls, {});
  TableWrites::Ticket ddl;
  begins_anything(ddl, true);
  ends(ddl, 20);
  confirms(21);
  EXPECT_EQ(last(k_carts), -1) << "the function that it calls may be another";
  ends(calls, 25);
  EXPECT_EQ(last(k_carts), 25);
}

TEST_F(TableWritesTest, WhatWasReadByAnOldCatalogueMayWriteThoughItSeemsOnlyToRead) {
  confirms(12, k_catalogue + 1);
  TableWrites::Ticket ticket;
  begins(ticket, {});
  EXPECT_EQ(last(k_carts, k_catalogue + 1), -1);
  ends(ticket, 20);
  EXPECT_EQ(last(k_carts, k_catalogue + 1), 20);
}

TEST_F(TableWritesTest, NothingIsQuietBeforeALookAtWhatIsUnderWay) {
  restarts(40);
  confirms(41);
  EXPECT_EQ(last(k_carts), -1);
  EXPECT_TRUE(writes_.has_strangers(run()));
  finds_under_way({}, 42);
  EXPECT_FALSE(writes_.has_strangers(run()));
  EXPECT_EQ(last(k_carts), -1) << "it may have been DDL";
  confirms(43);
  EXPECT_EQ(last(k_carts), 42);
}

TEST_F(TableWritesTest, NorBeforeAllThatWasUnderWayIsOver) {
  restarts(40);
  finds_under_way({"3/7", "4/1"}, 41);
  finds_under_way({"4/1", "5/9"}, 51);
  confirms(52);
  EXPECT_EQ(last(k_carts), -1);
  finds_under_way({"5/9", "3/8"}, 61);
  confirms(62);
  EXPECT_EQ(last(k_carts), 61) << "the others began later, and here";
  finds_under_way({"5/9", "3/8"}, 71);
  EXPECT_EQ(last(k_carts), 61);
}

TEST_F(TableWritesTest, ALookAtAnotherRunTellsNothing) {
  const PrimaryRun former = run();
  restarts(40);
  writes_.look_for_strangers(former, {}, at(41));
  confirms(42);
  EXPECT_EQ(last(k_carts), -1);
}

TEST_F(TableWritesTest, AMarkIsResolvedByTheNextSampleAndStaysThere) {
  writes(k_carts, 20);
  is_at(30, 200);
  is_at(40, 300);
  const std::vector<TableId> ids{k_carts};
  const auto session = writes_.last("d", {k_catalogue, ids}, *view());
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(session->marks().front().position.lsn, consistency::Lsn{200});
}

TEST_F(TableWritesTest, BeyondTheLimitTheOthersAreRememberedAsOne) {
  for (TableId table = 1; table <= TableWrites::k_max_tables; ++table) writes(table, 20);
  EXPECT_EQ(writes_.size(), TableWrites::k_max_tables);
  writes(TableWrites::k_max_tables + 1, 30);
  EXPECT_EQ(writes_.size(), 1);
  EXPECT_EQ(last(TableWrites::k_max_tables + 1), 30);
  EXPECT_EQ(last(1), 20);
  EXPECT_EQ(last(TableWrites::k_max_tables + 2), 20);
}

TEST_F(TableWritesTest, BusyOnesKeepTheirPlaceAndWhatFindsNoneMayBeAny) {
  std::vector<TableWrites::Ticket> tickets(TableWrites::k_max_tables);
  for (TableId table = 1; table <= tickets.size(); ++table) begins(tickets[table - 1], {table});
  TableWrites::Ticket late;
  begins(late, {TableWrites::k_max_tables + 1});
  EXPECT_EQ(last(TableWrites::k_max_tables + 2), -1);
  ends(late, 20);
  EXPECT_EQ(last(TableWrites::k_max_tables + 2), 20);
  EXPECT_EQ(last(1), -1);
}

}  // namespace
}  // namespace tidemark::routing
