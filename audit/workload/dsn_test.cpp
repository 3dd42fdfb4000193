#include "audit/workload/dsn.h"

#include <gtest/gtest.h>

namespace tidemark::audit {
namespace {

TEST(Dsn, IsShownWithoutItsPassword) {
  EXPECT_EQ(without_secrets("host=a password=hush port=5432"), "host=a port=5432");
  EXPECT_EQ(without_secrets("postgresql://eve:hush@a:5432/app?sslpassword=hush"),
            "host=a port=5432 user=eve dbname=app");
}

TEST(Dsn, IsShownSoThatItCanBeReadAgain) {
  EXPECT_EQ(without_secrets("host=a options='-c tidemark.level=causal'"),
            "host=a options='-c tidemark.level=causal'");
  EXPECT_EQ(without_secrets(R"(application_name='it\'s')"), R"(application_name='it\'s')");
}

TEST(Dsn, ThatCannotBeReadIsNotShown) {
  const auto shown = without_secrets("passwort=hush");
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().message.find("hush"), std::string::npos);
}

TEST(Dsn, IsMaskedInsideOfACommand) {
  EXPECT_EQ(masked("PGPASSWORD='hush' psql 'host=a password=hush' -c x"),
            "PGPASSWORD=*** psql 'host=a password=***' -c x");
  EXPECT_EQ(masked("psql postgres://eve:hush@a:1/x?sslpassword=hush&b=c"),
            "psql postgres://eve:***@a:1/x?sslpassword=***&b=c");
  EXPECT_EQ(masked("pg_ctl -D /data stop"), "pg_ctl -D /data stop");
}

}  // namespace
}  // namespace tidemark::audit
