#include "crypto/handshake_frame.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/hex.hpp"

namespace ipop::crypto {
namespace {

// First octets of SHA-256("test").
const ContextTag tag = ByteReader(*parse_hex("9f86d081884c7d65")).take_array<8>();

SessionId session(std::uint8_t first) {
  std::array<std::byte, 8> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::byte>(first + i);
  return SessionId(octets);
}

NodeId node(std::uint8_t first) {
  std::array<std::byte, 20> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::byte>(first + i);
  return NodeId(octets);
}

Cookie cookie() {
  Cookie out;
  out.issued = 0x01020304;
  out.mac.fill(std::byte{0xcc});
  return out;
}

struct Sample {
  HandshakeMessage message;
  std::string hex;
};

std::vector<Sample> samples() {
  const std::string head = "0000000001";
  const std::string tail_of_head = "00009f86d081884c7d65";
  const std::string a = "1011121314151617";
  const std::string b = "2021222324252627";
  const std::string id = "808182838485868788898a8b8c8d8e8f90919293";
  const std::string c = "01020304cccccccccccccccccccccccccccccccc";
  FrameMessage frame;
  frame.sender = session(0x10);
  frame.receiver = session(0x20);
  frame.offset = 0x44c;
  frame.acknowledged = 193;
  frame.data = to_bytes(as_bytes("data"));
  OpenMessage open{session(0x10), node(0x80), cookie(), to_bytes(as_bytes("data"))};
  return {
      {InitMessage{session(0x10), node(0x80)}, head + "01" + tail_of_head + a + id + std::string(2 * 84, '0')},
      {CookieMessage{session(0x10), node(0x80), cookie()}, head + "02" + tail_of_head + a + id + c},
      {open, head + "03" + tail_of_head + a + id + c + "000464617461"},
      {frame, head + "04" + tail_of_head + a + b + "0000044c000000c1" + "64617461"},
      {HintMessage{Spi{0x11223344}}, head + "05" + tail_of_head + "11223344"},
  };
}

TEST_CASE("handshake messages are written and read as drawn") {
  for (const Sample& sample : samples()) {
    Bytes packet;
    encode(tag, sample.message, packet);
    CHECK(to_hex(packet) == sample.hex);
    CHECK(is_handshake(packet));
    const auto decoded = decode_handshake_message(tag, packet);
    REQUIRE(decoded.has_value());
    CHECK(decoded->index() == sample.message.index());
    Bytes again;
    encode(tag, *decoded, again);
    CHECK(again == packet);
  }
}

TEST_CASE("an INIT is larger than its answer") {
  Bytes init;
  encode(tag, InitMessage{session(0x10), node(0x80)}, init);
  Bytes answer;
  encode(tag, CookieMessage{session(0x10), node(0x80), cookie()}, answer);
  CHECK(init.size() == InitMessage::size);
  CHECK(answer.size() <= init.size());
}

TEST_CASE("every truncation of a handshake message is refused") {
  for (const Sample& sample : samples()) {
    Bytes packet;
    encode(tag, sample.message, packet);
    const bool is_frame = std::holds_alternative<FrameMessage>(sample.message);
    // The data of a frame ends with the packet.
    const std::size_t end = is_frame ? packet.size() - 4 : packet.size();
    for (std::size_t n = 0; n < end; ++n) {
      CAPTURE(n);
      CHECK(decode_handshake_message(tag, ByteSpan(packet).first(n)).error().code == Errc::truncated);
    }
  }
}

TEST_CASE("octets behind a handshake message are refused") {
  for (const Sample& sample : samples()) {
    if (std::holds_alternative<FrameMessage>(sample.message)) continue;
    Bytes packet;
    encode(tag, sample.message, packet);
    packet.push_back(std::byte{0});
    CHECK(decode_handshake_message(tag, packet).error().code == Errc::malformed);
  }
}

TEST_CASE("each wrong field of a handshake message has its error") {
  const auto code_after = [](std::size_t index, std::size_t at, std::uint8_t value) {
    Bytes packet;
    encode(tag, samples()[index].message, packet);
    packet[at] = static_cast<std::byte>(value);
    return decode_handshake_message(tag, packet).error().code;
  };
  for (std::size_t index = 0; index < 5; ++index) {
    CHECK(code_after(index, 0, 1) == Errc::malformed);
    CHECK(code_after(index, 4, 2) == Errc::unsupported);
    CHECK(code_after(index, 5, 0) == Errc::unsupported);
    CHECK(code_after(index, 5, 6) == Errc::unsupported);
    CHECK(code_after(index, 6, 1) == Errc::malformed);
    CHECK(code_after(index, 8, 0) == Errc::not_authorized);
  }
  CHECK(code_after(0, 127, 1) == Errc::malformed);  // padding
}

TEST_CASE("session ids with a reserved SPI are refused") {
  for (const Sample& sample : samples()) {
    Bytes packet;
    encode(tag, sample.message, packet);
    std::fill_n(packet.begin() + 16, 3, std::byte{0});
    CHECK(decode_handshake_message(tag, packet).error().code == Errc::malformed);
  }
  Bytes frame;
  encode(tag, samples()[3].message, frame);
  std::fill_n(frame.begin() + 24, 8, std::byte{0});
  CHECK(decode_handshake_message(tag, frame).error().code == Errc::malformed);
}

TEST_CASE("a frame carries at most 1100 octets") {
  FrameMessage frame;
  frame.sender = session(0x10);
  frame.receiver = session(0x20);
  frame.data.resize(max_frame_data);
  Bytes packet;
  encode(tag, frame, packet);
  CHECK(decode_handshake_message(tag, packet).has_value());
  packet.push_back(std::byte{0});
  CHECK(decode_handshake_message(tag, packet).error().code == Errc::too_large);
}

TEST_CASE("inside a sealed packet the receiver of a frame may be unknown") {
  FrameMessage frame;
  frame.sender = session(0x10);
  Bytes body;
  encode_frame_body(frame, body);
  const auto decoded = decode_frame_body(body);
  REQUIRE(decoded.has_value());
  CHECK(decoded->receiver.is_zero());
  for (std::size_t n = 0; n < body.size(); ++n)
    CHECK(decode_frame_body(ByteSpan(body).first(n)).error().code == Errc::truncated);
}

}  // namespace
}  // namespace ipop::crypto
