# Fuzzers stand beside the code they fuzz: src/FOLDER/X_fuzz.cpp becomes the program X_fuzz, linked
# to its folder's library. They need clang's libFuzzer, hence a preset of their own ("fuzz").
set(TIDEMARK_FUZZ OFF CACHE BOOL "instrument for libFuzzer and build the fuzzers (clang only)")

if(TIDEMARK_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "TIDEMARK_FUZZ needs clang, this is ${CMAKE_CXX_COMPILER_ID}")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address)
  add_link_options(-fsanitize=address)
endif()

# Call after the folders are known.
function(tidemark_fuzzers)
  add_custom_target(fuzzers)
  if(NOT TIDEMARK_FUZZ)
    return()
  endif()
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src src/*/*_fuzz.cpp)
  foreach(file IN LISTS files)
    get_filename_component(folder ${file} DIRECTORY)
    get_filename_component(name ${file} NAME_WE)
    add_executable(${name} src/${file})
    target_link_libraries(${name} PRIVATE tidemark_${folder})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
    add_dependencies(fuzzers ${name})
  endforeach()
endfunction()
