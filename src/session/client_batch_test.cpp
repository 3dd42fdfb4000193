// Batches are looked at, kept, and passed on in one go, but for what is not ordinary in them: where
// that stands, everything is as if each message had been passed on by itself.
#include <algorithm>
#include <array>

#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

class Batches : public Conversation {
 protected:
  void prepares(std::string_view name, std::string_view sql) {
    client.sends(parse(name, sql) + sync());
    standby.answers(parsed() + ready());
    forget();
  }
  // Another client has left the name there, for something else.
  void leaves_behind(ScriptedServer& server, const std::string& name) {
    auto left = std::make_shared<Prepared>();
    left->text = "DELETE FROM t";
    server.machine().names().set(name, std::move(left));
  }

  // Whether what it has read is known to be about t alone.
  bool has_read_t() {
    const consistency::TableId t = sql::k_first_relation + sql::k_first_user_oid;
    const auto marks = client.machine().session().marks();
    return !marks.empty() && std::ranges::all_of(marks, [&](const auto& known) {
      return !known.is_about_any() && std::ranges::equal(known.about().ids, std::array{t});
    });
  }

  const std::string k_select = parse("", "SELECT a FROM t") + bind_to("") + execute();
};

TEST_F(Batches, ANameThatMustBeBroughtInTheMiddleIsBroughtThere) {
  prepares("s", "SELECT b FROM u");
  leaves_behind(standby, "s");
  client.sends(k_select + bind_to("s") + execute() + k_select + sync());
  EXPECT_EQ(standby.got(),
            "P - SELECT a FROM t | B - - | E - | C S s | P s SELECT b FROM u | B - s | E - | "
            "P - SELECT a FROM t | B - - | E - | S");
  const std::string one = bound() + data_row({"1"}) + complete("SELECT 1");
  standby.answers(parsed() + one + closed() + parsed() + one + parsed() + one + ready());
  EXPECT_EQ(client.got(),
            "1 | 2 | D 1 | C SELECT 1 | 2 | D 1 | C SELECT 1 | 1 | 2 | D 1 | C SELECT 1 | Z I");
}

TEST_F(Batches, ANameThatIsDescribedIsBroughtFirst) {
  prepares("s", "SELECT b FROM u");
  leaves_behind(standby, "s");
  client.sends(k_select + describe_statement("s") + sync());
  EXPECT_EQ(standby.got(),
            "P - SELECT a FROM t | B - - | E - | C S s | P s SELECT b FROM u | D S s | S");
}

TEST_F(Batches, ANameThatAnotherClientLeftIsClosedBeforeItIsParsed) {
  leaves_behind(standby, "s");
  client.sends(k_select + parse("s", "SELECT b FROM u") + bind_to("s") + execute() + sync());
  EXPECT_EQ(standby.got(),
            "P - SELECT a FROM t | B - - | E - | C S s | P s SELECT b FROM u | B - s | E - | S");
}

TEST_F(Batches, ANameThatIsClosedInABatchStandsForNothingBehindIt) {
  prepares("s", "SELECT b FROM u");
  client.sends(bind_to("s") + execute() + close_statement("s") + bind_to("s") + execute() + sync());
  ScriptedServer& server = primary.is_free() ? standby : primary;
  EXPECT_EQ(server.got(), "B - s | E - | C S s | B - s | E - | S");
  server.answers(bound() + data_row({"1"}) + complete("SELECT 1") + closed() + error("26000") +
                 ready());
  EXPECT_EQ(client.got(), "2 | D 1 | C SELECT 1 | 3 | E 26000 | Z I");
  leaves_behind(primary, "s");
  client.sends(run("s"));
  EXPECT_EQ(server.got() + primary.got(), "B - s | E - | S") << "it is the client's again";
}

TEST_F(Batches, AMessageThatIsTooLongIsNotPassedOn) {
  const std::string name(wire::k_max_small_client_message, 'p');
  client.sends(parse("", "SELECT a FROM t") + bind_to("") + execute(name) + sync());
  EXPECT_EQ(standby.got(), "P - SELECT a FROM t | B - - | H");
}

TEST_F(Batches, ADescribeThatIsTooLongIsNotPassedOn) {
  const std::string name(wire::k_max_small_client_message, 'p');
  client.sends(parse("", "SELECT a FROM t") + bind_to("") + describe_portal(name) + sync());
  EXPECT_EQ(standby.got(), "P - SELECT a FROM t | B - - | H");
}

TEST_F(Batches, ALongBatchArrivesAsItWasSent) {
  std::string batch, words;
  for (std::size_t i = 0; i < Batch::k_most_kept; ++i) {
    batch += k_select;
    words += "P - SELECT a FROM t | B - - | E - | ";
  }
  client.sends(batch + sync());
  EXPECT_EQ(standby.got(), words + "S");
}

TEST_F(Batches, TextsAreReadAnewIfTheCatalogueHasChangedSinceTheLook) {
  client.holds_requests = true;
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)"));
  client.reader("public").set_catalogue(std::make_shared<const sql::Catalogue>());
  client.goes_to(primary);
  primary.answers(parsed() + bound() + no_data() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.writes, "[any!]over");
}

// The look at what follows a batch is not taken for the look at the batch.
TEST_F(Batches, OneIsRunAgainThoughAnotherWasLookedAtMeanwhile) {
  client.sends(prepared_and_run("SELECT a FROM t"));
  client.sends(prepared_and_run("SELECT b FROM u"));
  EXPECT_EQ(standby.got(), "P - SELECT a FROM t | B - - | D P - | E - | S");
  standby.answers(parsed() + bound() + error("40001") + ready());
  EXPECT_EQ(other.got(), "P - SELECT a FROM t | B - - | D P - | E - | S");
  other.answers(parsed() + bound() + row("1") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | T a | D 1 | C SELECT 1 | Z I");
  EXPECT_TRUE(has_read_t());
  EXPECT_EQ(standby.got(), "P - SELECT b FROM u | B - - | D P - | E - | S");
}

}  // namespace
}  // namespace tidemark::session
