// The users that may log in at the gateway: pgbouncer's userlist.txt,
//   "user" "secret"
// one a line, where a quote inside quotes is doubled, and a line that starts with ; or # says
// nothing. A secret is a password in clear or PostgreSQL's stored form,
// SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>.
// Thread rule: immutable after loading.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::gateway {

class Users {
 public:
  // The file's text; `name` stands for the file in errors, which give the line but no secret.
  static Result<Users> parse(std::string_view text, const std::string& name);

  // Reads the file. A warning is added when others than its owner and group may read it.
  static Result<Users> load(const std::string& path, std::vector<std::string>& warnings);

  // Null for a user that is not in the file.
  const std::string* secret(std::string_view user) const;

  std::size_t size() const { return secrets_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> secrets_;
};

}  // namespace tidemark::gateway
