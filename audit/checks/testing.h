// Hand-made histories that read like stories, for tests. One line an operation, in the order of
// the sessions' programs:
//
//   A 0..2 writes x1 y1      session A made version 1 of x and of y, from 0 ms to 2 ms
//   B 3..4 reads x1 y0       one snapshot
//   A 5..6 maybe x2          no answer came; who sees x2 saw this write
//   A 5..6 fails x2          an error answered
//   A 7..7 tells B           a message outside of the database; the next of B hears it
//   B 8..8 hears A
//   B 9..9 reads x0 declared   the answer said that something may have been lost
//   B 9..9 reads x0 y1 broken  an error came after these rows
//   last x2 y1               the rows when all had stopped
//
// A row is a letter: l, m, n are lists, c, d, e counters, the others registers. Where two sessions
// made the same version, x3/B is B's. A list's items: "B 3..4 reads l2[1,2]" saw version 2 with the
// items of versions 1 and 2; "last l2[1,2]" likewise.
#pragma once

#include <charconv>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "audit/history/history.h"
#include "base/check.h"

namespace tidemark::audit::testing {

class Notation {
 public:
  // Aborts on a text that is none.
  static History read(std::string_view text) {
    Notation notation;
    // Twice: a read may stand above the write that it saw.
    for (const bool is_first : {true, false}) {
      notation.is_first_ = is_first;
      std::istringstream lines{std::string(text)};
      for (std::string line; std::getline(lines, line);) notation.line(line);
    }
    return std::move(notation.history_);
  }

 private:
  struct Word {
    RowId row = 0;
    Version version = 0;
    char owner = 0;
    bool has_items = false;
    std::vector<WriteId> items;
  };

  static Version number(std::string_view text) {
    Version value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    CHECK(error == std::errc() && end == text.data() + text.size());
    return value;
  }

  void line(const std::string& text) {
    std::istringstream words(text);
    std::string who;
    std::string times;
    std::string verb;
    if (!(words >> who)) return;
    if (who == "last") {
      for (std::string word; words >> word;) last(parse(word, 0));
      return;
    }
    CHECK(words >> times >> verb);
    Operation operation;
    operation.session = static_cast<SessionId>(who[0] - 'A');
    const auto dots = times.find("..");
    operation.started = std::chrono::milliseconds(number(times.substr(0, dots)));
    operation.ended = std::chrono::milliseconds(number(times.substr(dots + 2)));
    if (verb == "maybe") operation.outcome = Outcome::k_maybe;
    if (verb == "fails") operation.outcome = Outcome::k_failed;
    if (verb != "reads") operation.kind = OperationKind::k_write;
    if (verb == "tells") operation.kind = OperationKind::k_hand_over;
    if (verb == "hears") operation.kind = OperationKind::k_take_over;
    for (std::string word; words >> word;) {
      if (word == "declared") {
        operation.loss_declared = true;
      } else if (word == "broken") {
        operation.outcome = Outcome::k_failed;
      } else {
        add(operation, who[0], word);
      }
    }
    if (!is_first_) history_.operations.push_back(operation);
  }

  void add(Operation& operation, char who, const std::string& word) {
    switch (operation.kind) {
      case OperationKind::k_hand_over:
        if (!is_first_) unheard_[{who, word[0]}].push_back(operation.message = ++messages_);
        return;
      case OperationKind::k_take_over:
        if (!is_first_) {
          auto& sent = unheard_[{word[0], who}];
          CHECK(!sent.empty());
          operation.message = sent.front();
          sent.erase(sent.begin());
        }
        return;
      case OperationKind::k_write:
        return add_put(operation, who, word);
      default:
        break;
    }
    const Word item = parse(word, 0);
    operation.seen.push_back({item.row, item.version, writer(item)});
    if (item.has_items) operation.lists.push_back({item.row, item.items});
  }

  void add_put(Operation& operation, char who, const std::string& word) {
    const Word item = parse(word, who);
    const bool is_told = operation.outcome == Outcome::k_ok;
    const auto key = std::pair(item.row, item.version);
    if (is_first_) {
      const WriteId id = ++writes_;
      CHECK(writers_.try_emplace({key.first, key.second, who}, id).second);
      writers_.try_emplace({key.first, key.second, 0}, id);
    }
    operation.puts.push_back({item.row, is_told ? item.version : k_unknown_version, writer(item)});
  }

  void last(const Word& word) {
    if (is_first_) return;
    history_.last.push_back({word.row, word.version, writer(word)});
    if (word.has_items) history_.last_lists.push_back({word.row, word.items});
  }

  // "x3", "x3/B", "l2[1,2]".
  Word parse(const std::string& text, char owner) {
    Word word{.row = row(text[0]), .version = 0, .owner = owner, .has_items = false, .items = {}};
    const auto end = text.find_first_of("/[", 1);
    word.version = number(std::string_view(text).substr(1, end == text.npos ? end : end - 1));
    if (end != text.npos && text[end] == '/') word.owner = text[end + 1];
    const auto open = text.find('[');
    if (open == text.npos) return word;
    word.has_items = true;
    std::istringstream items(text.substr(open + 1, text.size() - open - 2));
    for (std::string item; std::getline(items, item, ',');) {
      const auto slash = item.find('/');
      word.items.push_back(writer({.row = word.row,
                                   .version = number(item.substr(0, slash)),
                                   .owner = slash == item.npos ? '\0' : item[slash + 1],
                                   .has_items = false,
                                   .items = {}}));
    }
    return word;
  }

  RowId row(char letter) {
    const auto [found, is_new] = rows_.try_emplace(letter, static_cast<RowId>(rows_.size()));
    if (is_new) {
      const bool is_list = letter >= 'l' && letter <= 'n';
      const bool is_counter = letter >= 'c' && letter <= 'e';
      history_.rows.push_back({is_list      ? RowKind::k_list
                               : is_counter ? RowKind::k_counter
                                            : RowKind::k_register,
                               static_cast<std::uint32_t>(letter - 'a')});
    }
    return found->second;
  }

  WriteId writer(const Word& word) const {
    if (word.version == 0 || is_first_) {
      const auto found = writers_.find({word.row, word.version, word.owner});
      return found == writers_.end() ? 0 : found->second;
    }
    return writers_.at({word.row, word.version, word.owner});
  }

  History history_;
  bool is_first_ = true;
  WriteId writes_ = 0;
  std::uint32_t messages_ = 0;
  std::map<char, RowId> rows_;
  std::map<std::tuple<RowId, Version, char>, WriteId> writers_;  // '\0': the first of them
  std::map<std::pair<char, char>, std::vector<std::uint32_t>> unheard_;
};

inline History history(std::string_view text) { return Notation::read(text); }

}  // namespace tidemark::audit::testing
