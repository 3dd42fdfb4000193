// Which backend a program uses: what its user wished, held against what works here.
// Thread rule: opens a few descriptors for a moment; belongs to start-up.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/backend.h"

namespace tidemark::net {

enum class BackendWish { k_auto, k_epoll, k_io_uring };

// "auto", "epoll", "io_uring".
std::string_view to_string(BackendWish wish);

struct BackendChoice {
  BackendKind kind = BackendKind::k_epoll;
  std::string reason;  // why this one and not the other, for the log
};

// An error only if io_uring is wished for and does not work.
Result<BackendChoice> choose_backend(BackendWish wish);

// Tries everything out that the io_uring backend needs of the kernel: an error says what failed.
// Containers often forbid it (seccomp), and so does kernel.io_uring_disabled.
Result<void> try_io_uring();

}  // namespace tidemark::net
