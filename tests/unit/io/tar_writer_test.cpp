#include "io/tar_writer.hpp"

#include <filesystem>

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "io/memory_file.hpp"
#include "io/run_process.hpp"

using namespace ipop;
using namespace ipop::io;

TEST_CASE("tar finds in an archive what was put into it, for its owner only") {
  TarWriter writer;
  writer.add("a/b", "text");
  writer.add("empty", "");
  writer.add("whole", std::string(512, 'x'));
  const auto octets = std::move(writer).finish();
  REQUIRE(octets);
  const auto file = MemoryFile::make(*octets);
  REQUIRE(file);
  const auto listed = run_process({"tar", "-tvf", file->path()}, 10s, 65'536);
  REQUIRE(listed);
  CHECK(listed->status == 0);
  CHECK(listed->output.find("-rw-------") != std::string::npos);
  CHECK(listed->output.find(" 4 ") != std::string::npos);
  CHECK(listed->output.find(" a/b\n") != std::string::npos);
  const auto text = run_process({"tar", "-xOf", file->path(), "a/b", "empty", "whole"}, 10s, 65'536);
  REQUIRE(text);
  CHECK(text->output == "text" + std::string(512, 'x'));
}

TEST_CASE("a name that the form has no room for is an error that says so") {
  TarWriter writer;
  writer.add(std::string(300, 'n'), "text");
  writer.add("b", "text");
  const auto octets = std::move(writer).finish();
  REQUIRE_FALSE(octets);
  CHECK(octets.error().code == Errc::malformed);
}
