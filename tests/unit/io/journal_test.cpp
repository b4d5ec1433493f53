#include "io/journal.hpp"

#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

std::string content(const std::string& path) {
  return *read_file(path, 1 << 20);
}

}  // namespace

TEST_CASE("what one process adds to a journal the others read when they lock it") {
  const TempDir dir;
  auto first = Journal::make(dir.file("j"), 0600);
  REQUIRE(first);
  auto second = Journal::open(dir.file("j"));
  REQUIRE(second);
  REQUIRE(first->lock(1s));
  REQUIRE(first->append("one"));
  const auto busy = second->lock(Duration::zero());
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == std::errc::timed_out);
  first->unlock();
  CHECK(second->lock(1s)->lines == "one\n");
  REQUIRE(second->append("two"));
  second->unlock();
  CHECK(first->lock(1s)->lines == "two\n");
  CHECK(content(dir.file("j")) == "one\ntwo\n");
}

TEST_CASE("a torn last line is cut off and given to whoever locks the journal next") {
  const TempDir dir;
  { REQUIRE(Journal::make(dir.file("j"), 0600)); }
  std::ofstream(dir.file("j")) << "one\ntw";
  auto journal = Journal::open(dir.file("j"));
  REQUIRE(journal);
  const auto found = journal->lock(1s);
  REQUIRE(found);
  CHECK(found->lines == "one\n");
  CHECK(found->torn == "tw");
  REQUIRE(journal->append("two"));
  CHECK(content(dir.file("j")) == "one\ntwo\n");
}

TEST_CASE("a journal that became shorter is refused") {
  const TempDir dir;
  auto journal = Journal::make(dir.file("j"), 0600);
  REQUIRE(journal);
  REQUIRE(journal->lock(1s));
  REQUIRE(journal->append("one"));
  journal->unlock();
  REQUIRE(::truncate(dir.file("j").c_str(), 0) == 0);
  CHECK(journal->lock(1s).error().code == Errc::conflict);
}

TEST_CASE("a journal that others may write, a link and a directory are refused") {
  const TempDir dir;
  { REQUIRE(Journal::make(dir.file("j"), 0600)); }
  REQUIRE(::chmod(dir.file("j").c_str(), 0620) == 0);
  CHECK(Journal::open(dir.file("j")).error().code == Errc::not_authorized);
  REQUIRE(::symlink("j", dir.file("link").c_str()) == 0);
  CHECK(Journal::open(dir.file("link")).error().code == Errc::not_authorized);
  CHECK_FALSE(Journal::open(dir.path()));
  CHECK_FALSE(Journal::make(dir.file("j"), 0600));
}
