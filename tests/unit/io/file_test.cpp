#include "io/file.hpp"

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "io/directory_lock.hpp"
#include "io/memory_file.hpp"
#include "io/run_process.hpp"
#include "io/unique_fd.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

std::size_t entries_in(const std::string& path) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path))
    ++count;
  return count;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a file is replaced in one step, with the mode that was asked for") {
  const TempDir dir;
  const std::string path = dir.file("state");
  REQUIRE(write_file_atomically(path, "one", 0600));
  CHECK(mode_of(path) == 0600);
  REQUIRE(write_file_atomically(path, "two and more", 0644));
  CHECK(mode_of(path) == 0644);
  const auto text = read_file(path, 100);
  REQUIRE(text);
  CHECK(*text == "two and more");
  CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("a write that fails leaves the old file and nothing beside it") {
  const TempDir dir;
  const std::string path = dir.file("state");
  REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  const auto written = write_file_atomically(path, "text", 0600);
  REQUIRE_FALSE(written);
  CHECK(written.error().context == "writing " + path);
  CHECK(entries_in(dir.path()) == 1);
  CHECK_FALSE(write_file_atomically(dir.file("missing/state"), "text", 0600));
}

TEST_CASE("reading says which file and why not") {
  const TempDir dir;
  const auto missing = read_file(dir.file("none"), 10);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == std::errc::no_such_file_or_directory);
  CHECK(missing.error().message() == "reading " + dir.file("none") + ": No such file or directory");
  REQUIRE(write_file_atomically(dir.file("long"), std::string(11, 'x'), 0600));
  CHECK(read_file(dir.file("long"), 11));
  const auto longer = read_file(dir.file("long"), 10);
  REQUIRE_FALSE(longer);
  CHECK(longer.error().code == Errc::too_large);
}

TEST_CASE("a secret file that others could read is refused with the command that mends it") {
  const TempDir dir;
  const std::string path = dir.file("key.pem");
  REQUIRE(write_file_atomically(path, "secret", 0600));
  CHECK(read_secret_file(path, 100));
  for (const mode_t open_mode : {0640U, 0604U, 0644U, 0620U}) {
    REQUIRE(::chmod(path.c_str(), open_mode) == 0);
    const auto refused = read_secret_file(path, 100);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::not_authorized);
    CHECK(refused.error().context.find("chmod 600 " + path) != std::string::npos);
  }
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  CHECK(read_secret_file(path, 100));
}

TEST_CASE("a secret is not read through a link, from a FIFO or from a directory") {
  const TempDir dir;
  REQUIRE(write_file_atomically(dir.file("key.pem"), "secret", 0600));
  REQUIRE(::symlink(dir.file("key.pem").c_str(), dir.file("link").c_str()) == 0);
  REQUIRE(::mkfifo(dir.file("fifo").c_str(), 0600) == 0);
  for (const char* name : {"link", "fifo"}) {
    const auto refused = read_secret_file(dir.file(name), 100);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::not_authorized);
  }
  CHECK_FALSE(read_secret_file(dir.path(), 100));
}

TEST_CASE("a pipe or a device that is written to stays what it is") {
  const TempDir dir;
  const std::string pipe = dir.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const io::UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(reader);
  REQUIRE(io::write_file_atomically(pipe, "text", 0644));
  std::array<char, 8> read{};
  CHECK(::read(reader.get(), read.data(), read.size()) == 4);
  struct stat status {};
  REQUIRE(::stat(pipe.c_str(), &status) == 0);
  REQUIRE(S_ISFIFO(status.st_mode));
  CHECK_FALSE(io::write_file_atomically("/dev/full", "text", 0644));
}

TEST_CASE("a file that is renamed does not take the place of a pipe or a device") {
  const TempDir dir;
  const std::string pipe = dir.file("pipe"), part = dir.file("part");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(write_file_atomically(part, "text", 0600));
  const auto refused = rename_file(part, pipe);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::conflict);
  struct stat status {};
  REQUIRE(::stat(pipe.c_str(), &status) == 0);
  CHECK(S_ISFIFO(status.st_mode));
  CHECK(exists(part));
}

TEST_CASE("a program that works on a file works on one in memory") {
  const auto file = MemoryFile::make("one\n");
  REQUIRE(file);
  const auto ran = run_process({"sh", "-c", "cat \"$0\" && echo two >>\"$0\"", file->path()}, std::chrono::seconds(60));
  REQUIRE(ran);
  CHECK(ran->output == "one\n");
  CHECK(file->read(8).value_or("") == "one\ntwo\n");
  CHECK(file->read(7).error().code == Errc::too_large);
}

TEST_CASE("a secret of another user is refused") {
  if (::geteuid() != 0) return;  // only root can give a file away
  const TempDir dir;
  const std::string path = dir.file("key.pem");
  REQUIRE(write_file_atomically(path, "secret", 0600));
  REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  const auto refused = read_secret_file(path, 100);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().context.find("belongs to user 65534") != std::string::npos);
}

TEST_CASE("directories are made with those above them, and a file in the way is named") {
  const TempDir dir;
  REQUIRE(make_directories(dir.file("a/b/c"), 0700));
  CHECK(mode_of(dir.file("a/b/c")) == 0700);
  CHECK(make_directories(dir.file("a/b/c"), 0755));
  REQUIRE(write_file_atomically(dir.file("plain"), "", 0600));
  const auto refused = make_directories(dir.file("plain"), 0700);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == std::errc::not_a_directory);
}

TEST_CASE("a file says when it was written last") {
  const TempDir dir;
  const std::string path = dir.file("plain");
  REQUIRE(write_file_atomically(path, "text", 0644));
  const std::array<timespec, 2> times{{{1'700'000'000, 0}, {1'600'000'000, 999'999'999}}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  const auto written = modification_time(path);
  REQUIRE(written);
  CHECK(*written == WallTime{1'600'000'000});
  CHECK_FALSE(modification_time(dir.file("none")));
}

TEST_CASE("a directory is locked for one at a time") {
  const TempDir dir;
  {
    const auto first = DirectoryLock::take(dir.path());
    REQUIRE(first);
    const auto second = DirectoryLock::take(dir.path());
    REQUIRE_FALSE(second);
    CHECK(second.error().code == std::errc::device_or_resource_busy);
  }
  CHECK(DirectoryLock::take(dir.path()));
  CHECK(entries_in(dir.path()) == 0);
  CHECK_FALSE(DirectoryLock::take(dir.file("none")));
}

TEST_CASE("a pipe is read to its end, however late its writer begins") {
  const TempDir dir;
  const std::string pipe = dir.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  // The writer's open returns once the reader has opened: nothing is there yet when the reading begins.
  std::thread writer([&] {
    const UniqueFd fd(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC));
    for (const std::string_view part : {"first ", "second"}) {
      std::this_thread::yield();
      (void)!::write(fd.get(), part.data(), part.size());
    }
  });
  const auto text = read_file(pipe, 100);
  writer.join();
  REQUIRE_MESSAGE(text, text.error().message());
  CHECK(*text == "first second");
}

TEST_CASE("a file is rewritten where it is: behind a link, with its mode, and only when it is there") {
  const TempDir dir;
  REQUIRE(write_file_atomically(dir.file("real"), "before", 0644));
  REQUIRE(::symlink(dir.file("real").c_str(), dir.file("link").c_str()) == 0);
  REQUIRE(rewrite_file(dir.file("link"), "after"));
  CHECK(*read_file(dir.file("real"), 100) == "after");
  struct stat status {};
  REQUIRE(::lstat(dir.file("link").c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  REQUIRE(::stat(dir.file("real").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0644);
  CHECK_FALSE(rewrite_file(dir.file("none"), "x"));
  CHECK_FALSE(exists(dir.file("none")));
}
