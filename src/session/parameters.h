// The parameters that a server reports (ParameterStatus), as an immutable value that client and
// server connections share while they agree.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tidemark::session {

using ParameterMap = std::map<std::string, std::string, std::less<>>;
// Null stands for none.
using ParametersPtr = std::shared_ptr<const ParameterMap>;

// Whether clients are told. They see one server, which is writable, whichever node serves them.
inline bool is_told_to_clients(std::string_view name) { return name != "in_hot_standby"; }

inline ParametersPtr with_parameter(const ParametersPtr& parameters, std::string_view name,
                                    std::string_view value) {
  auto changed = parameters == nullptr ? std::make_shared<ParameterMap>()
                                       : std::make_shared<ParameterMap>(*parameters);
  changed->insert_or_assign(std::string(name), std::string(value));
  return changed;
}

inline std::string_view parameter_or_empty(const ParametersPtr& parameters, std::string_view name) {
  if (parameters == nullptr) return {};
  const auto found = parameters->find(name);
  return found == parameters->end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace tidemark::session
