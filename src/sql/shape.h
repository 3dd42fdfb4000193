// A text's shape: the text without the values of its constants, so that texts that differ in
// nothing else are classified once.
//
//   SELECT abalance FROM pgbench_accounts WHERE aid = 4711 /* request 7 */
//   SELECT abalance FROM pgbench_accounts WHERE aid = ␁ ␄
//
// Left out are integers and decimals, '…' without a backslash, and block comments where no hint can
// be. All else stands in the shape byte by byte. What is a token follows PostgreSQL's scan.l.
//
// That a text may be judged by its shape is proved anew for each shape, by the tree of the first
// text that has it (sql/shape_proof.h). What the scanner takes for a literal must stand in
// the tree as a constant of the same kind, place and value. Then the parser, which sees kinds of
// tokens and not their values, makes the same tree of any other text of this shape, but for those
// constants' values; and nobody may have looked at these.
// Thread rule: none; a scanner belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::sql {

class ShapeScanner {
 public:
  enum class LiteralKind : std::uint8_t { k_integer, k_number, k_string };

  struct Literal {
    static constexpr std::size_t k_no_minus = static_cast<std::size_t>(-1);

    LiteralKind kind;
    std::size_t at;     // offset in the text
    std::size_t size;   // with its quotes
    std::size_t minus;  // where the minus before it is, if there is one
  };

  // False: the text is judged by itself alone, as nothing can be left out of it, or as something in
  // it is not understood for certain: too long, not UTF-8, control characters, E'…', $$…$$, ….
  bool scan(std::string_view text);

  // Of the last text scanned. The key is no text that PostgreSQL understands.
  std::string_view key() const { return {key_.data(), key_size_}; }
  const std::vector<Literal>& literals() const { return literals_; }

 private:
  bool scan_all();
  bool scan_string();
  bool scan_quoted_name();
  bool scan_dollar();
  bool scan_minus();
  bool scan_line_comment();
  bool scan_slash();
  bool scan_block_comment();
  void scan_number();
  bool follows_one_letter(std::size_t at) const;
  bool follows_letter_and_ampersand() const;
  std::size_t minus_before(std::size_t begin) const;
  void skip_to(std::uint8_t marks);
  void skip_digits();
  char ahead(std::size_t count) const;
  void keep(std::size_t until);
  void leave_out(char marker, std::size_t begin);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t kept_ = 0;   // the key has what is before this
  std::size_t minus_ = 0;  // where the last token that is a minus stands
  std::uint8_t seen_ = 0;  // the marks of all that was passed over
  bool has_hints_ = false;
  bool hints_known_ = false;
  std::string key_;  // and what longer ones before it have left behind
  std::size_t key_size_ = 0;
  std::vector<Literal> literals_;
};

}  // namespace tidemark::sql
