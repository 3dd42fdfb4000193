// The texts that a page is made of besides its words; the build makes functions of the files
// (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace tidemark::audit::page {

std::string_view style();         // page.css
std::string_view script();        // page.js
std::string_view plot_style();    // uPlot, from npm (MIT licence)
std::string_view plot_library();  // likewise: JavaScript that defines uPlot
std::string_view plot_licence();

}  // namespace tidemark::audit::page
