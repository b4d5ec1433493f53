#include "io/foreign_locks.hpp"

#include <array>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "io/mount_point.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

/// Another process, with a lock on octets 10 to 19 of the file until it is let go.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& path) {
    std::array<int, 2> ready{};
    std::array<int, 2> end{};
    REQUIRE(::pipe(ready.data()) == 0);
    REQUIRE(::pipe(end.data()) == 0);
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      ::close(end[1]);
      const int file = ::open(path.c_str(), O_RDONLY);
      struct flock lock {};
      lock.l_type = F_RDLCK;
      lock.l_whence = SEEK_SET;
      lock.l_start = 10;
      lock.l_len = 10;
      const char locked = ::fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
      if (::write(ready[1], &locked, 1) != 1) ::_exit(1);
      char none = 0;
      ::_exit(static_cast<int>(::read(end[0], &none, 1)));
    }
    ::close(ready[1]);
    ::close(end[0]);
    end_ = UniqueFd(end[1]);
    const UniqueFd reading(ready[0]);
    char locked = 0;
    REQUIRE(::read(reading.get(), &locked, 1) == 1);
    REQUIRE(locked == 'y');
  }
  ~OtherProcess() { let_go(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void let_go() {
    if (process_ <= 0) return;
    end_.reset();
    (void)::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  pid_t process_ = 0;
  UniqueFd end_;
};

}  // namespace

TEST_CASE("a lock of another process is seen by every name of the file, until the process lets go") {
  const TempDir dir;
  const std::string path = dir.file("book");
  REQUIRE(write_file_atomically(path, std::string(100, 'x'), 0600));
  REQUIRE(::link(path.c_str(), dir.file("second").c_str()) == 0);
  const auto by_one = ForeignLocks::open(path);
  const auto by_other = ForeignLocks::open(dir.file("second"));
  REQUIRE(by_one);
  REQUIRE(by_other);
  CHECK_FALSE(*by_one->any(0, 100));
  OtherProcess other(path);
  for (const auto& locks : {std::cref(*by_one), std::cref(*by_other)}) {
    CHECK(*locks.get().any(0, 100));
    CHECK(*locks.get().any(19, 1));
    CHECK_FALSE(*locks.get().any(20, 5));
  }
  other.let_go();
  CHECK_FALSE(*by_other->any(0, 100));
}

TEST_CASE("a process's own locks are not foreign, and what is not there has none to look at") {
  const TempDir dir;
  const std::string path = dir.file("book");
  REQUIRE(write_file_atomically(path, std::string(100, 'x'), 0600));
  const auto locks = ForeignLocks::open(path);
  REQUIRE(locks);
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  REQUIRE(::fcntl(file.get(), F_SETLK, &lock) == 0);
  CHECK_FALSE(*locks->any(0, 100));
  CHECK(ForeignLocks::open(dir.file("none")).error().code == std::errc::no_such_file_or_directory);
}

TEST_CASE("a path on which nothing is mounted is no mount point, and the root is one") {
  const TempDir dir;
  REQUIRE(write_file_atomically(dir.file("a"), "x", 0600));
  CHECK_FALSE(is_mount_point(dir.file("a")));
  CHECK_FALSE(is_mount_point(dir.file("none")));
  CHECK(is_mount_point("/"));
}
