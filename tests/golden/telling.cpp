// What the world says of what happens in it.
#include <utility>

#include "base/duration.h"
#include "golden/world.h"
#include "session/testing_frames.h"
#include "session/token.h"

namespace tidemark::golden {

using routing::Decision;
using routing::Reason;

void World::tell_registry() {
  const auto stats = registry_->stats();
  answers_.push_back("remembers " + std::to_string(stats.sessions) + "; the horizon is " +
                     consistency::format_lsn(stats.horizon.lsn) + " of timeline " +
                     std::to_string(stats.horizon.timeline));
}

void World::tell(const Speaker& s, const std::string& what) {
  const std::string when =
      commanded_ == now_ ? "" : "at " + format_duration(now_.time_since_epoch()) + " ";
  const bool is_plain = when.empty() && s.name == speaking_;
  answers_.push_back(is_plain ? what : when + s.name + ": " + what);
}

// What the client was told, but for what every answer has.
void World::tell_messages(Speaker& s) {
  namespace tag = wire::server_tag;
  const std::string bytes(s.out.view());
  s.out.clear();
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const wire::Header header = **wire::peek(rest);
    const std::string_view payload = wire::payload(rest, header);
    rest.remove_prefix(header.total());
    if (header.tag == tag::k_data_row) {
      const std::string value((*wire::decode_data_row(payload))[0].value_or(""));
      const std::string words = in_words(value);
      if (!words.empty()) tokens_[s.name] = value;
      tell(s, words.empty() ? value : words);
    } else if (header.tag == tag::k_parameter_status) {
      const auto status = *wire::decode_parameter_status(payload);
      if (status.name == "tidemark.token") {
        tokens_[s.name] = status.value;
        tell(s, "reports " + in_words(status.value));
      }
    } else if (header.tag == tag::k_error_response || header.tag == tag::k_notice_response) {
      const auto fields = *wire::decode_error(payload);
      const auto add = [&](const char* what, std::string_view text) {
        const bool is_known = *what != '\0' && !advice_.emplace(text).second;
        if (!text.empty() && !is_known) tell(s, what + std::string(text));
      };
      add("", std::string(fields.severity()) + " " + std::string(fields.sqlstate()) + ": " +
                  std::string(fields.message()));
      add("detail: ", fields.detail());
      add("hint: ", fields.hint());
    }
  }
}

// Empty: it is no token.
std::string World::in_words(std::string_view text) const {
  const auto token = session::decode(text, config_.consistency.token_key);
  if (!token.has_value()) return {};
  if (token->timeline == 0) return "a token that requires nothing";
  return "a token: writes " + consistency::format_lsn(token->writes) + ", reads " +
         consistency::format_lsn(token->reads) + ", timeline " + std::to_string(token->timeline) +
         (token->shown ? ", shown by the primary" : ", not yet shown by the primary");
}

// As SHOW tidemark.route has it, for people.
void World::tell_route(const Speaker& s) {
  const Decision& decision = s.decision;
  const session::Route& route = *s.client->last_route();
  std::string text = nodes_->name(decision.node);
  text += route.on_primary ? " (primary)" : " (standby)";
  if (s.client->why_primary() == nullptr || !route.promise.empty()) {
    text += " at " + consistency::to_string(route.promise);
  }
  if (decision.floor != consistency::Lsn{}) {
    text += ", floor " + consistency::format_lsn(decision.floor);
  }
  text += ": " + std::string(to_string(decision.reason));
  if (decision.reason == Reason::k_primary_needed && route.why_primary != nullptr) {
    text += ", " + std::string(route.why_primary);
  }
  const auto& key = s.client->login().key();
  std::string application;
  for (const auto& [name, value] : key.parameters) {
    if (name == "application_name") application = value;
  }
  if (route.rules != 0) {
    const auto scope = policy_.scope({key.user, key.database, application});
    text += "; by " + scope.labels(route.rules);
  }
  if (s.choice) text += "; choice " + std::to_string(*s.choice + 1);
  tell(s, text);
}

void World::tell_wait(Speaker& s) {
  const Decision& decision = s.decision;
  std::string text(to_string(decision.reason));
  if (decision.floor != consistency::Lsn{}) {
    text += " (" + consistency::format_lsn(decision.floor) + ")";
  }
  // Again only for something new, not for the next sample.
  const bool is_news = std::exchange(s.told, text) != text;
  if (decision.wanted != 0) text += "; asks for a sample of " + nodes_->names(decision.wanted);
  if (decision.nudge) text += decision.wanted != 0 ? ", and a nudge" : "; asks for a nudge";
  if (is_news) tell(s, text);
}

}  // namespace tidemark::golden
