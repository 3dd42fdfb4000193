// A database's catalogue as the configured cluster has it now, for one question.
#pragma once

#include <memory>
#include <string>

#include "gateway/config.h"
#include "sql/catalogue.h"

namespace tidemark::cli {

struct LiveCatalogue {
  std::shared_ptr<const sql::Catalogue> catalogue;  // never null; empty if it could not be had
  std::string server;                               // the node that was asked
  std::string problem;                              // why it could not be had; empty if it was
};

// Blocks, for a few seconds at the most.
LiveCatalogue load_catalogue(const gateway::Config& config, const std::string& database);

// In which schemas the server looks up names for this role in this database, as the setting's
// text; empty when it does not say.
std::string search_path_of(const gateway::Config& config, const std::string& server,
                           const std::string& database, const std::string& role);

}  // namespace tidemark::cli
