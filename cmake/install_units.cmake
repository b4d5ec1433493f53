# Run by `cmake --install`, which decides the prefix: units, init scripts, logrotate's file and the cron table with the programs' paths.
#
# They go where systemd and cron look. The programs' own settings are in /etc whatever the prefix is, so that is
# where cron's go for the prefixes of a whole machine; another prefix is somebody's own place, and they stay in it.
set(CMAKE_INSTALL_FULL_BINDIR ${CMAKE_INSTALL_PREFIX}/${bindir})
set(CMAKE_INSTALL_FULL_SBINDIR ${CMAKE_INSTALL_PREFIX}/${sbindir})
set(etc ${CMAKE_INSTALL_PREFIX}/etc)
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
  set(etc /etc)
endif()

file(GLOB templates ${packaging}/*.in)
foreach(template IN LISTS templates)
  cmake_path(GET template STEM LAST_ONLY name)
  set(file ${CMAKE_INSTALL_PREFIX}/lib/systemd/system/${name})
  set(permissions OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  if(name MATCHES "(.*)\\.cron$")
    # cron reads no file with a dot in its name.
    set(file ${etc}/cron.d/${CMAKE_MATCH_1})
  elseif(name MATCHES "(.*)\\.logrotate$")
    set(file ${etc}/logrotate.d/${CMAKE_MATCH_1})
  elseif(name MATCHES "(.*)\\.init$")
    set(file ${etc}/init.d/${CMAKE_MATCH_1})
    list(APPEND permissions OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)
  endif()
  message(STATUS "Installing: $ENV{DESTDIR}${file}")
  configure_file(${template} $ENV{DESTDIR}${file} @ONLY FILE_PERMISSIONS ${permissions})
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES ${file})
endforeach()
# Its members may ask nodes; of this machine, not of a tree that is made for another one.
if("$ENV{DESTDIR}" STREQUAL "" AND etc STREQUAL "/etc")
  execute_process(COMMAND getent group ga RESULT_VARIABLE has_no_group OUTPUT_QUIET)
  if(has_no_group)
    execute_process(COMMAND groupadd --system ga RESULT_VARIABLE failed)
    if(failed)
      message(WARNING "the group ga was not made: only root can ask nodes")
    endif()
  endif()
endif()
# Where a machine's part in a pool is written.
file(MAKE_DIRECTORY $ENV{DESTDIR}${etc}/ga)

# One account a slot, so that jobs of two users are two accounts (sysusers.d(5)); ga-condorcfg.service makes them. 128 are
# as many slots as large machines have; jobs in further slots run as nobody.
set(accounts "# Accounts of the slots of an HTCondor worker, for nobody to log in with.\n")
foreach(slot RANGE 1 128)
  string(APPEND accounts "u ga-slot${slot} - \"Jobs in HTCondor's slot ${slot}\" - /bin/sh\n")
endforeach()
set(file ${CMAKE_INSTALL_PREFIX}/lib/sysusers.d/ga-slots.conf)
message(STATUS "Installing: $ENV{DESTDIR}${file}")
file(WRITE $ENV{DESTDIR}${file} "${accounts}")
list(APPEND CMAKE_INSTALL_MANIFEST_FILES ${file})
