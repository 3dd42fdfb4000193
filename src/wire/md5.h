// The answer to AuthenticationMD5Password, for servers that still ask for it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::wire {

// "md5" and 32 hexadecimal digits: md5(md5(password, user), salt). An error where the machine's
// policy forbids MD5.
Result<std::string> md5_password(std::string_view user, std::string_view password,
                                 std::string_view salt);

}  // namespace tidemark::wire
