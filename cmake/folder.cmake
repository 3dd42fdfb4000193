# One folder under src/, or at the top, is one static library with its unit tests beside it:
#   tidemark_folder(NAME USES folders... LIBRARIES targets...)
# X_test.cpp files become the test program NAME_test (unit_tests builds them all); X_fuzz.cpp files
# are for cmake/fuzz.cmake; all other .cpp files but main.cpp are the library.
add_custom_target(unit_tests)

function(tidemark_folder name)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES" ${ARGN})
  set(root src)
  if(NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/src/${name})
    set(root .)
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cpp$")
  list(TRANSFORM ARG_USES PREPEND tidemark_ OUTPUT_VARIABLE uses)

  if(sources)
    add_library(tidemark_${name} STATIC ${sources})
    target_include_directories(tidemark_${name} PUBLIC ${root})
    target_link_libraries(tidemark_${name} PUBLIC ${uses} ${ARG_LIBRARIES} Threads::Threads)
  else()
    add_library(tidemark_${name} INTERFACE)
    target_include_directories(tidemark_${name} INTERFACE ${root})
    target_link_libraries(tidemark_${name} INTERFACE ${uses} ${ARG_LIBRARIES})
  endif()

  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE tidemark_${name} GTest::gtest_main)
    # Reading GoogleTest is a good part of compiling a test; once will do. What comes from there is
    # no system header to g++ 12 any more, which then warns of the standard library's own copies.
    target_compile_options(${name}_test PRIVATE
                           "$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-restrict>"
                           "$<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow;-Wno-stringop-overread>")
    if(TARGET base_test AND NOT name STREQUAL base)
      target_precompile_headers(${name}_test REUSE_FROM base_test)
    else()
      target_precompile_headers(${name}_test PRIVATE <gtest/gtest.h>)
    endif()
    add_test(NAME unit.${name} COMMAND ${name}_test)
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()

# tidemark_program(NAME MAIN file USES folders...)
function(tidemark_program name)
  cmake_parse_arguments(ARG "" "MAIN" "USES;LIBRARIES" ${ARGN})
  list(TRANSFORM ARG_USES PREPEND tidemark_ OUTPUT_VARIABLE uses)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_MAIN})
    add_executable(${name} ${ARG_MAIN})
    target_link_libraries(${name} PRIVATE ${uses} ${ARG_LIBRARIES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
endfunction()
