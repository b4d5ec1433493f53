# What the two builds of a fuzz entry share: libFuzzer's (clang) and the replay of its corpus (any compiler).

# The entries: <codec>_fuzz.cpp, each with corpus/<codec>/.
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)

# Links `target` to the layers that `source` includes: an entry waits for no layer that it does not test. What it has of
# tests/support are headers only.
function(ga_link_included_layers target source)
  file(STRINGS ${source} includes REGEX "^#include \"[a-z]+/")
  foreach(line IN LISTS includes)
    string(REGEX REPLACE "^#include \"([a-z]+)/.*" "\\1" layer "${line}")
    list(APPEND layers ga_${layer})
  endforeach()
  list(REMOVE_DUPLICATES layers)
  list(REMOVE_ITEM layers ga_support)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE ${layers})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endfunction()
