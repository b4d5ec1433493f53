#include "layerfs/sandbox.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "layerfs/beneath.hpp"

using namespace ipop;
using namespace ipop::layerfs;

namespace {

/// A directory that goes with the test.
class Scratch {
 public:
  Scratch() : path_(::mkdtemp(name_.data())) {}
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string name_ = "/tmp/ga-layerfs.XXXXXX";
  std::string path_;
};

/// What `work` could do inside of a sandbox around the directory.
Result<void> confined(const Scratch& scratch, const std::function<bool(int)>& work) {
  const auto directory = open_directory(scratch.path());
  return run_confined({directory->get(), 1'000'000}, [&, fd = directory->get()]() -> Result<void> {
    if (work(fd)) return {};
    return {Errc::not_authorized, "errno " + std::to_string(errno)};
  });
}

bool writes(int fd, std::string_view octets) {
  return ::write(fd, octets.data(), octets.size()) == static_cast<ssize_t>(octets.size());
}

}  // namespace

TEST_CASE("S12: a confined process makes files in its directory") {
  const Scratch scratch;
  const auto done = confined(scratch, [](int directory) {
    const int file = ::openat(directory, "0", O_WRONLY | O_CREAT | O_EXCL, 0600);
    return file >= 0 && writes(file, "abc");
  });
  REQUIRE_MESSAGE(done.has_value(), done.error().message());
  CHECK(std::filesystem::file_size(scratch.path() + "/0") == 3);
}

TEST_CASE("S12: a confined process reaches no other file, and makes no link, directory, socket or program") {
  const Scratch scratch;
  CHECK_FALSE(confined(scratch, [](int) { return ::open("/etc/passwd", O_RDONLY) >= 0; }).has_value());
  CHECK_FALSE(
      confined(scratch, [](int fd) { return ::openat(fd, "../x", O_WRONLY | O_CREAT, 0600) >= 0; }).has_value());
  CHECK_FALSE(confined(scratch, [](int fd) { return ::symlinkat("/etc", fd, "x") == 0; }).has_value());
  CHECK_FALSE(confined(scratch, [](int fd) { return ::mkdirat(fd, "x", 0700) == 0; }).has_value());
  CHECK_FALSE(confined(scratch, [](int fd) { return ::mknodat(fd, "x", S_IFCHR | 0600, 0) == 0; }).has_value());
  CHECK_FALSE(confined(scratch, [](int) { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }).has_value());
  CHECK_FALSE(confined(scratch, [](int) { return ::fork() >= 0; }).has_value());
  CHECK_FALSE(confined(scratch, [](int) {
                return ::execl("/bin/true", "true", nullptr) == 0;  // comes back only when it failed
              }).has_value());
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("S12: a file of a confined process ends at its limit") {
  const Scratch scratch;
  const auto done = confined(scratch, [](int directory) {
    const int file = ::openat(directory, "0", O_WRONLY | O_CREAT, 0600);
    return ::lseek(file, 2'000'000, SEEK_SET) >= 0 && writes(file, "x");
  });
  CHECK_FALSE(done.has_value());
}

TEST_CASE("what a confined process reports is the error, and one that ends by itself is one") {
  const Scratch scratch;
  const auto directory = open_directory(scratch.path());
  const auto said = run_confined({directory->get(), 1000}, []() -> Result<void> {
    return {Errc::malformed, "the archive is damaged"};
  });
  CHECK(said.error().message() == "the archive is damaged");
  const auto gone = run_confined({directory->get(), 1000}, []() -> Result<void> { ::_exit(9); });
  CHECK(gone.error().message() == "the process that unpacks was ended");
}
