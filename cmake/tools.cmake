# One executable, man page and completion a folder of tools/.
# tools/<tool>/LAYERS names the layers that the tool links.
configure_file(${CMAKE_SOURCE_DIR}/cmake/version_number.hpp.in
  ${CMAKE_BINARY_DIR}/generated/version_number.hpp)

# The option tables are CLI11 and little else: optimized and instrumented, one takes as long as a layer.
if(GA_PRECOMPILE)
  add_library(option_table INTERFACE)
  target_link_libraries(option_table INTERFACE ga_options)
  target_compile_options(option_table INTERFACE -O0 -fno-sanitize=all)
  target_include_directories(option_table INTERFACE ${CMAKE_SOURCE_DIR}/tools)
  file(WRITE ${CMAKE_BINARY_DIR}/generated/option_headers.cpp "")
  add_library(option_headers OBJECT ${CMAKE_BINARY_DIR}/generated/option_headers.cpp)
  target_link_libraries(option_headers PRIVATE option_table)
  target_precompile_headers(option_headers PRIVATE ${ga_common_headers} <CLI/CLI.hpp>)
endif()

file(GLOB tool_mains CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/*/main.cpp)
foreach(main IN LISTS tool_mains)
  cmake_path(GET main PARENT_PATH folder)
  cmake_path(GET folder FILENAME tool)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  file(STRINGS ${folder}/LAYERS needs)
  separate_arguments(needs UNIX_COMMAND "${needs}")
  if(GA_PRECOMPILE)
    list(REMOVE_ITEM sources ${folder}/options.cpp)
    add_library(options_of_${tool} OBJECT ${folder}/options.cpp)
    target_link_libraries(options_of_${tool} PRIVATE option_table)
    target_precompile_headers(options_of_${tool} REUSE_FROM option_headers)
  endif()
  add_executable(${tool} ${sources})
  target_include_directories(${tool} PRIVATE ${CMAKE_SOURCE_DIR}/tools)
  ga_compile_cold(${tool})
  foreach(need IN LISTS needs)
    target_link_libraries(${tool} PRIVATE ga_${need})
  endforeach()
  if(GA_PRECOMPILE)
    target_link_libraries(${tool} PRIVATE options_of_${tool})
  endif()
  # The section of the man page says for whom the program is; what members of the group ga may call is in their path.
  if(EXISTS ${CMAKE_SOURCE_DIR}/man/${tool}.1 OR tool MATCHES "^ipop-(ctl|dns)$")
    install(TARGETS ${tool} DESTINATION ${CMAKE_INSTALL_BINDIR})
  else()
    install(TARGETS ${tool} DESTINATION ${CMAKE_INSTALL_SBINDIR})
  endif()
  file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/${tool}.[178] ${CMAKE_SOURCE_DIR}/man/${tool}.*.5)
  foreach(page IN LISTS pages)
    cmake_path(GET page EXTENSION LAST_ONLY section)
    string(SUBSTRING ${section} 1 1 section)
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  install(FILES ${CMAKE_SOURCE_DIR}/completions/${tool}.bash RENAME ${tool}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
  install(FILES ${CMAKE_SOURCE_DIR}/completions/_${tool}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
  install(FILES ${CMAKE_SOURCE_DIR}/completions/${tool}.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)
endforeach()

# Units and the cron table name the programs by where they are installed.
install(CODE "set(packaging \"${CMAKE_SOURCE_DIR}/packaging\")
set(bindir \"${CMAKE_INSTALL_BINDIR}\")
set(sbindir \"${CMAKE_INSTALL_SBINDIR}\")")
install(SCRIPT ${CMAKE_SOURCE_DIR}/cmake/install_units.cmake)
