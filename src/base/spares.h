// Values that are needed for a while only, one after the other: what one owner gives back is the
// next one's, warm in the cache, and nothing is made or freed for it. Thread rule: one thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/lazy.h"

namespace tidemark {

// Those that nobody needs at the moment.
template <class T>
class Spares {
 public:
  static constexpr std::size_t k_most = 64;  // kept; the rest is freed

  std::unique_ptr<T> take() {
    return count_ == 0 ? std::make_unique<T>() : std::move(kept_[--count_]);
  }

  // T::clear() makes it as new, but for memory that it may hold on to.
  void give(std::unique_ptr<T> value) {
    if (count_ == k_most) return;
    value->clear();
    kept_[count_++] = std::move(value);
  }

 private:
  std::array<std::unique_ptr<T>, k_most> kept_;
  std::size_t count_ = 0;
};

// As the source of a Lazy. The spares are there whenever it takes or gives.
template <class T>
class From {
 public:
  explicit From(Spares<T>& spares) : spares_(&spares) {}
  // Of no spares: made, and freed.
  static From none() { return From(); }

  std::unique_ptr<T> take() const {
    return spares_ == nullptr ? std::make_unique<T>() : spares_->take();
  }
  void give(std::unique_ptr<T> value) const {
    if (spares_ != nullptr) spares_->give(std::move(value));
  }

 private:
  From() = default;

  Spares<T>* spares_ = nullptr;
};

// A value that goes back to the spares with reset().
template <class T>
using Borrowed = Lazy<T, From<T>>;

}  // namespace tidemark
