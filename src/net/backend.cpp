#include "net/backend.h"

#include "base/check.h"
#include "net/epoll_backend.h"
#include "net/uring_backend.h"

namespace tidemark::net {

std::string_view to_string(BackendKind kind) {
  return kind == BackendKind::k_epoll ? "epoll" : "io_uring";
}

std::unique_ptr<Backend> Backend::make(BackendKind kind) {
  if (kind == BackendKind::k_epoll) return std::make_unique<EpollBackend>();
  return std::make_unique<UringBackend>();
}

}  // namespace tidemark::net
