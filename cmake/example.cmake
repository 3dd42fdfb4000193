# tidemark_example(NAME): the program examples/NAME/*.cpp, built into examples/NAME of the build
# folder together with the files that `tidemark demo NAME` reads: its schema and its configuration.
function(tidemark_example name)
  if(NOT TARGET example_kit)
    file(GLOB kit CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/kit/*.cpp)
    add_library(example_kit STATIC ${kit})
    target_include_directories(example_kit PUBLIC ${CMAKE_SOURCE_DIR})
    # libpqxx's own headers do not survive our warnings.
    target_link_libraries(example_kit PUBLIC PkgConfig::libpqxx fmt::fmt CLI11::CLI11
                                             Threads::Threads)
    target_compile_options(example_kit PUBLIC -Wno-deprecated-declarations)
  endif()
  set(folder ${CMAKE_BINARY_DIR}/examples/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/${name}/*.cpp)
  add_executable(example_${name} ${sources})
  target_link_libraries(example_${name} PRIVATE example_kit)
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
                                                   RUNTIME_OUTPUT_DIRECTORY ${folder})
  file(GLOB files RELATIVE ${CMAKE_SOURCE_DIR}/examples/${name} CONFIGURE_DEPENDS
       ${CMAKE_SOURCE_DIR}/examples/${name}/*.sql ${CMAKE_SOURCE_DIR}/examples/${name}/*.toml)
  foreach(file ${files})
    configure_file(${CMAKE_SOURCE_DIR}/examples/${name}/${file} ${folder}/${file} COPYONLY)
  endforeach()
endfunction()
