// The main() of every doctest program, and what the address sanitizer does in it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

/// Options of the address sanitizer where ASAN_OPTIONS says nothing else. Six frames say who allocated; keeping the
/// whole stack of each allocation takes a seventh of the time of these tests.
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
  return "malloc_context_size=6";
}
