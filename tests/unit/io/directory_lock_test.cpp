#include "io/directory_lock.hpp"

#include <doctest/doctest.h>

#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

TEST_CASE("a directory is taken as long as its lock lives, and looking takes nothing") {
  const TempDir directory;
  CHECK_FALSE(DirectoryLock::is_taken(directory.path()));
  {
    const auto lock = DirectoryLock::take(directory.path());
    REQUIRE(lock);
    CHECK(DirectoryLock::is_taken(directory.path()));
    CHECK_FALSE(DirectoryLock::take(directory.path()));
  }
  CHECK_FALSE(DirectoryLock::is_taken(directory.path()));
  CHECK(DirectoryLock::take(directory.path()));
  CHECK_FALSE(DirectoryLock::is_taken(directory.path() + "/none"));
}
