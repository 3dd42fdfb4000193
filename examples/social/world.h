// What users have in common besides the database: the telephone; and what must be true of what they
// are shown, known from what they did. No part of the application: it is what checks it.
// Thread rule: a World may be used by any thread.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace social {

// What one user tells another past the database: on the telephone, or by a push message. The token
// goes with it; at the other end it says what that user must be shown.
struct News {
  std::string token;
  std::string post;
  std::string author;   // of the post
  std::string created;  // when the post was
  std::string reply;    // to a comment on it; empty: this is about the post
};

// What all have in common but the database: the telephone, and what must be true.
class World {
 public:
  void tell(int user, News news) {
    const std::lock_guard lock(mutex_);
    news_[user].push_back(std::move(news));
  }

  std::optional<News> news_for(int user) {
    const std::lock_guard lock(mutex_);
    auto& mine = news_[user];
    if (mine.empty()) return std::nullopt;
    News first = std::move(mine.front());
    mine.pop_front();
    return first;
  }

  // This user was no friend of the author's when that post was written.
  void not_for(const std::string& post, int user) {
    const std::lock_guard lock(mutex_);
    hidden_.insert({post, user});
  }
  bool is_hidden(const std::string& post, int user) {
    const std::lock_guard lock(mutex_);
    return hidden_.contains({post, user});
  }

  // Messages of a pair: those known to be sent, and the longest list that anyone was shown.
  struct Messages {
    std::set<std::string> sent;
    std::vector<std::string> shown;
  };
  Messages messages(const std::string& pair) {
    const std::lock_guard lock(mutex_);
    return messages_[pair];
  }
  void sent(const std::string& pair, const std::string& message) {
    const std::lock_guard lock(mutex_);
    messages_[pair].sent.insert(message);
  }
  void shown(const std::string& pair, const std::vector<std::string>& list) {
    const std::lock_guard lock(mutex_);
    if (list.size() > messages_[pair].shown.size()) messages_[pair].shown = list;
  }

 private:
  std::mutex mutex_;
  std::map<int, std::deque<News>> news_;
  std::set<std::pair<std::string, int>> hidden_;
  std::map<std::string, Messages> messages_;
};

}  // namespace social
