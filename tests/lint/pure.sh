#!/usr/bin/env bash
# pure.sh LAYERS LIBRARY_DIR - the starred layers call no clock, file, socket, entropy or environment.
#
# Looks at the undefined symbols of each LIBRARY_DIR/libga_LAYER.a, so an indirect way in shows as well.
# Exit status: 0 none do, 1 some do (named), 2 used wrongly or a library is missing.
set -euo pipefail

[[ $# == 2 && -r $1 && -d $2 ]] || { echo "usage: pure.sh LAYERS LIBRARY_DIR" >&2; exit 2; }

# Whole names of C functions; C++ names may have more behind them.
c_names='socket|socketpair|bind|connect|listen|accept4?|send|sendto|sendm?msg|recv|recvfrom|recvm?msg|setsockopt'
c_names+='|read|write|p?readv?|p?writev?|open(64)?|openat(64)?|creat(64)?|close|stat|fstat|fopen(64)?|fdopen|fread|rename'
c_names+='|unlink|mkdir|opendir|ioctl|fcntl(64)?|poll|select|epoll_[a-z_]+|syscall|mmap(64)?'
c_names+='|clock|clock_gettime|gettimeofday|time|nanosleep|clock_nanosleep|usleep|sleep|timerfd_[a-z]+'
c_names+='|getrandom|getentropy|s?rand|rand_r|random|arc4random[a-z_]*'
# RAND_add is given its octets.
c_names+='|RAND_(poll|load_file|(priv_)?bytes(_ex)?)'
c_names+='|(secure_)?getenv|setenv|fork|vfork|exec[a-z]+|posix_spawnp?|system|popen|pthread_create|getpid|gethostname|getaddrinfo'
cpp_names='std::chrono::[^ ]*::now\(\)|std::random_device::|std::basic_[io]?fstream|std::basic_filebuf|std::filesystem::'
cpp_names+='|std::thread|std::this_thread|std::cout|std::cerr|std::cin|std::clog'

status=0
while IFS=: read -r layer _; do
  layer=${layer%\*}
  library=$2/libga_$layer.a
  if [[ ! -e $library ]]; then
    # A layer of headers only makes no library.
    compgen -G "$(dirname "$1")/$layer/*.cpp" >/dev/null || continue
    echo "pure.sh: no $library: build first" >&2
    exit 2
  fi
  found=$(nm --undefined-only --demangle --print-file-name "$library" 2>/dev/null |
    sed -nE "s/^[^:]*:([^:]+):? +U (($c_names)(@.*)?|($cpp_names).*)$/\1: \2/p" | sort -u)
  if [[ -n $found ]]; then
    sed "s/^/$layer is pure, but /; s/: / calls /" <<<"$found"
    status=1
  fi
done < <(grep -E '^[a-z]+\*:' "$1")
exit "$status"
