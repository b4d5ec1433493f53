#include "io/group_names.hpp"

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "temp_dir.hpp"

using namespace ipop;

TEST_CASE("the groups of a machine are the files of its directory that are called so, sorted") {
  TempDir dir;
  for (const char* name : {"sea.toml", "lab.toml", "lab.toml.open", "README", "Upper.toml", ".toml", "node"})
    REQUIRE(io::write_file_atomically(dir.file(name), "", 0644));
  CHECK(*io::has_group("sea", dir.file("")));
  CHECK_FALSE(*io::has_group("mountain", dir.file("")));
  CHECK(*io::group_names(dir.file("")) == std::vector<std::string>{"lab", "sea"});
}

TEST_CASE("a directory that is not there has no groups, and one that can't be read is an error") {
  TempDir dir;
  CHECK(io::group_names(dir.file("none"))->empty());
  REQUIRE(io::write_file_atomically(dir.file("file"), "", 0644));
  CHECK_FALSE(io::group_names(dir.file("file")));
}
