#include "sql/comments.h"

#include <algorithm>
#include <string>

namespace tidemark::sql {
namespace {

constexpr std::string_view k_prefix = "tidemark.";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool is_word(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Tells tokens from comments, as PostgreSQL's scanner does, and nothing more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // The contents of the comments before the first token and after the last one.
  std::vector<std::string_view> outer_comments() {
    std::vector<std::string_view> leading;
    std::vector<std::string_view> since_token;
    bool token_seen = false;
    while (at_ < text_.size()) {
      if (is_blank(text_[at_]) || text_[at_] == ';') {
        ++at_;
      } else if (looking_at("--")) {
        since_token.push_back(line_comment());
      } else if (looking_at("/*")) {
        since_token.push_back(block_comment());
      } else {
        if (!token_seen) leading = since_token;
        token_seen = true;
        since_token.clear();
        skip_token();
      }
    }
    leading.insert(leading.end(), since_token.begin(), since_token.end());
    return leading;
  }

 private:
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  std::string_view line_comment() {
    const std::size_t begin = at_ + 2;
    at_ = std::min(text_.find_first_of("\r\n", begin), text_.size());
    return text_.substr(begin, at_ - begin);
  }

  std::string_view block_comment() {
    const std::size_t begin = at_ + 2;
    at_ = begin;
    for (int depth = 1; at_ < text_.size();) {
      if (looking_at("/*")) {
        ++depth;
        at_ += 2;
      } else if (looking_at("*/")) {
        at_ += 2;
        if (--depth == 0) return text_.substr(begin, at_ - 2 - begin);
      } else {
        ++at_;
      }
    }
    return {};
  }

  void skip_token() {
    const char c = text_[at_];
    if (c == '\'') return skip_quoted('\'', false);
    if (c == '"') return skip_quoted('"', false);
    if (c == '$') return skip_dollar();
    if (!is_word(c)) {
      ++at_;
      return;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '$')) ++at_;
    const bool escapes = at_ - begin == 1 && lower(c) == 'e';
    if (escapes && at_ < text_.size() && text_[at_] == '\'') skip_quoted('\'', true);
  }

  // A doubled quote goes on with the same string.
  void skip_quoted(char quote, bool escapes) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (escapes && text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == quote) {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != quote) break;
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  // $$…$$ and $tag$…$tag$; a lone dollar ($1) is one byte of a token.
  void skip_dollar() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const bool digit_first = end > at_ + 1 && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9';
    if (end >= text_.size() || text_[end] != '$' || digit_first) {
      ++at_;
      return;
    }
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const std::size_t closing = text_.find(tag, end + 1);
    at_ = closing == std::string_view::npos ? text_.size() : closing + tag.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

std::string url_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (!escape) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return result;
}

// Reads the pairs of one comment, skipping whatever is not one.
class PairReader {
 public:
  explicit PairReader(std::string_view text) : text_(text) {}

  void append_to(std::vector<Hint>& hints) {
    while (at_ < text_.size()) {
      const std::string_view name =
          run([](char c) { return is_word(c) || c == '.' || c == '%' || c == '-'; });
      if (name.empty()) {
        ++at_;
        continue;
      }
      run(is_blank);
      if (at_ == text_.size() || text_[at_] != '=') continue;
      ++at_;
      run(is_blank);
      add(url_decoded(name), value(), hints);
    }
  }

 private:
  template <class Predicate>
  std::string_view run(Predicate belongs) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string value() {
    if (at_ == text_.size() || text_[at_] != '\'') {
      return url_decoded(run([](char c) { return !is_blank(c) && c != ',' && c != ';'; }));
    }
    std::string quoted;
    for (++at_; at_ < text_.size() && text_[at_] != '\''; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      quoted += text_[at_];
    }
    at_ = std::min(at_ + 1, text_.size());
    return url_decoded(quoted);
  }

  static void add(std::string name, std::string value, std::vector<Hint>& hints) {
    std::ranges::transform(name, name.begin(), lower);
    if (name.starts_with(k_prefix)) hints.push_back({std::move(name), std::move(value)});
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool may_have_hints(std::string_view text) {
  const auto same = [](char a, char b) { return lower(a) == b; };
  return std::search(text.begin(), text.end(), k_prefix.begin(), k_prefix.end(), same) !=
         text.end();
}

std::vector<Hint> hints_of(std::string_view text) {
  std::vector<Hint> hints;
  if (!may_have_hints(text)) return hints;
  for (const std::string_view comment : Scanner(text).outer_comments()) {
    PairReader(comment).append_to(hints);
  }
  return hints;
}

}  // namespace tidemark::sql
