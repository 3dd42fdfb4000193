// A social network, whose primary is in another region than its users and a standby in theirs. What
// each part of a page needs is said once, in tidemark.toml:
//
//   feed      eventual: whatever is here
//   likes     monotonic_reads: may be behind, but never goes back under one's eyes
//   comments  read_your_writes: one's own at once
//   replies   causal: never without what they answer, also when somebody else has told of them
//   friends   causal: who has been removed never sees what is posted afterwards
//   messages  strong: both sides see all of them, in the same order
//
// What it checks it knows by itself: what each user wrote and saw, and what they told one another.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "examples/kit/database.h"
#include "examples/kit/program.h"
#include "examples/kit/scoreboard.h"
#include "examples/social/likes.h"
#include "examples/social/world.h"

namespace {

using namespace std::chrono_literals;
using kit::Clock;
using kit::Database;
using social::add_up_likes;
using social::News;
using social::World;

constexpr int k_feed_length = 20;
constexpr std::size_t k_talked_about = 4;
constexpr auto k_look_at_a_page = 150ms;

std::string name_of(int user) { return fmt::format("user:{}", user); }

class User {
 public:
  User(kit::Run& run, World& world, int number)
      : board_(run.board),
        db_(run.addresses, run.board, run.stopping),
        world_(world),
        users_(run.users),
        number_(number),
        me_(name_of(number)),
        random_(static_cast<unsigned>(number)) {}

  // One visit: the feed, and then something out of it.
  void visit() {
    while (auto news = world_.news_for(number_)) hear(*news);
    look_at_feed();
    switch (random_() % 5) {
      case 0:
        return post_without(random_friend());
      case 1:
        return send_message();
      case 2:
        return comment();
      default:
        return reply();
    }
  }

 private:
  using Texts = std::vector<std::string>;

  // A look at the page that is there, and on to the next. (Whoever has sent something off is taken
  // to the next page at once: db_.next_page.)
  void go_on() {
    std::this_thread::sleep_for(k_look_at_a_page);
    db_.next_page(me_);
  }

  std::string new_id() { return fmt::format("{}/{}", me_, ++ids_); }
  int random_friend() {
    const int other = 1 + static_cast<int>(random_() % static_cast<unsigned>(users_ - 1));
    return other < number_ ? other : other + 1;
  }
  const std::string& random_post() { return feed_[random_() % feed_.size()]; }
  // What is talked about is what is new.
  const std::string& lively_post() {
    return feed_[random_() % std::min<std::size_t>(feed_.size(), k_talked_about)];
  }

  // The posts are from whenever; but who may see them is asked after them, and causally: so whoever
  // had been removed before a post was written has been removed before it is shown.
  void look_at_feed() {
    go_on();
    const auto posts = db_.read("see the feed", [&](auto& db) {
      return db.exec_params("SELECT id, author, created FROM post ORDER BY created DESC LIMIT $1",
                            k_feed_length);
    });
    if (!posts) return;
    const auto friends = db_.read("whose friend am I", [&](auto& db) {
      return db.exec_params("SELECT owner, since FROM friendship WHERE friend = $1", me_);
    });
    if (!friends) return;
    std::map<std::string, std::string> since;
    for (const auto& row : *friends) since[row[0].c_str()] = row[1].c_str();
    feed_.clear();
    for (const auto& post : *posts) {
      const auto found = since.find(post[1].c_str());
      if (post[1].c_str() != me_ && (found == since.end() || found->second > post[2].c_str()))
        continue;
      feed_.emplace_back(post[0].c_str());
      must_be_for_me("whose friend am I", feed_.back());
    }
    look_at_likes();
  }

  void must_be_for_me(const std::string& operation, const std::string& post) {
    if (!world_.is_hidden(post, number_)) return;
    board_.violated(operation,
                    fmt::format("{} had been removed before {} was posted, and saw it", me_, post));
  }

  void look_at_likes() {
    if (feed_.empty()) return;
    const std::string post = random_post();
    db_.write("like", [&](auto& db) {
      db.exec_params("INSERT INTO liked VALUES ($1, $2) ON CONFLICT DO NOTHING", post, me_);
    });
    const auto rows = db_.read("see likes", [&](auto& db) {
      return db.exec_params("SELECT post, likes FROM like_count");
    });
    if (!rows) return;
    std::map<std::string, long> now;
    for (const auto& row : *rows) now[row[0].c_str()] = row[1].template as<long>();
    for (const auto& [of, before] : likes_) {
      if (now[of] >= before) continue;
      board_.violated("see likes", fmt::format("{} had seen {} likes of {}, and then {}", me_,
                                               before, of, now[of]));
    }
    likes_ = std::move(now);
  }

  void comment() {
    if (feed_.empty()) return;
    const std::string post = lively_post();
    const std::string id = new_id();
    go_on();
    const bool done = db_.write("comment", [&](auto& db) {
      db.exec_params("INSERT INTO comment VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", id, post,
                     me_);
    });
    if (done) comments_[post].insert(id);
    db_.next_page(me_);
    const auto rows = db_.read("see comments", [&](auto& db) {
      return db.exec_params("SELECT id FROM comment WHERE post = $1", post);
    });
    if (!rows) return;
    const auto shown = ids_of(*rows);
    for (const std::string& mine : comments_[post]) {
      if (shown.contains(mine)) continue;
      board_.violated("see comments",
                      fmt::format("{} commented on {}, and does not see it", me_, post));
    }
  }

  static std::set<std::string> ids_of(const pqxx::result& rows) {
    std::set<std::string> ids;
    for (const auto& row : rows) ids.insert(row[0].c_str());
    return ids;
  }

  // Answers somebody's comment, and tells somebody else.
  void reply() {
    if (feed_.empty()) return;
    const std::string post = lively_post();
    const auto comments = look_at_discussion(post);
    if (comments.empty()) return comment();
    const std::string& comment =
        *std::next(comments.begin(), static_cast<std::ptrdiff_t>(random_() % comments.size()));
    News news;
    news.post = post;
    news.reply = new_id();
    go_on();
    const bool done = db_.write("reply", [&](auto& db) {
      db.exec_params("INSERT INTO reply VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", news.reply,
                     comment, post, me_);
    });
    if (!done) return;
    news.token = db_.token();
    world_.tell(random_friend(), news);
  }

  // Replies first, and then what they answer: by the time of the second question the first must
  // not be ahead. The comments that there are.
  std::set<std::string> look_at_discussion(const std::string& post, const News* news = nullptr) {
    const auto replies = db_.read("see replies", [&](auto& db) {
      return db.exec_params("SELECT id, comment FROM reply WHERE post = $1", post);
    });
    const auto rows = db_.read("see what they answer", [&](auto& db) {
      return db.exec_params("SELECT id FROM discussion WHERE post = $1", post);
    });
    if (!replies || !rows) return {};
    const auto comments = ids_of(*rows);
    if (news != nullptr && !ids_of(*replies).contains(news->reply)) {
      board_.violated("see replies",
                      fmt::format("{} was told of {}, and it is not there", me_, news->reply));
    }
    for (const auto& row : *replies) {
      if (comments.contains(row[1].c_str())) continue;
      board_.violated(
          "see what they answer",
          fmt::format("{} saw {}, and not the comment that it answers", me_, row[0].c_str()));
    }
    return comments;
  }

  // Removes a friend, posts what is not for them, and tells them and another one of it.
  void post_without(int enemy) {
    News news;
    news.post = new_id();
    news.author = me_;
    world_.not_for(news.post, enemy);
    go_on();
    if (removed_) make_up_with(*std::exchange(removed_, std::nullopt));
    bool done = db_.write("remove a friend", [&](auto& db) {
      db.exec_params("DELETE FROM friendship WHERE owner = $1 AND friend = $2", me_,
                     name_of(enemy));
    });
    done = done && db_.write("post", [&](auto& db) {
      news.created = db.exec_params1(
                           "INSERT INTO post VALUES ($1, $2) ON CONFLICT (id) "
                           "DO UPDATE SET id = excluded.id RETURNING created",
                           news.post, me_)[0]
                         .c_str();
    });
    if (!done) return;
    news.token = db_.token();
    world_.tell(enemy, news);
    world_.tell(random_friend(), news);
    removed_ = enemy;
  }

  void make_up_with(int user) {
    db_.write("befriend", [&](auto& db) {
      db.exec_params("INSERT INTO friendship VALUES ($1, $2) ON CONFLICT DO NOTHING", me_,
                     name_of(user));
    });
  }

  // The push message has the post in it: all that is left to ask is whether it may be shown.
  void hear(const News& news) {
    db_.next_page(me_);
    db_.require(news.token);
    if (!news.reply.empty()) {
      look_at_discussion(news.post, &news);
      return;
    }
    const auto rows = db_.read("may I see it", [&](auto& db) {
      return db.exec_params(
          "SELECT FROM friendship WHERE owner = $1 AND friend = $2 AND since <= $3", news.author,
          me_, news.created);
    });
    if (rows && !rows->empty()) must_be_for_me("may I see it", news.post);
  }

  // Odd and even numbers write to each other. The lock on the conversation's row makes the order.
  void send_message() {
    const std::string pair = fmt::format("pair:{}", (number_ - 1) / 2);
    const std::string id = new_id();
    go_on();
    const bool done = db_.write("send a message", [&](auto& db) {
      db.exec_params(
          "WITH next AS (INSERT INTO conversation VALUES ($2, 1) ON CONFLICT (pair) "
          "DO UPDATE SET last = conversation.last + 1 RETURNING last) "
          "INSERT INTO message SELECT $1, $2, last, $3 FROM next ON CONFLICT (id) DO NOTHING",
          id, pair, me_);
    });
    if (done) world_.sent(pair, id);
    db_.next_page(me_);
    const auto known = world_.messages(pair);
    const auto rows = db_.read("see messages", [&](auto& db) {
      return db.exec_params("SELECT id FROM message WHERE pair = $1 ORDER BY number", pair);
    });
    if (!rows) return;
    Texts list;
    for (const auto& row : *rows) list.emplace_back(row[0].c_str());
    world_.shown(pair, list);
    const std::set<std::string> shown(list.begin(), list.end());
    if (!std::ranges::all_of(known.sent, [&](const auto& one) { return shown.contains(one); })) {
      board_.violated("see messages", me_ + " does not see a message that has been sent");
    }
    if (list.size() < known.shown.size() ||
        !std::equal(known.shown.begin(), known.shown.end(), list.begin())) {
      board_.violated("see messages", me_ + " sees other messages than were shown before");
    }
  }

  kit::Scoreboard& board_;
  Database db_;
  World& world_;
  const int users_;
  const int number_;
  const std::string me_;
  std::minstd_rand random_;
  int ids_ = 0;
  std::optional<int> removed_;  // who is no friend at present
  Texts feed_;
  std::map<std::string, long> likes_;                      // as last seen
  std::map<std::string, std::set<std::string>> comments_;  // one's own, by post
};

// Everybody is everybody's friend, and has posted something.
void move_in(kit::Run& run) {
  Database database(run.addresses, run.board, run.stopping);
  database.next_page("everybody");
  database.write("move in", [&](auto& db) {
    db.exec_params(
        "INSERT INTO friendship SELECT 'user:' || a, 'user:' || b "
        "FROM generate_series(1, $1::integer) AS a, generate_series(1, $1::integer) AS b "
        "WHERE a <> b",
        run.users);
    db.exec_params(
        "INSERT INTO post SELECT 'user:' || a || '/0', 'user:' || a "
        "FROM generate_series(1, $1::integer) AS a",
        run.users);
  });
}

// What must be true now that nobody writes any more.
void look_back(kit::Run& run) {
  const auto converged = social::time_to_converge(run);
  run.board.invariant(
      "what is shown of likes is what there is", converged.has_value(),
      converged ? fmt::format("{:.2f} s after the last", *converged) : "not even later");
  pqxx::connection connection(run.addresses.database);
  pqxx::work db(connection);
  const auto count = [&](const std::string& table) {
    return db.exec1("SELECT count(*) FROM " + table)[0].as<long>();
  };
  const long messages = count("message");
  const long sent = run.board.count("send a message");
  const long likes = count("liked");
  run.board.invariant("no message is lost", messages >= sent,
                      fmt::format("{} of {} that were sent", messages, sent));
  run.board.invariant(
      "there was something to see", messages > 0 && likes > 0 && count("reply") > 0,
      fmt::format("{} likes, {} comments, {} replies", likes, count("comment"), count("reply")));
}

void live(kit::Run& run) {
  move_in(run);
  World world;
  std::vector<std::function<void()>> people = {[&] {
    Database db(run.addresses, run.board, run.stopping);
    while (!run.stopping) {
      add_up_likes(db);
      std::this_thread::sleep_for(100ms);
    }
  }};
  for (int number = 1; number <= run.users; ++number) {
    people.push_back([&run, &world, number] {
      User user(run, world, number);
      while (!run.stopping) user.visit();
    });
  }
  kit::run_all(run, people, [&] { return fmt::format("{} visits", run.board.count("see likes")); });
  look_back(run);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::program(argc, argv, "A social network: feed, likes, replies, friends and messages.",
                      live);
}
