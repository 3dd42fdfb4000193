#include "golden/world.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "golden/database.h"
#include "session/testing_frames.h"

namespace tidemark::golden {

std::vector<std::string> World::run(const Command& command) {
  answers_.clear();
  speaking_ = command.who;
  commanded_ = command.at.value_or(now_);
  if (command.at) pass_time(*command.at);
  if (command.who == "config") {
    configure(command.block);
  } else if (command.who == "database") {
    catalogue_ = parse_database(command.block);
  } else if (command.who == "nodes") {
    nodes_->see(command.text(), now_, *cluster_);
    see_anew();
  } else if (command.who == "history") {
    const auto change = parse_switch(command.text());
    consistency::History history;
    history.add(change);
    cluster_->on_history(change.timeline, history);
    see_anew();
  } else if (command.who == "registry") {
    tell_registry();
  } else if (command.who.ends_with(" logs in")) {
    log_in(command.who.substr(0, command.who.find(' ')), command.text());
  } else if (!command.who.empty()) {
    speak(speaker(command.who), with_tokens(command.text()));
  }
  return answers_;
}

void World::configure(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  const auto report = gateway::parse_config(text, "config");
  for (const std::string& error : report.errors) answers_.push_back("error: " + error);
  for (const std::string& warning : report.warnings) answers_.push_back("warning: " + warning);
  if (!report.ok()) return;
  config_ = report.config;
  policy_ = consistency::Policy(config_.consistency.rules);
  nodes_.emplace(config_.origin.nodes);
  cluster_.emplace(config_.origin.nodes);
  view_ = cluster_->view(now_);
  registry_ = std::make_unique<gateway::SessionRegistry>(config_.consistency.max_sessions);
}

World::Speaker& World::speaker(const std::string& name) {
  if (!speakers_.contains(name)) log_in(name, "");
  return speakers_.at(name);
}

// "role=report application_name=nightly", or any other parameters of a startup packet.
void World::log_in(const std::string& name, std::string_view words) {
  if (!cluster_) throw std::runtime_error("there is no configuration yet");
  if (speakers_.contains(name)) throw std::runtime_error(name + " is there already");
  Speaker& s = speakers_[name];
  s.name = name;
  s.search_path = R"("$user", public)";
  std::map<std::string, std::string> parameters = {{"user", "app"}, {"database", "app"}};
  std::istringstream in{std::string(words)};
  for (std::string word; in >> word;) {
    const std::size_t equals = std::min(word.find('='), word.size() - 1);
    const std::string key = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (key == "search_path") {
      s.search_path = value;
    } else {
      parameters[key == "role" ? "user" : key] = value;
    }
  }
  s.client = std::make_unique<session::Client>(
      ++serial_, s.out, std::make_shared<const session::Surroundings>(surroundings()));
  s.unread = session::testing::made([&](std::string& out) {
    wire::append_startup(out, 0, wire::Parameters(parameters.begin(), parameters.end()));
  });
  pump(s);
  tell_messages(s);
}

void World::speak(Speaker& s, const std::string& sql) {
  if (s.wakes_at || s.token_since) throw std::runtime_error(s.name + " still waits");
  s.was_routed = false;
  s.said = sql;
  s.unread += session::testing::query(sql);
  pump(s);
  tell_messages(s);
}

// Whoever waits until some instant in between decides then.
void World::pass_time(Instant to) {
  if (to < now_) throw std::runtime_error("time goes back");
  while (true) {
    Speaker* next = nullptr;
    for (auto& [name, s] : speakers_) {
      const bool sooner = s.wakes_at && (next == nullptr || *s.wakes_at < *next->wakes_at);
      if (sooner && *s.wakes_at <= to) next = &s;
    }
    if (next == nullptr) break;
    now_ = std::max(now_, *next->wakes_at);
    view_ = cluster_->view(now_);
    wake(*next);
  }
  now_ = to;
  if (cluster_) view_ = cluster_->view(now_);
}

// The monitor has published a view.
void World::see_anew() {
  view_ = cluster_->view(now_);
  const auto before = registry_->stats().forgotten;
  registry_->sweep(*view_, 1'000'000);
  for (auto& [name, s] : speakers_) {
    if (s.wakes_at) wake(s);
  }
  const auto stats = registry_->stats();
  if (stats.forgotten == before) return;
  answers_.push_back("forgets " + std::to_string(stats.forgotten - before) +
                     " with nothing left to say: the horizon is " +
                     consistency::format_lsn(stats.horizon.lsn));
}

void World::wake(Speaker& s) {
  s.wakes_at.reset();
  if (s.token_since) {
    make_token(s);
  } else {
    route(s);
  }
  pump(s);
  tell_messages(s);
}

// $alice is the token that alice was shown last.
std::string World::with_tokens(std::string sql) const {
  for (const auto& [name, token] : tokens_) {
    const std::size_t at = sql.find("$" + name);
    if (at != std::string::npos) sql.replace(at, name.size() + 1, token);
  }
  return sql;
}

}  // namespace tidemark::golden
