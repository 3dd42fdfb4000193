// A value that most of its owners never need, or need for a while only: it takes memory from when
// it is first changed until reset(), and reads as T() without. Thread rule: as T.
#pragma once

#include <memory>

namespace tidemark {

template <class T>
class Lazy {
 public:
  Lazy() = default;
  Lazy(Lazy&&) noexcept = default;
  Lazy& operator=(Lazy&&) noexcept = default;

  // Makes it if it is not there.
  T& operator*() {
    if (value_ == nullptr) [[unlikely]] {
      make();
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
  void reset() { value_.reset(); }

 private:
  // Out of line, so that a look costs a comparison.
  [[gnu::noinline, gnu::cold]] void make() { value_ = std::make_unique<T>(); }

  std::unique_ptr<T> value_;
};

}  // namespace tidemark
