# What the benchmarks need. Microbenchmarks of the pure parts, bench/micro/X_bench.cpp, in one
# program, micro: built on demand only, where Google Benchmark is installed. And delay_relay, which
# stands alone: it puts a distance between gateway and nodes for whoever needs one.
function(tidemark_bench)
  file(GLOB relay CONFIGURE_DEPENDS bench/relay/*.cpp)
  add_executable(delay_relay bench/delay_relay.cpp ${relay})
  target_include_directories(delay_relay PRIVATE bench)
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS bench/micro/*_bench.cpp)
  add_executable(micro EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(micro PRIVATE tidemark_gateway benchmark::benchmark_main)
endfunction()
