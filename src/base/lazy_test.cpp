#include "base/lazy.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark {
namespace {

struct Notes {
  int count = 7;
  std::string text;
};

TEST(Lazy, ReadsAsNewWithoutTakingMemory) {
  const Lazy<Notes> notes;
  EXPECT_EQ(notes->count, 7);
  EXPECT_TRUE((*notes).text.empty());
  EXPECT_FALSE(notes.is_there());
  EXPECT_EQ(sizeof(notes), sizeof(void*));
}

TEST(Lazy, KeepsWhatIsWrittenUntilReset) {
  Lazy<Notes> notes;
  notes->count = 1;
  notes->text = "kept";
  EXPECT_TRUE(notes.is_there());
  EXPECT_EQ(notes->count, 1);
  EXPECT_EQ((*notes).text, "kept");
  notes.reset();
  EXPECT_FALSE(notes.is_there());
  EXPECT_EQ(notes->count, 7);
}

}  // namespace
}  // namespace tidemark
