// A hash of texts that are looked up often, for tables in memory: a few instructions for every 16
// bytes. The same in every process, and no defence against who seeks texts of one hash: for tables
// that are bounded. Folded multiplication, as in Wang Yi's wyhash
// (https://github.com/wangyi-fudan/wyhash). Thread rule: none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark {

struct TextHash {
  // Not noexcept: the standard library's tables then keep the hash beside each key, and need not
  // compute it again for those that they pass by.
  std::size_t operator()(std::string_view text) const {
    std::uint64_t hash = text.size() * k_odd;
    if (text.size() < k_piece) {
      std::array<char, k_piece> piece{};
      text.copy(piece.data(), text.size());
      return with_piece(hash, piece.data());
    }
    const char* const last = text.data() + text.size() - k_piece;  // it may lap over the one before
    for (const char* at = text.data(); at < last; at += k_piece) hash = with_piece(hash, at);
    return with_piece(hash, last);
  }

 private:
  static constexpr std::size_t k_piece = 16;  // bytes
  // Any odd numbers with about as many ones as zeros.
  static constexpr std::uint64_t k_odd = 0x9E37'79B9'7F4A'7C15;
  static constexpr std::uint64_t k_other = 0xD1B5'4A32'D192'ED03;

  static std::uint64_t word_at(const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  static std::uint64_t with_piece(std::uint64_t hash, const char* at) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{word_at(at) ^ k_other} * (word_at(at + 8) ^ hash);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
};

}  // namespace tidemark
