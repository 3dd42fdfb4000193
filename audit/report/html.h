// What a page of HTML is made of. Text goes through escaped(); attributes and tags are our own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::audit::html {

// With &, <, > and quotes as entities.
std::string escaped(std::string_view text);

// <name attributes>inside</name>; `name` may carry attributes: "td class=number".
std::string element(std::string_view name, std::string_view inside);

// A section with a heading of its own and an id to link to; nothing if `inside` is empty.
std::string section(std::string_view id, std::string_view heading, std::string_view inside);

// A table: a heading "#number" is one of a column of numbers. REQUIRES: a cell for each heading;
// headings and cells are HTML.
std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows);

// <ul> of texts, which are escaped; nothing of none.
std::string list(const std::vector<std::string>& texts);

}  // namespace tidemark::audit::html
