# Golden scenarios: tests/golden/*.txt, run against all that decides in the gateway. They are tests
# of several folders at once, so they stand in none of them.
function(tidemark_golden)
  if(NOT BUILD_TESTING OR TIDEMARK_SANITIZE STREQUAL thread)  # it has one thread
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS tests/golden/*.cpp)
  add_executable(golden_test ${sources})
  target_include_directories(golden_test PRIVATE tests)
  target_compile_definitions(golden_test PRIVATE
    TIDEMARK_GOLDEN_FOLDER="${CMAKE_SOURCE_DIR}/tests/golden")
  target_link_libraries(golden_test PRIVATE tidemark_gateway GTest::gtest_main)
  add_test(NAME unit.golden COMMAND golden_test)
  add_dependencies(unit_tests golden_test)
endfunction()
