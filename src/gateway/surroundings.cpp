// What a client's machine is told of the gateway around it.
#include <algorithm>
#include <utility>

#include "gateway/worker.h"
#include "routing/explain.h"

namespace tidemark::gateway {

session::Surroundings Worker::surroundings() {
  const ConsistencyConfig& config = live_->config.consistency;
  session::Surroundings around;
  around.default_level = config.level;
  around.describe_route = [this](const session::Route& route) {
    std::string text = routing::describe(route.decision, route.promise, *view_);
    if (route.decision.reason == routing::Reason::k_primary_needed &&
        route.why_primary != nullptr) {
      text.insert(text.size() - 1, ": " + std::string(route.why_primary));
    }
    return text;
  };
  around.find_reader = [this](const session::ReaderContext& context) {
    return reader_for(context);
  };
  around.token_key = config.token_key.empty() ? hub_.token_key : config.token_key;
  around.reports_writes = hub_.table_writes != nullptr;
  around.system_identifier = [this] { return view_->system_identifier(); };
  return around;
}

std::shared_ptr<session::Reader> Worker::reader_for(const session::ReaderContext& context) {
  const consistency::Scope scope =
      live_->policy.scope({context.user, context.database, context.application_name});
  const auto known = std::ranges::find(scopes_, scope);
  const auto scope_index = static_cast<std::size_t>(known - scopes_.begin());
  if (known == scopes_.end()) scopes_.push_back(scope);

  const std::string database(context.database);
  ReaderKey key{database, std::nullopt, "", scope_index};
  if (context.search_path.has_value()) {
    std::get<1>(key) = std::string(*context.search_path);
    std::get<2>(key) = std::string(context.role);
  }
  auto& reader = readers_[key];
  if (reader != nullptr) return reader;
  std::erase_if(readers_, [](const auto& entry) { return entry.second.use_count() == 1; });
  const auto path = context.search_path.has_value()
                        ? sql::SearchPath::parse(*context.search_path, context.role)
                        : sql::SearchPath();
  auto made = std::make_shared<session::Reader>(next_id_++, path, scope);
  auto catalogue = hub_.catalogues->latest(database);
  if (catalogue != nullptr) made->set_catalogue(std::move(catalogue));
  made->set_doubtful(hub_.catalogues->in_doubt(database));
  readers_[key] = made;
  return made;
}

}  // namespace tidemark::gateway
