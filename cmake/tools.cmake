# One executable, man page and completion a folder of tools/.
# tools/<tool>/LAYERS names the layers that the tool links.
configure_file(${CMAKE_SOURCE_DIR}/cmake/version_number.hpp.in
  ${CMAKE_BINARY_DIR}/generated/version_number.hpp)

file(GLOB tool_mains CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/*/main.cpp)
foreach(main IN LISTS tool_mains)
  cmake_path(GET main PARENT_PATH folder)
  cmake_path(GET folder FILENAME tool)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  file(STRINGS ${folder}/LAYERS needs)
  separate_arguments(needs UNIX_COMMAND "${needs}")
  add_executable(${tool} ${sources})
  target_include_directories(${tool} PRIVATE ${CMAKE_SOURCE_DIR}/tools)
  target_compile_options(${tool} PRIVATE $<$<CONFIG:Release>:-Os>)
  foreach(need IN LISTS needs)
    target_link_libraries(${tool} PRIVATE ga_${need})
  endforeach()
  if(GA_PRECOMPILE)
    target_precompile_headers(${tool} REUSE_FROM ga_base)
  endif()
  if(GA_SANITIZE)
    # The option tables are CLI11 and little else: optimized and instrumented, one takes as long as a layer.
    set_source_files_properties(${folder}/options.cpp PROPERTIES
      COMPILE_OPTIONS "-O0;-fno-sanitize=all" SKIP_PRECOMPILE_HEADERS ON)
  endif()
  # The section of the man page says for whom the program is.
  if(EXISTS ${CMAKE_SOURCE_DIR}/man/${tool}.1)
    install(TARGETS ${tool} DESTINATION ${CMAKE_INSTALL_BINDIR})
  else()
    install(TARGETS ${tool} DESTINATION ${CMAKE_INSTALL_SBINDIR})
  endif()
  file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/${tool}.[18] ${CMAKE_SOURCE_DIR}/man/${tool}.*.5)
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
