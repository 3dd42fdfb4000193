#include "gateway/users.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <sstream>

namespace tidemark::gateway {
namespace {

constexpr std::string_view k_blank = " \t\r";

void skip_blank(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(k_blank), line.size()));
}

// Takes one "quoted text" off the front of the line.
std::optional<std::string> take_quoted(std::string_view& line) {
  if (!line.starts_with('"')) return std::nullopt;
  std::string text;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      text += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      text += '"';
      ++i;
    } else {
      line.remove_prefix(i + 1);
      return text;
    }
  }
  return std::nullopt;
}

// A hash in PostgreSQL's old form: "md5" and 32 hexadecimal digits.
bool is_md5(std::string_view secret) {
  return secret.size() == 35 && secret.starts_with("md5") &&
         secret.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
}

}  // namespace

Result<Users> Users::parse(std::string_view text, const std::string& name) {
  Users users;
  int number = 0;
  while (!text.empty()) {
    ++number;
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    skip_blank(line);
    if (line.empty() || line.front() == ';' || line.front() == '#') continue;

    const auto user = take_quoted(line);
    skip_blank(line);
    const auto secret = user ? take_quoted(line) : std::nullopt;
    if (!user || user->empty() || !secret) {
      return fail(fmt::format("{}:{}: expected \"user\" \"secret\"", name, number));
    }
    if (is_md5(*secret)) {
      return fail(
          fmt::format("{}:{}: the secret of \"{}\" is an md5 hash, which scram-sha-256 "
                      "cannot use; give the password or a SCRAM-SHA-256 secret",
                      name, number, *user));
    }
    if (!users.secrets_.emplace(*user, *secret).second) {
      return fail(fmt::format("{}:{}: user \"{}\" is there twice", name, number, *user));
    }
  }
  return users;
}

Result<Users> Users::load(const std::string& path, std::vector<std::string>& warnings) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(file.peek() == std::ifstream::traits_type::eof() || text << file.rdbuf())) {
    return fail(fmt::format("{}: cannot be read", path));
  }
  struct stat status{};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    warnings.push_back(fmt::format("{}: everybody may read these secrets; chmod o-r it", path));
  }
  return parse(text.str(), path);
}

const std::string* Users::secret(std::string_view user) const {
  const auto found = secrets_.find(user);
  return found == secrets_.end() ? nullptr : &found->second;
}

}  // namespace tidemark::gateway
