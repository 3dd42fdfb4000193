# Microbenchmarks of the pure parts, bench/micro/X_bench.cpp, in one program, micro. Built on demand
# only, where Google Benchmark is installed.
function(tidemark_micro)
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS bench/micro/*_bench.cpp)
  add_executable(micro EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(micro PRIVATE tidemark_gateway benchmark::benchmark_main)
endfunction()
