# What the benchmarks need. Microbenchmarks of the pure parts, bench/micro/X_bench.cpp, in one
# program, micro: built on demand only, where Google Benchmark is installed. And delay_relay, which
# stands alone: it puts a distance between gateway and nodes for whoever needs one. On demand only:
# byte_relay, the event loop with nothing behind it, and, where valgrind is installed,
# statement_cost, for tools/instructions.py.
function(tidemark_bench)
  file(GLOB relay CONFIGURE_DEPENDS bench/relay/*.cpp)
  add_executable(delay_relay bench/delay_relay.cpp ${relay})
  target_include_directories(delay_relay PRIVATE bench)
  add_executable(byte_relay EXCLUDE_FROM_ALL bench/byte_relay.cpp)
  target_link_libraries(byte_relay PRIVATE tidemark_net)
  find_path(VALGRIND_HEADERS valgrind/callgrind.h)
  if(VALGRIND_HEADERS)
    add_executable(statement_cost EXCLUDE_FROM_ALL bench/cost/statement_cost.cpp)
    target_include_directories(statement_cost PRIVATE bench ${VALGRIND_HEADERS})
    target_link_libraries(statement_cost PRIVATE tidemark_gateway)
  endif()
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS bench/micro/*_bench.cpp)
  add_executable(micro EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(micro PRIVATE tidemark_gateway benchmark::benchmark_main)
endfunction()
