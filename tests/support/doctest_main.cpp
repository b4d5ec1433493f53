// The main() of every doctest program, and what the address sanitizer does in it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

/// Options of the address sanitizer where ASAN_OPTIONS says nothing else. Six frames say who allocated. What was freed
/// last is kept from use for 8 MB and not for 256, and nothing is given back to the kernel: the pages that this brings
/// and takes cost more than the tests themselves.
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
  return "malloc_context_size=6:quarantine_size_mb=8:allocator_release_to_os_interval_ms=-1";
}
