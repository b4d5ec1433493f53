#include "base/bytes.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"

using namespace ipop;

TEST_CASE("fields are read in network order") {
  const Bytes octets = *parse_hex("01020304050607080910111213141516");
  ByteReader in(octets);
  CHECK(in.read<std::uint8_t>() == 0x01);
  CHECK(in.read<std::uint16_t>() == 0x0203);
  CHECK(in.read<std::uint32_t>() == 0x04050607);
  CHECK(in.read<std::uint64_t>() == 0x0809101112131415);
  CHECK(in.remaining() == 1);
  CHECK_FALSE(in.done());
  CHECK(in.read<std::uint8_t>() == 0x16);
  CHECK(in.done());
}

TEST_CASE("after the first short read everything is zero and nothing is left") {
  const Bytes octets = *parse_hex("ffffff");
  ByteReader in(octets);
  CHECK(in.read<std::uint32_t>() == 0);
  CHECK_FALSE(in.ok());
  CHECK(in.remaining() == 0);
  CHECK(in.read<std::uint8_t>() == 0);
  CHECK(in.take(0).empty());
  CHECK(in.take_array<2>() == std::array<std::byte, 2>{});
  CHECK_FALSE(in.done());
}

TEST_CASE("a field with its length in front is taken whole or not at all") {
  const Bytes octets = *parse_hex("02aabb0003ccddee05ff");
  ByteReader in(octets);
  CHECK(to_hex(in.take_sized8()) == "aabb");
  CHECK(to_hex(in.take_sized16()) == "ccddee");
  CHECK(in.take_sized8().empty());
  CHECK_FALSE(in.ok());
}

TEST_CASE("a reader of nothing is done, and taking the rest of it is fine") {
  ByteReader in(ByteSpan{});
  CHECK(in.done());
  CHECK(in.take_rest().empty());
  CHECK(in.done());
}

TEST_CASE("fields are written behind what the vector holds, in network order") {
  Bytes out{std::byte{0xaa}};
  ByteWriter writer(out);
  writer.write(std::uint8_t{1});
  writer.write(std::uint16_t{0x0203});
  writer.write(std::uint32_t{0x04050607});
  writer.write(std::uint64_t{0x08090a0b0c0d0e0f});
  writer.write_zeros(2);
  writer.write_sized8(as_bytes("ab"));
  writer.write_sized16(as_bytes("c"));
  CHECK(to_hex(out) == "aa0102030405060708090a0b0c0d0e0f0000026162000163");
}

TEST_CASE("octets and text are views of each other") {
  CHECK(as_text(as_bytes("ipop")) == "ipop");
  CHECK(equal(to_bytes(as_bytes("a")), as_bytes("a")));
  CHECK_FALSE(equal(as_bytes("a"), as_bytes("ab")));
}
