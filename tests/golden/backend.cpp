#include "golden/backend.h"

#include <regex>
#include <stdexcept>

#include "session/settings.h"
#include "session/testing_frames.h"

namespace tidemark::golden {

using session::testing::complete;
using session::testing::data_row;
using session::testing::made;
using session::testing::parameter;
using session::testing::ready;
using session::testing::row_description;

Backend::Backend(consistency::NodeIndex node, consistency::Incarnation incarnation,
                 const session::ServerKey& key, const std::string& search_path)
    : incarnation_(incarnation), machine_(node, key, "", "nonce", out_) {
  machine_.start();
  out_.clear();
  settings_["search_path"] = search_path;
  std::string greeting = made(wire::append_authentication_ok);
  for (const auto& [name, value] : key.parameters) greeting += parameter(name, value);
  greeting += made([](std::string& out) { wire::append_backend_key_data(out, 7, "key!"); });
  greeting += ready();
  greeting += data_row({std::string_view(search_path)}) + ready();
  std::string nowhere;
  if (machine_.next(greeting, false, nowhere).kind != session::ServerEvent::Kind::k_started) {
    throw std::runtime_error("the greeting is not understood");
  }
  out_.clear();
}

std::string Backend::answer() {
  std::string said;
  const std::string asked(out_.view());
  out_.clear();
  std::string_view rest = asked;
  while (!rest.empty()) {
    const wire::Header header = **wire::peek(rest);
    const auto query = wire::decode_query(wire::payload(rest, header));
    heard.emplace_back(query->sql);
    said += run(heard.back());
    said += ready(status_);
    rest.remove_prefix(header.total());
  }
  return said;
}

std::string Backend::run(std::string_view sql) {
  static const std::regex k_set(R"(SET (\w+) (?:TO|=) (.*))", std::regex::icase);
  static const std::regex k_set_config(R"(SELECT pg_catalog\.set_config\('(\w+)','([^']*)',.*)");
  static const std::regex k_capture(R"(SELECT pg_catalog\.current_setting\('(\w+)',true\))");
  const std::string text(sql);
  std::smatch found;
  if (sql == session::k_sql_to_probe) {
    return row_description({"a", "b", "c", "d", "e"}) + data_row({"f", "f", "f", "f", "0"}) +
           complete("SELECT 1");
  }
  if (std::regex_match(text, found, k_capture)) {
    return row_description({"a"}) + data_row({settings_[found[1]]}) + complete("SELECT 1");
  }
  if (std::regex_match(text, found, k_set) || std::regex_match(text, found, k_set_config)) {
    settings_[found[1]] = found[2];
    return complete("SET");
  }
  const std::string word = text.substr(0, text.find(' '));
  if (word == "BEGIN") status_ = 'T';
  if (word == "COMMIT" || word == "ROLLBACK") status_ = 'I';
  return complete(word == "SELECT" ? "SELECT 0" : word);
}

}  // namespace tidemark::golden
