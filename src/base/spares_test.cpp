#include "base/spares.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark {
namespace {

struct Notes {
  int count = 7;
  std::string text;

  void clear() {
    count = 7;
    text.clear();
  }
};

TEST(Spares, ABorrowedValueReadsAsNewBeforeItIsTaken) {
  Spares<Notes> spares;
  const Borrowed<Notes> notes{From(spares)};
  EXPECT_EQ(notes->count, 7);
  EXPECT_TRUE((*notes).text.empty());
  EXPECT_FALSE(notes.is_there());
}

TEST(Spares, WhatIsGivenBackIsTheNextOnesAndAsNew) {
  Spares<Notes> spares;
  Borrowed<Notes> one{From(spares)};
  one->count = 1;
  one->text = "mine";
  EXPECT_EQ((*one).text, "mine");
  const Notes* const first = &*one;
  one.reset();
  EXPECT_FALSE(one.is_there());
  Borrowed<Notes> other{From(spares)};
  EXPECT_EQ(&*other, first);
  EXPECT_EQ(other->count, 7);
  EXPECT_TRUE(other->text.empty());
}

TEST(Spares, TwoOwnersHaveTwoValues) {
  Spares<Notes> spares;
  Borrowed<Notes> one{From(spares)};
  Borrowed<Notes> other{From(spares)};
  one->count = 1;
  EXPECT_EQ(other->count, 7);
  one.reset();
  other->count = 2;
  EXPECT_EQ(one->count, 7);
}

TEST(Spares, WithNoneAValueIsMadeAndFreed) {
  Borrowed<Notes> notes{From<Notes>::none()};
  EXPECT_EQ(notes.if_there(), nullptr);
  notes->count = 1;
  EXPECT_EQ(notes.if_there()->count, 1);
  notes.reset();
  EXPECT_FALSE(notes.is_there());
  EXPECT_EQ(notes->count, 7);
}

}  // namespace
}  // namespace tidemark
