# One static library a line of lib/LAYERS, linked to the layers that the line names.
file(STRINGS ${CMAKE_SOURCE_DIR}/lib/LAYERS layer_lines REGEX "^[a-z]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lib/LAYERS)

foreach(line IN LISTS layer_lines)
  string(REGEX MATCH "^([a-z]+)(\\*?):(.*)$" _ "${line}")
  set(layer ${CMAKE_MATCH_1})
  separate_arguments(needs UNIX_COMMAND "${CMAKE_MATCH_3}")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lib/${layer}/*.cpp)
  if(sources)
    add_library(ga_${layer} STATIC ${sources})
    set(kind PUBLIC)
  else()
    add_library(ga_${layer} INTERFACE)
    set(kind INTERFACE)
  endif()
  target_link_libraries(ga_${layer} ${kind} ga_options)
  foreach(need IN LISTS needs)
    target_link_libraries(ga_${layer} ${kind} ga_${need})
  endforeach()
endforeach()

# Parsing the standard headers is half of a build. The builds of `make tidy` and `make fuzz` do without, and without
# groups of sources, so that a missing include is found. Who takes them must be compiled with the same options: there are
# two sorts, the code that packets and simulated rings pass through, and all other (an idle node's memory is mostly the
# text of that).
separate_arguments(ga_cold_flags UNIX_COMMAND "${GA_COLD_FLAGS}")
set(ga_common_headers <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <set> <span>
  <string> <string_view> <tuple> <utility> <variant> <vector>)
function(ga_take_headers target owner)
  if(GA_PRECOMPILE AND target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${ga_common_headers})
  elseif(GA_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()
function(ga_compile_cold target)
  target_compile_options(${target} PRIVATE ${ga_cold_flags})
  ga_take_headers(${target} ga_cli)
endfunction()

foreach(line IN LISTS layer_lines)
  string(REGEX MATCH "^[a-z]+" layer "${line}")
  get_target_property(kind ga_${layer} TYPE)
  if(NOT kind STREQUAL "STATIC_LIBRARY")
    continue()
  elseif(layer MATCHES "^(cli|authority|control|daemon|desk|condor|firewall|fleet|follow|groups|health|layerfs|layers|layerstore|leasing|leasebook|medium|pings|pool|settings|updates|validation)$" OR
         (layer STREQUAL "dht" AND CMAKE_BUILD_TYPE STREQUAL "Release"))
    # No packet waits for the DHT either, but the simulated rings of the tests compute in it.
    ga_compile_cold(ga_${layer})
  else()
    ga_take_headers(ga_${layer} ga_base)
  endif()
endforeach()

# Declares functions that OpenSSL's headers have as macros.
set_source_files_properties(${CMAKE_SOURCE_DIR}/lib/crypto/aead_ipsec_mb.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
# The kernel's header of ICMP brings structures that the library's headers of interfaces have too.
set_source_files_properties(${CMAKE_SOURCE_DIR}/lib/io/ping_socket_linux.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
# A program that uses one file of a group takes the whole group, and with it the libraries that the group calls: pages
# of memory that a node has no use for. So these stand alone; the choice of a cipher does, since bench/ has one of its own.
foreach(source cli/qr_code crypto/aead_choice io/https_client io/https_server io/nftables_linux
        io/tap_device_linux io/tar_writer io/uring_linux leasing/soap leasing/wsdl)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/lib/${source}.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()

# Third parties stay in the layer that wraps them (tests/lint/third_party.txt holds the sources to it).
find_package(OpenSSL 3.0 REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_library(MNL_LIBRARY mnl REQUIRED)
find_library(URING_LIBRARY uring REQUIRED)
find_library(NFTABLES_LIBRARY nftables REQUIRED)
find_library(MICROHTTPD_LIBRARY microhttpd REQUIRED)
find_library(GNUTLS_LIBRARY gnutls REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_library(PUGIXML_LIBRARY pugixml REQUIRED)
find_library(SQLITE_LIBRARY sqlite3 REQUIRED)
find_library(ARCHIVE_LIBRARY archive REQUIRED)
find_library(QRENCODE_LIBRARY qrencode REQUIRED)
function(ga_wraps layer)
  get_target_property(type ga_${layer} TYPE)
  if(type STREQUAL STATIC_LIBRARY)
    target_link_libraries(ga_${layer} PRIVATE ${ARGN})
  endif()
endfunction()
ga_wraps(crypto OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB)
ga_wraps(leasing ${PUGIXML_LIBRARY})
ga_wraps(leasebook ${SQLITE_LIBRARY})
ga_wraps(layerfs ${ARCHIVE_LIBRARY})
# A program loads only what it calls: most speak no HTTP, set no firewall and draw no codes.
target_link_options(ga_options INTERFACE -Wl,--as-needed)
ga_wraps(cli ${QRENCODE_LIBRARY})
ga_wraps(io Threads::Threads ${ARCHIVE_LIBRARY} ${MNL_LIBRARY} ${URING_LIBRARY} ${NFTABLES_LIBRARY} ${MICROHTTPD_LIBRARY} ${GNUTLS_LIBRARY} CURL::libcurl)

# x86-64 only; OpenSSL does the same work elsewhere.
find_library(IPSEC_MB_LIBRARY IPSec_MB)
find_path(IPSEC_MB_INCLUDE_DIR intel-ipsec-mb.h)
get_target_property(crypto_type ga_crypto TYPE)
if(IPSEC_MB_LIBRARY AND IPSEC_MB_INCLUDE_DIR AND crypto_type STREQUAL STATIC_LIBRARY)
  target_link_libraries(ga_crypto PRIVATE ${IPSEC_MB_LIBRARY})
  target_compile_definitions(ga_crypto PRIVATE GA_HAVE_IPSEC_MB)
endif()
