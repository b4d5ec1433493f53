#include "crypto/handshake_path.hpp"

#include <doctest/doctest.h>

#include "channel_world.hpp"

namespace ipop::crypto::test {
namespace {

Carrier relay_carrier(std::uint8_t number) {
  return Carrier(Carrier::Transport::relay, Bytes{std::byte{number}}, {});
}

TEST_CASE("a handshake follows its peer as far as nobody else is hit") {
  struct Row {
    const char* what;
    Carrier at;
    bool is_ours;
    Carrier from;
    Carrier small_goes_to;  // after 100 octets came from there
    Carrier large_goes_to;
    Carrier channel_begins_at;
  };
  const Carrier asked = endpoint(1);
  const Carrier port = endpoint(1, 6000);
  const Carrier address = endpoint(2);
  const Row rows[] = {
      {"ours, from where we asked", asked, true, asked, asked, asked, asked},
      {"ours, another port", asked, true, port, port, port, port},
      {"ours, another address", asked, true, address, address, asked, asked},
      {"ours, a relay", asked, true, relay_carrier(1), asked, asked, asked},
      {"ours, over a relay", relay_carrier(1), true, address, relay_carrier(1), relay_carrier(1), relay_carrier(1)},
      {"a stranger's, another port", asked, false, port, port, port, port},
      {"a stranger's, another address", asked, false, address, asked, asked, asked},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    HandshakePath path(row.at, row.is_ours);
    path.follow(row.from, 100);
    CHECK(path.next(100) == row.small_goes_to);
    CHECK(path.next(1000) == row.large_goes_to);
    path.conclude();
    CHECK(path.carrier() == row.channel_begins_at);
    CHECK(path.name() == (row.is_ours ? row.at : row.channel_begins_at));
  }
}

TEST_CASE("back where it was asked, or with a good cookie, a handshake needs no allowance") {
  HandshakePath back(endpoint(1), true);
  back.follow(endpoint(2), 100);
  back.follow(endpoint(1), 0);
  CHECK(back.next(1000) == endpoint(1));

  HandshakePath proven(endpoint(1), true);
  proven.follow(endpoint(2), 100);
  proven.move(endpoint(2));
  CHECK(proven.next(1000) == endpoint(2));
  proven.conclude();
  CHECK(proven.carrier() == endpoint(2));
}

TEST_CASE("carriers are of one kind as their makers say, however long they are") {
  const Carrier ipv4(Carrier::Transport::endpoint, Bytes(7), {.source = 5, .network = 4});
  const Carrier longer(Carrier::Transport::endpoint, Bytes(9), {.source = 5, .network = 4});
  const Carrier ipv6(Carrier::Transport::endpoint, Bytes(19), {.source = 9, .network = 7});
  const Carrier through(Carrier::Transport::relay, Bytes(7), {.source = 5, .network = 4});
  CHECK(ipv4.is_like(longer));
  CHECK_FALSE(ipv4.is_like(ipv6));
  CHECK_FALSE(ipv4.is_like(through));
}

}  // namespace
}  // namespace ipop::crypto::test
