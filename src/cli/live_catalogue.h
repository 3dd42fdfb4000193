// A database's catalogue as the configured cluster has it now, for one question.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/config.h"
#include "sql/catalogue.h"
#include "sql/statement.h"

namespace tidemark::cli {

struct LiveCatalogue {
  std::shared_ptr<const sql::Catalogue> catalogue;  // never null; empty if it could not be had
  std::string server;                               // the node that was asked
  std::string problem;                              // why it could not be had; empty if it was
};

// Blocks, for a few seconds at the most.
LiveCatalogue load_catalogue(const gateway::Config& config, const std::string& database);

// Puts the schema to each unqualified name that the server finds on its search_path. Best effort:
// what cannot be found stays as it is.
void qualify(const gateway::Config& config, const std::string& server, const std::string& database,
             std::vector<sql::Relation>& relations);

}  // namespace tidemark::cli
