// DSN: where to connect, as libpq reads it: "host=… port=…" or a URI. It may hold a password, so
// what is shown of it is made here.
#pragma once

#include <string>

#include "base/result.h"

namespace tidemark::audit {

// The same as key=value pairs without anything secret, host and port first: what reports say. An
// error (which shows nothing of the text, as a secret may stand anywhere in a wrong one) if it
// cannot be read.
Result<std::string> without_secrets(const std::string& dsn);

// A text that may have DSNs in it, such as a command, with what looks like a password in it made
// unreadable.
std::string masked(const std::string& text);

}  // namespace tidemark::audit
