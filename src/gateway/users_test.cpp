#include "gateway/users.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace tidemark::gateway {
namespace {

TEST(Users, AFileNamesUsersAndTheirSecrets) {
  const auto users = Users::parse(
      "; people\n\"ann\" \"pass word\"\n\n  \"b\"\"ob\"\t\"SCRAM-SHA-256$4096:c2FsdA==$a:b\" "
      "\"\"\r\n",
      "userlist.txt");
  ASSERT_TRUE(users.has_value()) << users.error().message;
  EXPECT_EQ(users->size(), 2U);
  EXPECT_EQ(*users->secret("ann"), "pass word");
  EXPECT_EQ(*users->secret("b\"ob"), "SCRAM-SHA-256$4096:c2FsdA==$a:b");
  EXPECT_EQ(users->secret("carl"), nullptr);
}

TEST(Users, ErrorsNameTheLineButNoSecret) {
  const auto broken = Users::parse("\"ann\" \"x\"\n\"bob\" hidden", "f");
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().message, "f:2: expected \"user\" \"secret\"");
  EXPECT_FALSE(Users::parse("\"a\" \"x\"\n\"a\" \"y\"", "f").has_value());
  const auto md5 = Users::parse("\"a\" \"md50123456789abcdef0123456789abcdef\"", "f");
  ASSERT_FALSE(md5.has_value());
  EXPECT_EQ(md5.error().message.find("0123"), std::string::npos);
}

TEST(Users, AWorldReadableFileIsWarnedOf) {
  char path[] = "/tmp/tidemark-users-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  close(fd);
  std::ofstream(path) << "\"ann\" \"x\"\n";
  std::vector<std::string> warnings;
  EXPECT_EQ(Users::load(path, warnings)->size(), 1U);
  EXPECT_TRUE(warnings.empty());
  ASSERT_EQ(chmod(path, 0644), 0);
  EXPECT_EQ(Users::load(path, warnings)->size(), 1U);
  EXPECT_EQ(warnings.size(), 1U);
  unlink(path);
  EXPECT_FALSE(Users::load(path, warnings).has_value());
}

}  // namespace
}  // namespace tidemark::gateway
