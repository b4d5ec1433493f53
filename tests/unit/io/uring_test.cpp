#include "io/uring.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/bytes.hpp"
#include "io/unique_fd.hpp"

using namespace ipop;
using namespace ipop::io;

TEST_CASE("what is there is read in order, and nobody waits for what is not") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);  // a read of it would block
  const UniqueFd from(ends[0]);
  const UniqueFd to(ends[1]);
  auto ring = Uring::open(from.get());
  if (!ring) {
    MESSAGE("no io_uring here");
    return;
  }
  std::array<std::array<std::byte, 2>, 3> octets{};
  const std::array<std::span<std::byte>, 3> places = {octets[0], octets[1], octets[2]};
  for (int round = 0; round < 100; ++round) {
    REQUIRE(::write(to.get(), "abcd", 4) == 4);
    const auto results = ring->read(places);
    REQUIRE(results.size() == 3);
    CHECK(results[0] == 2);
    CHECK(results[1] == 2);
    CHECK(results[2] == -EAGAIN);
    CHECK(octets[0][0] == std::byte{'a'});
    CHECK(octets[1][1] == std::byte{'d'});
  }
}

TEST_CASE("a descriptor that is none fails each call, and the next ones") {
  auto ring = Uring::open(-1);
  if (!ring) return;
  std::array<std::byte, 2> octets{};
  const std::array<std::span<std::byte>, 2> places = {octets, octets};
  for (int round = 0; round < 100; ++round) {
    for (const int result : ring->read(places))
      CHECK(result == -EBADF);
  }
}
