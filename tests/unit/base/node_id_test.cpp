#include "base/node_id.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/rng.hpp"

using namespace ipop;

namespace {

// A position whose last octet is `low`, all others zero.
NodeId at(unsigned low) {
  std::array<std::byte, NodeId::size> octets{};
  octets.back() = static_cast<std::byte>(low);
  return NodeId(octets);
}

NodeId random_id(Rng& rng) {
  std::array<std::byte, NodeId::size> octets{};
  rng.fill(octets);
  return NodeId(octets);
}

NodeId last() {
  return NodeId{} - at(1);
}

}  // namespace

TEST_CASE("the ring wraps: one past its last point is its first") {
  CHECK(last().octets().front() == std::byte{0xff});
  CHECK(last().octets().back() == std::byte{0xff});
  CHECK((last() + at(1)).is_zero());
  CHECK(at(3) - at(5) == last() - at(1));
}

TEST_CASE("a carry runs through all octets") {
  std::array<std::byte, NodeId::size> octets{};
  octets.fill(std::byte{0xff});
  octets.front() = std::byte{0};
  const NodeId sum = NodeId(octets) + at(1);
  CHECK(sum.octets().front() == std::byte{1});
  CHECK(sum - at(1) == NodeId(octets));
}

TEST_CASE("a carry and a borrow cross every octet") {
  for (std::size_t i = 0; i < NodeId::size; ++i) {
    std::array<std::byte, NodeId::size> octets{};
    octets[i] = std::byte{1};
    const NodeId one_there(octets);
    octets[i] = std::byte{0};
    std::fill(octets.begin() + static_cast<std::ptrdiff_t>(i) + 1, octets.end(), std::byte{0xff});
    const NodeId all_below(octets);
    CHECK(all_below + at(1) == one_there);
    CHECK(one_there - at(1) == all_below);
  }
}

TEST_CASE("ids are ordered by the first octet in which they differ") {
  SeededRng rng(6);
  for (std::size_t i = 0; i < 10 * NodeId::size; ++i) {
    const NodeId a = random_id(rng);
    auto octets = a.octets();
    const std::size_t differs = i % NodeId::size;
    octets[differs] ^= std::byte{0x81};
    for (std::size_t j = differs + 1; j < NodeId::size; ++j)
      octets[j] ^= std::byte{0xff};
    const NodeId b(octets);
    CHECK(a != b);
    CHECK((a < b) == (a.octets()[differs] < b.octets()[differs]));
    CHECK((a > b) == (a.octets()[differs] > b.octets()[differs]));
  }
}

TEST_CASE("adding and taking away cancel, and order of addition does not matter") {
  SeededRng rng(1);
  for (int i = 0; i < 200; ++i) {
    const NodeId a = random_id(rng);
    const NodeId b = random_id(rng);
    CHECK(a + b == b + a);
    CHECK(a + b - b == a);
    CHECK(a + (b - a) == b);
  }
}

TEST_CASE("a difference goes clockwise, the ring distance the shorter way") {
  CHECK(at(4) - at(1) == at(3));
  CHECK(at(4) - last() == at(5));
  CHECK(ring_distance(at(4), last()) == at(5));
  CHECK(ring_distance(last(), at(4)) == at(5));
  CHECK(ring_distance(at(4), at(4)).is_zero());
}

TEST_CASE("no two points are further apart than half the ring") {
  SeededRng rng(2);
  const NodeId half = ring_fraction(0.5);
  CHECK(ring_distance(NodeId{}, half) == half);
  for (int i = 0; i < 200; ++i)
    CHECK(ring_distance(random_id(rng), random_id(rng)) <= half);
}

TEST_CASE("fractions of the ring are distances, and back") {
  CHECK(ring_fraction(0).is_zero());
  CHECK(ring_fraction(0.5).octets().front() == std::byte{0x80});
  CHECK(ring_fraction(0.25) + ring_fraction(0.75) == NodeId{});
  for (const double fraction : {0.0, 0.125, 0.5, 0.999})
    CHECK(to_fraction(ring_fraction(fraction)) == doctest::Approx(fraction));
  CHECK(to_fraction(last()) < 1.0);
}

TEST_CASE("equally spaced points start at their origin and leave equal arcs") {
  SeededRng rng(4);
  const NodeId origin = random_id(rng);
  CHECK(ring_point(origin, 0, 8) == origin);
  for (unsigned i = 0; i < 8; ++i) {
    CHECK(ring_point(origin, (i + 1) % 8, 8) - ring_point(origin, i, 8) == ring_fraction(0.125));
  }
}

TEST_CASE("the text of an id is 32 characters that are read back as the same id") {
  SeededRng rng(5);
  const NodeId id = random_id(rng);
  const std::string text = to_string(id);
  CHECK(text.size() == 32);
  CHECK(parse_node_id(text) == id);
  CHECK(to_short_string(id) == text.substr(0, 8));
  CHECK(to_string(NodeId{}) == std::string(32, 'a'));
  CHECK_FALSE(parse_node_id(text.substr(1)));
  CHECK_FALSE(parse_node_id(text + "aaaaaaaa"));
  CHECK_FALSE(parse_node_id(""));
}

TEST_CASE("an id from a digest is its first 160 bits, and ids order as big-endian numbers") {
  Bytes digest(32, std::byte{0});
  digest[0] = std::byte{1};
  digest[20] = std::byte{9};
  const NodeId id = NodeId::from_prefix(digest);
  CHECK(id.octets().front() == std::byte{1});
  CHECK(id.octets().back() == std::byte{0});
  CHECK(at(255) < id);
  CHECK(std::hash<NodeId>{}(id) != std::hash<NodeId>{}(NodeId{}));
}
