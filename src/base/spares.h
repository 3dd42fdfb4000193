// Values that are needed for a while only, one after the other: what one owner gives back is the
// next one's, warm in the cache, and nothing is made or freed for it. Thread rule: one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tidemark {

// Those that nobody needs at the moment.
template <class T>
class Spares {
 public:
  static constexpr std::size_t k_most = 64;  // kept; the rest is freed

  std::unique_ptr<T> take() {
    if (kept_.empty()) return std::make_unique<T>();
    std::unique_ptr<T> value = std::move(kept_.back());
    kept_.pop_back();
    return value;
  }

  // T::clear() makes it as new, but for memory that it may hold on to.
  void give(std::unique_ptr<T> value) {
    if (kept_.size() == k_most) return;
    value->clear();
    kept_.push_back(std::move(value));
  }

 private:
  std::vector<std::unique_ptr<T>> kept_;
};

// A value that is taken from the spares when it is first changed, until give_back(); it reads as
// T() without. The spares outlive it.
template <class T>
class Borrowed {
 public:
  explicit Borrowed(Spares<T>& spares) : spares_(spares) {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  T& operator*() {
    if (value_ == nullptr) [[unlikely]] {
      take();
    }
    return *value_;
  }
  T* operator->() { return &**this; }

  const T& operator*() const {
    static const T k_none{};
    return value_ == nullptr ? k_none : *value_;
  }
  const T* operator->() const { return &**this; }

  bool is_there() const { return value_ != nullptr; }
  void give_back() {
    if (value_ != nullptr) spares_.give(std::move(value_));
  }

 private:
  // Out of line, so that a look costs a comparison.
  [[gnu::noinline]] void take() { value_ = spares_.take(); }

  Spares<T>& spares_;
  std::unique_ptr<T> value_;
};

}  // namespace tidemark
