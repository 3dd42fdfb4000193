// From a text to what it does, by PostgreSQL's own parser (libpg_query) and a Catalogue.
#pragma once

#include <memory>
#include <string_view>

#include "sql/catalogue.h"
#include "sql/search_path.h"
#include "sql/shape.h"
#include "sql/statement.h"

namespace tidemark::sql {

// Total: whatever the bytes are, there is an answer, and where they are not understood (a syntax
// error, newer syntax than the parser knows, a NUL, too deep a nest) it is Kind::k_unparsed, of
// which everything is to be expected. Costs the parsing, 10 to 50 microseconds for ordinary texts;
// texts that repeat belong in a StatementCache. Any thread; keeps a parser per thread.
// The path tells which relations and functions unqualified names mean, as far as what is touched is
// concerned; where a statement may run is judged by the worst that the name may mean anywhere.
std::shared_ptr<const Statement> classify(std::string_view text, const Catalogue& catalogue,
                                          const SearchPath& path = {});

// The same of a text that `scanner` has scanned; and whether it is so for all texts of its shape.
struct Judged {
  std::shared_ptr<const Statement> statement;
  bool by_shape = false;
};
Judged classify(std::string_view text, const ShapeScanner& scanner, const Catalogue& catalogue,
                const SearchPath& path = {});

}  // namespace tidemark::sql
