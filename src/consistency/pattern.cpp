#include "consistency/pattern.h"

#include <algorithm>
#include <cstddef>

namespace tidemark::consistency {
namespace {

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail("\"" + std::string(text) + "\" is not a table pattern: " + std::string(why));
}

}  // namespace

void NamePattern::append(char is) { pieces_.push_back({.any = false, .is = is}); }

void NamePattern::append_any() {
  if (pieces_.empty() || !pieces_.back().any) pieces_.push_back({.any = true});
}

NamePattern NamePattern::with_wildcards(std::string_view text) {
  NamePattern pattern;
  for (const char c : text) c == '*' ? pattern.append_any() : pattern.append(c);
  return pattern;
}

// The last run that was met takes one character more whenever the rest does not fit: enough, since
// a run further left could only take what this one can take as well.
bool NamePattern::matches(std::string_view name) const {
  constexpr std::size_t k_none = ~std::size_t{0};
  std::size_t piece = 0;
  std::size_t at = 0;
  std::size_t run = k_none;  // the place of the last run
  std::size_t taken = 0;     // where it ends in the name
  while (at < name.size()) {
    if (piece < pieces_.size() && pieces_[piece].any) {
      run = piece++;
      taken = at;
    } else if (piece < pieces_.size() && pieces_[piece].is == name[at]) {
      ++piece;
      ++at;
    } else if (run != k_none) {
      piece = run + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (piece < pieces_.size() && pieces_[piece].any) ++piece;
  return piece == pieces_.size();
}

// fits[j]: the pieces of this one so far match the first j pieces of the other, where a run of the
// other is a character of its own that only a run of this one matches. Exact, as a run may stand
// for a character that does not occur in this one.
bool NamePattern::contains(const NamePattern& other) const {
  const std::size_t size = other.pieces_.size();
  std::vector<bool> fits(size + 1, false);
  fits[0] = true;
  for (const Piece& piece : pieces_) {
    std::vector<bool> next(size + 1, false);
    if (piece.any) next[0] = fits[0];
    for (std::size_t j = 1; j <= size; ++j) {
      const Piece& theirs = other.pieces_[j - 1];
      next[j] =
          piece.any ? fits[j] || next[j - 1] : fits[j - 1] && !theirs.any && theirs.is == piece.is;
    }
    fits = std::move(next);
  }
  return fits[size];
}

// meets[j]: some text matches the pieces of this one so far and the first j of the other.
bool NamePattern::overlaps(const NamePattern& other) const {
  const std::size_t size = other.pieces_.size();
  std::vector<bool> meets(size + 1, false);
  meets[0] = true;
  for (std::size_t j = 1; j <= size; ++j) meets[j] = meets[j - 1] && other.pieces_[j - 1].any;
  for (const Piece& piece : pieces_) {
    std::vector<bool> next(size + 1, false);
    next[0] = meets[0] && piece.any;
    for (std::size_t j = 1; j <= size; ++j) {
      const Piece& theirs = other.pieces_[j - 1];
      next[j] =
          piece.any || theirs.any ? meets[j] || next[j - 1] : meets[j - 1] && theirs.is == piece.is;
    }
    meets = std::move(next);
  }
  return meets[size];
}

std::size_t NamePattern::least_size() const {
  return static_cast<std::size_t>(std::ranges::count(pieces_, false, &Piece::any));
}

Result<TablePattern> TablePattern::parse(std::string_view text) {
  std::vector<NamePattern> parts(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && quoted && text.substr(i + 1).starts_with('"')) {
      parts.back().append(text[++i]);
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      parts.back().append(c);
    } else if (c == '.') {
      parts.emplace_back();
    } else if (c == '*') {
      parts.back().append_any();
    } else if (c == ' ' || c == '\t') {
      return refuse(text, "it contains a blank outside of double quotes");
    } else {
      parts.back().append(folded(c));
    }
  }
  if (quoted) return refuse(text, "a double quote is not closed");
  for (const NamePattern& part : parts) {
    if (part.pieces_.empty()) return refuse(text, "a part of it is empty");
  }
  if (parts.size() > 2) return refuse(text, "write schema.table, or the table alone");
  TablePattern pattern;
  pattern.table_ = std::move(parts.back());
  pattern.schema_ = parts.size() == 2 ? std::move(parts.front()) : NamePattern::with_wildcards("*");
  return pattern;
}

}  // namespace tidemark::consistency
