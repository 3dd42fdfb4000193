// Any bytes are a statement. What must hold of every answer, whatever the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sql/built_ins.h"
#include "sql/classify.h"
#include "sql/example_catalogue.h"
#include "sql/explain.h"

namespace {

// As far as the names of its functions and views tell; or it locks rows of nothing.
bool writes_no_table(const tidemark::sql::Statement& statement) {
  if (std::string_view(statement.why_primary).starts_with("locks ")) return true;
  const auto is_view_of_sequence = [](const tidemark::sql::Relation& relation) {
    return relation.name == "view_of_nextval";
  };
  return std::ranges::any_of(statement.reads, is_view_of_sequence) ||
         std::ranges::any_of(statement.functions, [](const tidemark::sql::FunctionName& function) {
           return tidemark::sql::writes_no_table(function.name);
         });
}

void check_invariants(const tidemark::sql::Statement& statement) {
  using tidemark::sql::Kind;
  CHECK(statement.needs_primary == (statement.why_primary != nullptr));
  CHECK(statement.needs_primary || !statement.may_write);
  CHECK(statement.needs_primary || !statement.opaque);
  CHECK(statement.needs_primary || statement.pin == tidemark::sql::Pin::k_none);
  CHECK(statement.needs_primary || statement.writes.empty());
  CHECK(std::ranges::is_sorted(statement.touched_reads));
  CHECK(std::ranges::is_sorted(statement.touched_writes));
  // A write of which nobody would hear.
  CHECK(!statement.may_write || statement.writes_unknown || !statement.touched_writes.empty() ||
        writes_no_table(statement));
  CHECK((statement.kind == Kind::k_prepare) == (statement.inner != nullptr));
  CHECK(statement.kind != Kind::k_unparsed || (statement.may_write && statement.opaque));
  CHECK(!describe(statement).empty());
  if (statement.inner != nullptr) check_invariants(*statement.inner);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto known = tidemark::sql::example_catalogue();
  static const tidemark::sql::Catalogue unknown;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto statement = tidemark::sql::classify(text, *known);
  check_invariants(*statement);
  const auto in_doubt = tidemark::sql::classify(text, unknown);
  check_invariants(*in_doubt);
  // Knowing less never makes a text look more harmless.
  CHECK(in_doubt->needs_primary || !statement->needs_primary);
  CHECK(in_doubt->reads_unknown || (!statement->reads_unknown && statement->touched_reads.empty()));
  CHECK(in_doubt->writes_unknown ||
        (!statement->writes_unknown && statement->touched_writes.empty()));
  return 0;
}
