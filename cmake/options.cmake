# Compiler settings that hold for every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(TIDEMARK_THREADED net gateway)  # the folders whose tests start threads
set(TIDEMARK_SANITIZE "" CACHE STRING "sanitizers to build with: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror
                    $<$<CXX_COMPILER_ID:Clang>:-Wno-string-conversion>)  # CHECK(!"why")
if(TIDEMARK_SANITIZE)
  # Instrumented code makes g++ 12 warn of members that no path leaves uninitialized.
  add_compile_options(-fsanitize=${TIDEMARK_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${TIDEMARK_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # What it must be told before it caches what uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
