#include "io/loaded_code.hpp"

#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "emulated.hpp"

using namespace ipop::io;

namespace {

/// KiB of files that are resident in this process.
long resident_files() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssFile:") continue;
    long kib = 0;
    status >> kib;
    return kib;
  }
  return 0;
}

}  // namespace

TEST_CASE("code that ran once leaves the memory of a process, and runs again") {
  if (is_emulated("the memory is the emulator's")) return;
  const long before = resident_files();
  REQUIRE(before > 0);
  drop_code_pages();
  // Less than half comes back with what reads the figure.
  CHECK(resident_files() < before / 2);
}
