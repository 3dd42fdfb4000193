# cmake -D OUTPUT=file.cpp -D "FILES=name=path;..." -P cmake/embed.cmake
# Writes C++ in which tidemark::audit::page::name() is the text of the file at path
# (audit/report/page/assets.h declares them).
set(code "// Written by cmake/embed.cmake.\n#include \"audit/report/page/assets.h\"\n\n")
string(APPEND code "namespace tidemark::audit::page {\n")
foreach(entry IN LISTS FILES)
  string(REGEX MATCH "^([a-z_]+)=(.*)$" _ "${entry}")
  file(READ "${CMAKE_MATCH_2}" text)
  string(APPEND code "\nstd::string_view ${CMAKE_MATCH_1}() {\n  return R\"~~~(${text})~~~\";\n}\n")
endforeach()
string(APPEND code "\n}  // namespace tidemark::audit::page\n")
file(WRITE "${OUTPUT}" "${code}")
