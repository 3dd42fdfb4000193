// The comments around a text, and the settings that they carry.
#pragma once

#include <string_view>
#include <vector>

#include "sql/statement.h"

namespace tidemark::sql {

// The "tidemark.…" pairs of the comments before the first and after the last token (semicolons do
// not count as tokens). Both kinds of comments, any number of them, nested or not. A pair is
// name=value or name='value', as sqlcommenter writes them: URL-encoded, with \' for a quote.
std::vector<Hint> hints_of(std::string_view text);

// False: there are none, wherever the text has its comments.
bool may_have_hints(std::string_view text);

}  // namespace tidemark::sql
