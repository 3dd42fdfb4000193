// What the kernel is asked about sockets, in this folder's words.
#pragma once

#include <string>

#include "base/result.h"
#include "net/address.h"
#include "net/descriptor.h"

namespace tidemark::net {

// The kernel's words for an errno, as PostgreSQL would begin them: "connection refused".
std::string error_text(int error);

// A nonblocking, close-on-exec stream socket of that family. On TCP without delay, and with a
// keepalive that notices a dead peer in about two minutes; sockets accepted from it inherit both.
Result<Descriptor> open_socket(int family);

SocketAddress peer_of(int fd);
SocketAddress local_of(int fd);

// The error that the kernel keeps for the socket, 0 if there is none. Clears it.
int take_error(int fd);

}  // namespace tidemark::net
