# What the report of `tidemark audit` is built from besides its code.
function(tidemark_report)
  if(TARGET audit_test)
    target_compile_definitions(audit_test PRIVATE
      TIDEMARK_AUDIT_GOLDEN_FOLDER="${CMAKE_SOURCE_DIR}/audit/report/golden")
  endif()
endfunction()
