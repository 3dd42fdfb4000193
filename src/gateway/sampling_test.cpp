#include "gateway/sampling.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <optional>

namespace tidemark::gateway {
namespace {

using consistency::Lsn;
using Value = std::optional<std::string>;

constexpr NodeFacts k_facts{.system_identifier = 7,
                            .postmaster_started_us = 11,
                            .checkpointer_started_us = 12,
                            .wal_block_size = 8192,
                            .wal_segment_size = 16U << 20U,
                            .lists_log = true};

// One row, as a server would send it.
PgResult row(const std::vector<Value>& values) {
  PgResult result(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK));
  std::vector<PGresAttDesc> columns(values.size());
  std::string name = "column";
  for (PGresAttDesc& column : columns) column.name = name.data();
  PQsetResultAttrs(result.get(), static_cast<int>(columns.size()), columns.data());
  for (int i = 0; i < static_cast<int>(values.size()); ++i) {
    Value value = values[static_cast<std::size_t>(i)];
    PQsetvalue(result.get(), 0, i, value ? value->data() : nullptr,
               value ? static_cast<int>(value->size()) : -1);
  }
  return result;
}

Result<consistency::Sample> read(const std::vector<Value>& position,
                                 const std::vector<Value>& snapshot) {
  std::vector<PgResult> answer;
  answer.push_back(row(position));
  answer.push_back(row(snapshot));
  auto seen = read_sample(answer, k_facts, Question::k_anything, {});
  if (!seen) return std::unexpected(seen.error());
  return *seen->sample;
}

// Of a node that is asked as what it was before.
Result<Observation> read_as(Question question, const std::vector<std::vector<Value>>& rows,
                            std::string_view receiver_before = {}) {
  std::vector<PgResult> answer;
  for (const std::vector<Value>& values : rows) answer.push_back(row(values));
  return read_sample(answer, k_facts, question, receiver_before);
}

TEST(Sampling, APrimarysSampleHasItsInsertAndFlushPositions) {
  const auto sample = read({"f", {}, "0/3022550", "0/3022000", {}, "00000003000000000000000A", "f"},
                           {"700:705:701,703", {}});
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_EQ(sample->role, consistency::Role::k_primary);
  EXPECT_EQ(sample->insert, Lsn{0x3022550});
  EXPECT_EQ(sample->flush, Lsn{0x3022000});
  EXPECT_EQ(sample->timeline, 3U);
  EXPECT_EQ(sample->snapshot.xmin, 700U);
  EXPECT_EQ(sample->snapshot.xmax, 705U);
  EXPECT_EQ(sample->snapshot.running, (std::vector<consistency::Xid>{701, 703}));
  EXPECT_EQ(sample->system_identifier, 7U);
  EXPECT_EQ(sample->postmaster_started_us, 11);
}

TEST(Sampling, P6AnInsertPositionBehindAPageHeaderIsRoundedDown) {
  const auto sample = read({"f", {}, "0/4000028", "0/4000000", {}, "000000010000000000000004", "f"},
                           {"700:700:", {}});
  EXPECT_EQ(sample->insert, Lsn{0x4000000});
}

TEST(Sampling, AStandbyWithNothingLeftToReplayHasShownNoMoreThanItsReplayPosition) {
  const auto sample =
      read({"t", "42", "0/3000060", "0/3000060", "42", "2", "f"}, {"700:704:", "701"});
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_EQ(sample->role, consistency::Role::k_standby);
  EXPECT_EQ(sample->applied, Lsn{0x3000060});
  EXPECT_EQ(sample->reached, Lsn{0x3000060});
  EXPECT_EQ(sample->timeline, 2U);
  EXPECT_EQ(sample->snapshot.running, (std::vector<consistency::Xid>{701}));
}

TEST(Sampling, AReceivePositionCountsOnlyWhileOneReceiverStreams) {
  const Lsn beyond{0x3000061};
  const std::vector<Value> snapshot = {"700:704:", {}};
  EXPECT_EQ(read({"t", "42", "0/3000060", "0/3000060", "43", "2", "f"}, snapshot)->reached, beyond);
  EXPECT_EQ(read({"t", "42", "0/3000060", "0/3000060", {}, "2", "f"}, snapshot)->reached, beyond);
  EXPECT_EQ(read({"t", {}, "0/3000060", "0/3000060", {}, "2", "f"}, snapshot)->reached, beyond);
  EXPECT_EQ(read({"t", "42", "0/3000060", "0/3000070", "42", "2", "f"}, snapshot)->reached, beyond);
}

TEST(Sampling, WithoutReceiverAndArchiveAStandbyThatReplayedAllItReceivedHasShownNoMore) {
  const std::vector<Value> snapshot = {"700:704:", {}};
  const auto reached = [&](Value pid, const char* receive, const char* rests) {
    return read({"t", pid, "0/3000060", receive, {}, "1 00000001", rests}, snapshot)->reached;
  };
  EXPECT_EQ(reached({}, "0/3000060", "t"), Lsn{0x3000060});
  EXPECT_EQ(reached({}, "0/3000060", "f"), Lsn{0x3000061}) << "there is an archive";
  EXPECT_EQ(reached({}, "0/3000070", "t"), Lsn{0x3000061}) << "there is more to replay";
  EXPECT_EQ(reached({}, "0/3000000", "t"), Lsn{0x3000061}) << "it has replayed something else";
  EXPECT_EQ(reached("42", "0/3000060", "t"), Lsn{0x3000061}) << "a receiver has ended just now";
}

TEST(Sampling, AStandbyStreamsOrMayDoSo) {
  const std::vector<Value> snapshot = {"700:704:", {}};
  const auto streams = [&](Value pid, Value streaming) {
    return read({"t", pid, "0/3000060", "0/3000060", streaming, "1 00000001", "f"}, snapshot)
        ->streams;
  };
  EXPECT_TRUE(streams("42", "42"));
  EXPECT_FALSE(streams("42", {})) << "it is only trying to";
  EXPECT_FALSE(streams({}, {}));
  std::vector<PgResult> answer;
  answer.push_back(row({"t", "42", "0/3000060", {}, {}, "1 ", "f"}));
  answer.push_back(row(snapshot));
  NodeFacts blind = k_facts;
  blind.lists_log = false;
  EXPECT_TRUE(read_sample(answer, blind, Question::k_anything, "")->sample->streams);
}

TEST(Sampling, AStandbyThatHasReplayedNothingHasNoPosition) {
  const auto sample = read({"t", {}, {}, {}, {}, "1", "t"}, {"3:3:", {}});
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_EQ(sample->applied, Lsn{});
}

TEST(Sampling, AnUnreadableAnswerIsAnError) {
  EXPECT_FALSE(read({"f", {}, "nonsense", "0/1", {}, "00000001", "f"}, {"1:1:", {}}).has_value());
  EXPECT_FALSE(read({"f", {}, "0/1", "0/1", {}, "zz", "f"}, {"1:1:", {}}).has_value());
  EXPECT_FALSE(read({"f", {}, "0/1", "0/1", {}, "00000001", "f"}, {"1:1", {}}).has_value());
  EXPECT_FALSE(read({"f"}, {"1:1:", {}}).has_value());
  EXPECT_FALSE(read_sample({}, k_facts, Question::k_anything, {}).has_value());
  EXPECT_FALSE(read_as(Question::k_primary, {{"0/1", "nonsense", "1:1:"}}).has_value());
  EXPECT_FALSE(read_as(Question::k_primary, {{"0/1", "0/1"}}).has_value());
  const std::vector<Value> standby = {"t", "0/1", "(42,streaming,0/1,1,0/1,0/1,1,,)"};
  EXPECT_FALSE(read_as(Question::k_standby, {standby}).has_value());
  EXPECT_TRUE(read_as(Question::k_standby, {standby, {"1:1:", {}}}).has_value());
}

TEST(Sampling, F3WithoutAReceiverTheTimelineLiesBetweenTheRestartPointAndTheNewestFile) {
  const std::vector<Value> snapshot = {"700:704:", {}};
  const auto timelines = [&](const char* text) {
    const auto sample = read({"t", {}, "0/3000060", "0/3000060", {}, text, "f"}, snapshot);
    return std::pair(sample->timeline, std::max(sample->timeline, sample->timeline_at_most));
  };
  EXPECT_EQ(timelines("2"), std::pair(2U, 2U));
  EXPECT_EQ(timelines("1 00000001"), std::pair(1U, 1U));
  EXPECT_EQ(timelines("1 0000000B"), std::pair(1U, 11U));
  EXPECT_EQ(timelines("1 "), std::pair(1U, consistency::k_any_timeline));
  EXPECT_FALSE(read({"t", {}, "0/1", "0/1", {}, "1 files", "f"}, snapshot).has_value());
}

using Executions = std::vector<PgLink::Execution>;

TEST(Sampling, APrimaryOnceKnownIsAskedForLittle) {
  EXPECT_EQ(sample_of(k_facts, Question::k_primary, {}), (Executions{{"tidemark_primary", {}}}));
  const auto seen = read_as(Question::k_primary, {{"0/4000028", "0/3022000", "700:705:701"}});
  ASSERT_TRUE(seen.has_value()) << seen.error().message;
  EXPECT_EQ(seen->next, Question::k_primary);
  ASSERT_TRUE(seen->sample.has_value());
  EXPECT_EQ(seen->sample->role, consistency::Role::k_primary);
  EXPECT_EQ(seen->sample->insert, Lsn{0x4000000}) << "off the header of a page";
  EXPECT_EQ(seen->sample->flush, Lsn{0x3022000});
  EXPECT_EQ(seen->sample->snapshot.running, (std::vector<consistency::Xid>{701}));
}

constexpr const char* k_receiver = "42,streaming,0/3000000,1";

// What a standby answers that is asked as one.
Result<Observation> of_standby(const char* standby, std::string_view before, const char* receiver) {
  return read_as(Question::k_standby, {{standby, "0/3000060", receiver}, {"700:704:", "701"}},
                 before);
}

TEST(Sampling, AStandbyOnceKnownIsAskedForItsReceiverAsAWhole) {
  EXPECT_EQ(sample_of(k_facts, Question::k_standby, {}),
            (Executions{{"tidemark_standby", {}}, {"tidemark_snapshot", {}}}));
  const auto seen =
      of_standby("t", k_receiver, "(42,streaming,0/3000000,1,0/3000070,0/3000060,2,now,)");
  ASSERT_TRUE(seen.has_value()) << seen.error().message;
  EXPECT_EQ(seen->next, Question::k_standby);
  EXPECT_EQ(seen->receiver, k_receiver);
  ASSERT_TRUE(seen->sample.has_value());
  EXPECT_EQ(seen->sample->role, consistency::Role::k_standby);
  EXPECT_EQ(seen->sample->applied, Lsn{0x3000060});
  EXPECT_EQ(seen->sample->reached, Lsn{0x3000060});
  EXPECT_EQ(seen->sample->timeline, 2U);
  EXPECT_EQ(seen->sample->timeline_at_most, 0U);
  EXPECT_EQ(seen->sample->snapshot.running, (std::vector<consistency::Xid>{701}));
}

TEST(Sampling, WhatAStandbyHasShownIsExactOnlyIfOneReceiverHasStreamedSinceTheSampleBefore) {
  const auto reached = [](std::string_view before, const char* receiver) {
    return of_standby("t", before, receiver)->sample->reached;
  };
  const Lsn beyond{0x3000061};
  const char* const more = "(42,streaming,0/3000000,1,0/3000070,0/3000070,2,now,)";
  const char* const all = "(42,streaming,0/3000000,1,0/3000070,0/3000060,2,now,)";
  EXPECT_EQ(reached(k_receiver, all), Lsn{0x3000060});
  EXPECT_EQ(reached(k_receiver, more), beyond) << "there is more to replay";
  EXPECT_EQ(reached("43,streaming,0/3000000,1", all), beyond) << "it is another one than before";
  EXPECT_EQ(reached("42,streaming,0/2000000,1", all), beyond) << "its number is another one's";
  EXPECT_EQ(reached({}, all), beyond) << "none was seen before";
}

TEST(Sampling, WhoIsNoStreamingStandbyAnyMoreIsAskedForEverything) {
  const char* const streaming = "(42,streaming,0/3000000,1,0/3000070,0/3000060,2,now,)";
  const auto is_sample = [](const char* standby, const char* receiver) {
    const auto seen = of_standby(standby, k_receiver, receiver);
    EXPECT_TRUE(seen.has_value());
    EXPECT_EQ(seen->sample.has_value(), seen->next == Question::k_standby);
    return seen->sample.has_value();
  };
  EXPECT_TRUE(is_sample("t", streaming));
  EXPECT_FALSE(is_sample("f", streaming)) << "it has been promoted";
  EXPECT_FALSE(is_sample("t", "")) << "it has no receiver";
  EXPECT_FALSE(is_sample("t", "(42,waiting,0/3000000,1,0/3000070,0/3000060,2,now,)"));
  EXPECT_FALSE(is_sample("t", "(42,streaming,0/3000000,1,,0/3000060,2,now,)"))
      << "it has written nothing, so it may be on no timeline that exists";
  EXPECT_FALSE(is_sample("t", "(42,streaming,0/3000000,1,0/3000070,0/3000060,0,now,)"));
  EXPECT_FALSE(is_sample("t", "(42,,,,,,,,)")) << "the login may not see it";
  EXPECT_FALSE(is_sample("t", "(42")) << "it is something else altogether";
}

TEST(Sampling, WhatIsAskedNextFollowsFromWhatANodeIs) {
  const auto next = [](const std::vector<Value>& position) {
    return read_as(Question::k_anything, {position, {"700:704:", {}}})->next;
  };
  EXPECT_EQ(next({"f", {}, "0/1", "0/1", {}, "000000010000000000000004", "f"}),
            Question::k_primary);
  EXPECT_EQ(next({"t", "42", "0/1", "0/1", "42", "2", "f"}), Question::k_standby);
  EXPECT_EQ(next({"t", "42", "0/1", "0/1", {}, "2", "f"}), Question::k_anything);
  EXPECT_EQ(next({"t", "42", "0/1", "0/1", "42", "1 00000001", "f"}), Question::k_anything)
      << "its receiver has written nothing";
}

TEST(Sampling, AStandbyIsAskedForTransactionsOnlyIfThereAreAny) {
  const auto ask = [](const topology::Inquiry& inquiry) {
    return sample_of(k_facts, Question::k_anything, inquiry);
  };
  const Executions plain = ask({});
  EXPECT_EQ(plain, (Executions{{"tidemark_position", {}}, {"tidemark_snapshot", {}}}));
  EXPECT_EQ(ask({.xids = {}, .from = 700}), plain);
  EXPECT_EQ(
      ask({.xids = {690, 695}, .from = 700}),
      (Executions{{"tidemark_position", {}}, {"tidemark_inquiry", {"{690,695}", "700", "1212"}}}));
}

TEST(Sampling, WhoMayNotListTheLogDoesNot) {
  EXPECT_EQ(sample_of({}, Question::k_anything, {}),
            (Executions{{"tidemark_position_blind", {}}, {"tidemark_snapshot", {}}}));
}

TEST(Sampling, FactsMayHideTheCheckpointer) {
  std::vector<PgResult> answer;
  answer.push_back(row({"7710908730298043127", "1795335843707232", {}, "8192", "16777216", "f"}));
  const auto facts = read_facts(answer);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->system_identifier, 7710908730298043127U);
  EXPECT_EQ(facts->checkpointer_started_us, 0);
  EXPECT_FALSE(facts->lists_log);
}

}  // namespace
}  // namespace tidemark::gateway
