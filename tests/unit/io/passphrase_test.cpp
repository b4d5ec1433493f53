#include "io/passphrase.hpp"

#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "io/unique_fd.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

/// What read_passphrase makes of a pipe with `text` in it.
Result<std::string> from_pipe(const std::string& text) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  in.reset();
  return read_passphrase(out.get());
}

}  // namespace

TEST_CASE("a passphrase is the first line, with or without its end") {
  CHECK(*from_pipe("open sesame\nsecond line\n") == "open sesame");
  CHECK(*from_pipe("open sesame") == "open sesame");
  CHECK(*from_pipe(std::string(max_passphrase, 'x')) == std::string(max_passphrase, 'x'));
}

TEST_CASE("nothing, an empty line and a line without end are no passphrase") {
  CHECK(from_pipe("").error().code == std::errc::operation_canceled);
  CHECK(from_pipe("\nx\n").error().code == Errc::malformed);
  CHECK(from_pipe(std::string(max_passphrase + 1, 'x')).error().code == Errc::too_large);
  CHECK(read_passphrase(-1).error().code == std::errc::bad_file_descriptor);
}

TEST_CASE("S14: a passphrase file that others may read is refused") {
  const TempDir dir;
  REQUIRE(write_file_atomically(dir.file("p"), "open sesame\n", 0600));
  CHECK(*read_passphrase_file(dir.file("p")) == "open sesame");
  REQUIRE(::chmod(dir.file("p").c_str(), 0640) == 0);
  CHECK(read_passphrase_file(dir.file("p")).error().code == Errc::not_authorized);
  REQUIRE(write_file_atomically(dir.file("empty"), "\n", 0600));
  CHECK(read_passphrase_file(dir.file("empty")).error().code == Errc::malformed);
  CHECK_FALSE(read_passphrase_file(dir.file("none")));
}
