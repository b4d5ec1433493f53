#include "daemon/state_directory.hpp"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "unit/io/full_disk.hpp"
#include "unit/io/temp_dir.hpp"

using namespace ipop;
using namespace ipop::daemon;

namespace {

StateDirectory open_directory(const std::string& path) {
  auto directory = StateDirectory::open(path);
  REQUIRE_MESSAGE(directory, directory.error().message());
  return *std::move(directory);
}

}  // namespace

TEST_CASE("the key is made once, 0600, and is the same at every later start") {
  const TempDir dir;
  const std::string path = dir.file("state");
  crypto::PublicKey first;
  {
    auto directory = open_directory(path);
    const auto key = directory.load_key();
    REQUIRE(key);
    first = key->public_key();
    CHECK(directory.take_log().empty());
  }
  struct stat status {};
  REQUIRE(::stat((path + "/key.pem").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
  auto directory = open_directory(path);
  const auto again = directory.load_key();
  REQUIRE(again);
  CHECK(again->public_key() == first);
}

TEST_CASE("a damaged key is an error of the state and is left as it is") {
  const TempDir dir;
  REQUIRE(io::write_file_atomically(dir.file("key.pem"), "not a key", 0600));
  auto directory = open_directory(dir.path());
  const auto key = directory.load_key();
  REQUIRE_FALSE(key);
  CHECK(key.error().code.category() == make_error_code(Errc::malformed).category());
  CHECK(key.error().message().find(dir.file("key.pem")) != std::string::npos);
  CHECK(io::read_file(dir.file("key.pem"), 100).value_or("") == "not a key");
}

TEST_CASE("a key that others may read is refused") {
  const TempDir dir;
  {
    auto directory = open_directory(dir.path());
    REQUIRE(directory.load_key());
  }
  REQUIRE(::chmod(dir.file("key.pem").c_str(), 0644) == 0);
  auto directory = open_directory(dir.path());
  const auto key = directory.load_key();
  REQUIRE_FALSE(key);
  CHECK(key.error().code == Errc::not_authorized);
}

TEST_CASE("what is saved is there at the next start") {
  const TempDir dir;
  const control::SavedState state{net::Ipv4Address(10, 128, 0, 7), {{net::Ipv4Address(192, 0, 2, 1), 4000}}, 4711};
  {
    auto directory = open_directory(dir.path());
    CHECK(directory.load_state() == control::SavedState{});
    directory.save(state);
  }
  auto directory = open_directory(dir.path());
  CHECK(directory.load_state() == state);
  CHECK(directory.take_log().empty());
}

TEST_CASE("a damaged state file is put aside with a warning, and the node starts") {
  const TempDir dir;
  REQUIRE(io::write_file_atomically(dir.file("state.json"), "{\"schema\":", 0600));
  auto directory = open_directory(dir.path());
  CHECK(directory.load_state() == control::SavedState{});
  const auto log = directory.take_log();
  REQUIRE(log.size() == 1);
  CHECK(log[0].level == LogLevel::warning);
  CHECK(io::exists(dir.file("state.json.damaged")));
  CHECK_FALSE(io::exists(dir.file("state.json")));
  directory.save({});
  CHECK(directory.load_state() == control::SavedState{});
  CHECK(directory.take_log().empty());
}

TEST_CASE("a pipe in the place of a file does not stop the start") {
  const TempDir dir;
  for (const char* name : {"state.json", "members.json", "revocations.list", "certificate.pem"})
    REQUIRE(::mkfifo(dir.file(name).c_str(), 0600) == 0);
  auto directory = open_directory(dir.path());
  CHECK(directory.load_state() == control::SavedState{});
  CHECK(directory.take_log().size() == 1);
  CHECK(directory.load_history().empty());
  CHECK_FALSE(directory.load_certificate());
}

TEST_CASE("who was a member is there at the next start; a damaged file of it stops nobody") {
  const TempDir dir;
  const std::vector<node::GoneRow> members{
      {NodeId{}, net::Ipv4Address(10, 128, 0, 7), "bob", WallTime{1'800'000'000}, node::Absence::stopped}};
  {
    auto directory = open_directory(dir.path());
    CHECK(directory.load_history().empty());
    directory.save_history(members);
  }
  CHECK(open_directory(dir.path()).load_history() == members);
  REQUIRE(io::write_file_atomically(dir.file("members.json"), "{", 0600));
  CHECK(open_directory(dir.path()).load_history().empty());
}

TEST_CASE("a directory that can't be written is said once, and said again when it can be") {
  const TempDir dir;
  const std::string path = dir.file("state");
  auto directory = open_directory(path);
  REQUIRE(directory.load_key());
  // A directory in the file's place can't be replaced by a file, whoever tries.
  REQUIRE(::mkdir((path + "/state.json").c_str(), 0700) == 0);
  directory.save({});
  directory.save({});
  auto log = directory.take_log();
  REQUIRE(log.size() == 1);
  CHECK(log[0].level == LogLevel::warning);
  directory.save({});
  CHECK(directory.take_log().empty());
  REQUIRE(::rmdir((path + "/state.json").c_str()) == 0);
  directory.save({});
  log = directory.take_log();
  REQUIRE(log.size() == 1);
  CHECK(log[0].level == LogLevel::info);
}

TEST_CASE("a state that the disk has is not written again, one that it has not is tried at each call") {
  const TempDir dir;
  const std::string path = dir.file("state");
  auto directory = open_directory(path);
  REQUIRE(directory.load_key());
  const std::string file = path + "/state.json";
  control::SavedState state;
  state.port = 4700;
  REQUIRE(::mkdir(file.c_str(), 0700) == 0);
  directory.save(state);
  REQUIRE(::rmdir(file.c_str()) == 0);
  directory.save(state);
  REQUIRE(io::read_file(file, 1000));
  CHECK(*io::read_file(file, 1000) == to_text(state));
  REQUIRE(io::write_file_atomically(file, "by hand", 0600));
  directory.save(state);
  CHECK(*io::read_file(file, 100) == "by hand");
  state.port = 4701;
  directory.save(state);
  CHECK(*io::read_file(file, 1000) != "by hand");
}

TEST_CASE("a revocation list that could not be written is written when the disk takes something again") {
  const TempDir dir;
  const std::string path = dir.file("state");
  auto directory = open_directory(path);
  directory.save({});
  const Bytes list = to_bytes(as_bytes("list 2"));
  const std::string file = path + "/revocations.list";
  REQUIRE(::mkdir(file.c_str(), 0700) == 0);
  directory.save_revocations(list);
  CHECK(directory.take_log().size() == 1);
  CHECK_FALSE(directory.load_revocations());
  REQUIRE(::rmdir(file.c_str()) == 0);
  // The state is what the disk has already.
  directory.save({});
  CHECK(directory.load_revocations() == list);
  CHECK(directory.take_log().size() == 1);
}

TEST_CASE("a key that was made on a full disk is the node's for good as soon as there is room") {
  const TempDir dir;
  std::optional<crypto::PrivateKey> made;
  {
    auto directory = open_directory(dir.path());
    {
      const FullDisk disk;
      made = *directory.load_key();
      directory.save({});
      CHECK(directory.take_log().size() == 1);
    }
    CHECK_FALSE(io::exists(dir.file("key.pem")));
    directory.save({});
    CHECK(directory.take_log().size() == 1);
  }
  CHECK(open_directory(dir.path()).load_key()->public_key() == made->public_key());
}

TEST_CASE("members that could not be written are, with what is saved next") {
  const TempDir dir;
  const std::string path = dir.file("state");
  const std::vector<node::GoneRow> members{
      {NodeId{}, net::Ipv4Address(10, 128, 0, 7), "bob", WallTime{1'800'000'000}, node::Absence::stopped}};
  auto directory = open_directory(path);
  REQUIRE(::mkdir((path + "/members.json").c_str(), 0700) == 0);
  directory.save_history(members);
  REQUIRE(::rmdir((path + "/members.json").c_str()) == 0);
  directory.save({});
  CHECK(directory.load_history() == members);
}

TEST_CASE("where no directory can be made the node has a key all the same") {
  const TempDir dir;
  REQUIRE(io::write_file_atomically(dir.file("plain"), "", 0600));
  auto directory = open_directory(dir.file("plain/state"));
  CHECK(directory.load_key());
  CHECK(directory.load_state() == control::SavedState{});
  CHECK(directory.take_log().size() == 1);
}

TEST_CASE("a state directory serves one node at a time") {
  const TempDir dir;
  const auto first = open_directory(dir.path());
  const auto second = StateDirectory::open(dir.path());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == std::errc::device_or_resource_busy);
}
