#include "audit/report/html.h"

#include <fmt/format.h>

#include "base/check.h"

namespace tidemark::audit::html {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : text) {
    switch (character) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += character;
    }
  }
  return result;
}

std::string element(std::string_view name, std::string_view inside) {
  return fmt::format("<{}>{}</{}>", name, inside, name.substr(0, name.find(' ')));
}

std::string section(std::string_view id, std::string_view heading, std::string_view inside) {
  if (inside.empty()) return "";
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}\n</section>\n", id, heading, inside);
}

std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string head;
  std::vector<bool> is_number;
  for (const std::string& heading : headings) {
    is_number.push_back(heading.starts_with('#'));
    head += is_number.back() ? element("th scope=col class=number", heading.substr(1))
                             : element("th scope=col", heading);
  }
  std::string body;
  for (const std::vector<std::string>& row : rows) {
    CHECK(row.size() == headings.size());
    std::string cells;
    for (std::size_t index = 0; index < row.size(); ++index) {
      cells += element(is_number[index] ? "td class=number" : "td", row[index]);
    }
    body += element("tr", cells) + "\n";
  }
  return element("div class=scroll", element("table", element("thead", element("tr", head)) + "\n" +
                                                          element("tbody", body)));
}

std::string list(const std::vector<std::string>& texts) {
  std::string items;
  for (const std::string& text : texts) items += element("li", escaped(text)) + "\n";
  return items.empty() ? "" : element("ul", items);
}

}  // namespace tidemark::audit::html
