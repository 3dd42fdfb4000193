#include "base/buffer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace tidemark {
namespace {

using Storage = Buffer::Storage;

const std::string k_grown(4 * Storage::k_first, 'x');

TEST(Buffer, GivesOutWhatWasAppendedInOrder) {
  Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.view(), "");
  buffer.append("one ");
  buffer.tail() += "two ";
  EXPECT_EQ(buffer.view(), "one two ");
  buffer.consume(4);
  EXPECT_EQ(buffer.view(), "two ");
  EXPECT_EQ(buffer.size(), 4U);
  buffer.append("three");
  EXPECT_EQ(buffer.view(), "two three");
  buffer.consume(9);
  EXPECT_TRUE(buffer.empty());
}

// However long it is never empty: what was consumed is forgotten.
TEST(Buffer, AStreamThroughItTakesNoMoreThanWhatIsInIt) {
  Buffer buffer;
  const std::string piece(1000, 'x');
  buffer.append(piece);
  for (int i = 0; i < 1000; ++i) {
    if (i % 2 == 0) buffer.append(piece);
    if (i % 2 == 1) buffer.tail() += piece;
    buffer.consume(piece.size());
    buffer.compact();
    ASSERT_EQ(buffer.size(), piece.size());
  }
  EXPECT_LE(buffer.tail().size(), 3 * piece.size());
}

TEST(Buffer, HoldsStorageWhileThereIsSomethingInIt) {
  Buffer buffer;
  buffer.append("");
  EXPECT_FALSE(buffer.has_storage());
  buffer.append("something");
  EXPECT_TRUE(buffer.has_storage());
  buffer.shrink();
  EXPECT_EQ(buffer.view(), "something");
  buffer.consume(buffer.size());
  EXPECT_FALSE(buffer.has_storage());
  buffer.tail();
  EXPECT_TRUE(buffer.has_storage());
  buffer.shrink();
  EXPECT_FALSE(buffer.has_storage());
}

TEST(Buffer, TheStorageOfOneIsTheNextOnesAndEmpty) {
  Spares<Storage> spares;
  Buffer one(spares);
  one.append(k_grown);
  one.consume(k_grown.size());
  Buffer other(spares);
  other.append("yours");
  EXPECT_EQ(other.view(), "yours");
  EXPECT_GE(other.tail().capacity(), k_grown.size()) << "only that one has grown";
  one.append("mine");
  EXPECT_EQ(other.view(), "yours");
}

TEST(Buffer, BytesStayWhereTheyAreWhenTheBufferIsMoved) {
  Spares<Storage> spares;
  Buffer out(spares);
  out.append(k_grown);
  const char* const storage = out.view().data();
  Buffer sending;
  sending = std::move(out);
  out.append("next");
  EXPECT_EQ(sending.view().data(), storage);
  EXPECT_EQ(sending.view(), k_grown);
  sending.clear();
  EXPECT_GE(Buffer(spares).tail().capacity(), k_grown.size()) << "it is its spares' again";
  EXPECT_EQ(out.view(), "next");
}

TEST(Buffer, WhatHasGrownLargeIsFreed) {
  Spares<Storage> spares;
  Buffer buffer(spares);
  buffer.append(std::string(Storage::k_most_kept / 2, 'x'));
  EXPECT_GE(buffer.tail().capacity(), Storage::k_most_kept / 2);
  buffer.clear();
  EXPECT_GE(buffer.tail().capacity(), Storage::k_most_kept / 2) << "kept";
  buffer.append(std::string(Storage::k_most_kept + 1, 'x'));
  buffer.clear();
  EXPECT_LT(buffer.tail().capacity(), Storage::k_most_kept / 2) << "freed";
}

TEST(Buffer, MayBeDestroyedAfterItsSpares) {
  auto spares = std::make_unique<Spares<Storage>>();
  Buffer buffer(*spares);
  buffer.append("unsent");
  spares.reset();
  EXPECT_EQ(buffer.size(), 6U);
}

}  // namespace
}  // namespace tidemark
