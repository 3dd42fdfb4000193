// Judges one statement as a whole: which kind it is, what it sets, and with the Walker what its
// parts touch and do. Statement types are listed one by one; one that is not listed is a write.
#pragma once

#include "sql/catalogue.h"
#include "sql/parse_tree.h"
#include "sql/search_path.h"
#include "sql/statement.h"
#include "sql/uses.h"

namespace tidemark::sql {

// `node` is a statement's node. The answer's lists are sorted and free of repetitions; its hints
// are left to the caller.
Statement judge_statement(const Node& node, const Catalogue& catalogue, const SearchPath& path);

// What it touches itself, and nothing else of it: for the statements that functions consist of.
Uses uses_of_statement(const Node& node, const Catalogue& catalogue, const SearchPath& path);

}  // namespace tidemark::sql
