#include "io/directory_changes.hpp"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

constexpr Duration change_limit = 60s;  // of what comes at once unless the test fails

/// A loop that counts how often it is told of changes in a directory.
struct Watched {
  TempDir dir{};
  EventLoop loop{};
  int told = 0;
  Result<DirectoryChanges> changes = DirectoryChanges::watch(loop, dir.path(), [this] { ++told; });

  bool is_told(int times) {
    return loop.run_until([&] { return told >= times; }, change_limit);
  }
  /// Lets the loop come round with what happened so far.
  void come_round() {
    bool came_round = false;
    LoopTimer next(loop, [&] { came_round = true; });
    next.arm({});
    CHECK(loop.run_until([&] { return came_round; }, change_limit));
    came_round = false;
    next.arm({});
    CHECK(loop.run_until([&] { return came_round; }, change_limit));
  }
};

}  // namespace

TEST_CASE("a file that is put in place is told, and so is one that replaces it") {
  Watched it;
  REQUIRE(it.changes);
  REQUIRE(write_file_atomically(it.dir.file("one"), "1", 0644));
  CHECK(it.is_told(1));
  REQUIRE(write_file_atomically(it.dir.file("one"), "2", 0644));
  CHECK(it.is_told(2));
}

TEST_CASE("a file that is removed is told") {
  Watched it;
  REQUIRE(it.changes);
  REQUIRE(write_file_atomically(it.dir.file("one"), "1", 0644));
  CHECK(it.is_told(1));
  REQUIRE(std::filesystem::remove(it.dir.file("one")));
  CHECK(it.is_told(2));
}

TEST_CASE("changes that came together are told once") {
  Watched it;
  REQUIRE(it.changes);
  for (const char* name : {"one", "two", "three"})
    REQUIRE(write_file_atomically(it.dir.file(name), "text", 0644));
  CHECK(it.is_told(1));
  it.come_round();
  CHECK(it.told == 1);
}

TEST_CASE("a file that is being written is not told before it is in place, and what is below is not told at all") {
  Watched it;
  REQUIRE(it.changes);
  std::ofstream(it.dir.file("half")) << "half of it" << std::flush;
  std::filesystem::create_directory(it.dir.file("below"));
  REQUIRE(write_file_atomically(it.dir.file("below/one"), "1", 0644));
  it.come_round();
  CHECK(it.told == 0);
  std::filesystem::rename(it.dir.file("half"), it.dir.file("whole"));
  CHECK(it.is_told(1));
}

TEST_CASE("what was there before is not told, and nothing is after the end of the watch") {
  const TempDir dir;
  REQUIRE(write_file_atomically(dir.file("before"), "1", 0644));
  EventLoop loop;
  int told = 0;
  {
    const auto changes = DirectoryChanges::watch(loop, dir.path(), [&] { ++told; });
    REQUIRE(changes);
  }
  REQUIRE(write_file_atomically(dir.file("after"), "1", 0644));
  bool came_round = false;
  LoopTimer end(loop, [&] { came_round = true; });
  end.arm({});
  CHECK(loop.run_until([&] { return came_round; }, change_limit));
  CHECK(told == 0);
}

TEST_CASE("a watch may be moved, and goes on telling") {
  Watched it;
  REQUIRE(it.changes);
  const DirectoryChanges moved = *std::move(it.changes);
  REQUIRE(write_file_atomically(it.dir.file("one"), "1", 0644));
  CHECK(it.is_told(1));
}

TEST_CASE("a directory that is not there is an error that names it") {
  const TempDir dir;
  EventLoop loop;
  const auto missing = DirectoryChanges::watch(loop, dir.file("none"), [] {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == std::errc::no_such_file_or_directory);
  CHECK(missing.error().context == "watching " + dir.file("none"));
  REQUIRE(write_file_atomically(dir.file("file"), "text", 0644));
  const auto file = DirectoryChanges::watch(loop, dir.file("file"), [] {});
  REQUIRE_FALSE(file);
  CHECK(file.error().code == std::errc::not_a_directory);
}
