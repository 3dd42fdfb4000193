// A value that most of its owners never need, or need for a while only: it takes memory from when
// it is first changed until reset(), and reads as T() without. Thread rule: as T.
#pragma once

#include <memory>
#include <utility>

namespace tidemark {

// Where a Lazy has its value from, and where it goes: made, and freed.
template <class T>
struct Made {
  std::unique_ptr<T> take() const { return std::make_unique<T>(); }
  void give(std::unique_ptr<T>) const {}
};

template <class T, class Source = Made<T>>
class Lazy {
 public:
  explicit Lazy(Source source = {}) : source_(source) {}
  Lazy(Lazy&&) noexcept = default;
  Lazy& operator=(Lazy&&) noexcept = default;

  // Takes it from the source if it is not there.
  T& operator*() {
    if (value_ == nullptr) [[unlikely]] {
      take();
    }
    return *value_;
  }
  T* operator->() { return &**this; }

  const T& operator*() const {
    if (value_ == nullptr) [[unlikely]] {
      return none();
    }
    return *value_;
  }
  const T* operator->() const { return &**this; }

  bool is_there() const { return value_ != nullptr; }
  // Null if it is not.
  T* if_there() { return value_.get(); }
  const T* if_there() const { return value_.get(); }
  void reset() {
    if (value_ != nullptr) source_.give(std::move(value_));
  }

 private:
  // Out of line, so that a look costs a comparison.
  [[gnu::noinline]] static const T& none() {
    static const T k_none{};
    return k_none;
  }
  [[gnu::noinline]] void take() { value_ = source_.take(); }

  [[no_unique_address]] Source source_;
  std::unique_ptr<T> value_;
};

}  // namespace tidemark
