# What the report of `tidemark audit` is built from besides its C++: the style and script of its
# page, and the library that draws the plots, which comes from npm and goes into the program.
set(TIDEMARK_PAGE ${CMAKE_SOURCE_DIR}/audit/report/page)
set(TIDEMARK_PAGE_MODULES ${CMAKE_SOURCE_DIR}/build/page)

# Brings what page/package-lock.json names into build/page, unless it is there.
function(tidemark_page_modules)
  set(stamp ${TIDEMARK_PAGE_MODULES}/.installed)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
               ${TIDEMARK_PAGE}/package-lock.json)
  if(EXISTS ${stamp} AND NOT ${TIDEMARK_PAGE}/package-lock.json IS_NEWER_THAN ${stamp})
    return()
  endif()
  find_program(NPM npm)
  if(NOT NPM)
    message(FATAL_ERROR "npm is missing: it brings uPlot, which draws the plots of "
                        "`tidemark audit --html`. `make setup` installs it.")
  endif()
  file(MAKE_DIRECTORY ${TIDEMARK_PAGE_MODULES})
  file(COPY ${TIDEMARK_PAGE}/package.json ${TIDEMARK_PAGE}/package-lock.json
       DESTINATION ${TIDEMARK_PAGE_MODULES})
  execute_process(COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error
                  WORKING_DIRECTORY ${TIDEMARK_PAGE_MODULES}
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "`npm ci` in ${TIDEMARK_PAGE_MODULES} could not bring uPlot, which draws "
                        "the plots of `tidemark audit --html`:\n${output}")
  endif()
  file(TOUCH ${stamp})
endfunction()

# Call after the folders are known.
function(tidemark_report)
  tidemark_page_modules()
  set(plots ${TIDEMARK_PAGE_MODULES}/node_modules/uplot)
  set(files "style=${TIDEMARK_PAGE}/page.css" "script=${TIDEMARK_PAGE}/page.js"
            "plot_style=${plots}/dist/uPlot.min.css"
            "plot_library=${plots}/dist/uPlot.iife.min.js" "plot_licence=${plots}/LICENSE")
  string(REGEX REPLACE "[a-z_]+=" "" paths "${files}")
  set(output ${CMAKE_BINARY_DIR}/generated/page_assets.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D "FILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed.cmake ${paths}
    COMMENT "Embedding the page of tidemark audit" VERBATIM)
  target_sources(tidemark_audit PRIVATE ${output})
  if(TARGET audit_test)
    target_compile_definitions(audit_test PRIVATE
      TIDEMARK_AUDIT_GOLDEN_FOLDER="${CMAKE_SOURCE_DIR}/audit/report/golden")
  endif()
endfunction()
