#include <map>

#include <doctest/doctest.h>

#include "dataplane/coalescer.hpp"
#include "dataplane/segmenter.hpp"
#include "packets.hpp"

using namespace ipop;
using namespace ipop::dataplane;
using namespace ipop::dataplane::test;
using Cut = net::VnetHeader::Cut;

namespace {

const net::MacAddress guest({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{9}});
const net::MacAddress node_mac({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}});
constexpr Coalescer::Limits all_kinds{true, true};

std::vector<Bytes> cut(const net::VnetHeader& header, Bytes packet) {
  Segmenter segmenter;
  std::vector<Bytes> out;
  const auto refused = segmenter.begin(header, packet);
  CHECK_MESSAGE(refused.empty(), refused);
  if (!refused.empty()) return out;
  for (Octets next = segmenter.next(); !next.empty(); next = segmenter.next())
    out.push_back(to_bytes(next));
  CHECK(out.size() == segmenter.count());
  return out;
}

std::string_view refusal(const LargeFrame& frame) {
  Bytes packet = frame.packet;
  Segmenter segmenter;
  return segmenter.begin(frame.header, packet);
}

Bytes joined_octets(const net::JoinedFrame& frame) {
  Bytes out;
  for (const ByteSpan piece : frame.packet)
    append(out, piece);
  return out;
}

struct Outcome {
  std::vector<Bytes> packets{};  // cut again
  std::size_t frames = 0;
};
Outcome join_and_cut(const std::vector<Bytes>& packets, Coalescer::Limits limits = all_kinds) {
  std::vector<Bytes> copies = packets;
  Coalescer coalescer(node_mac, limits);
  for (Bytes& packet : copies)
    coalescer.add(packet, guest);
  Outcome out;
  for (const net::JoinedFrame& frame : coalescer.finish()) {
    ++out.frames;
    CHECK(equal(ByteSpan(frame.ethernet).first(6), guest.octets()));
    CHECK(equal(ByteSpan(frame.ethernet).subspan(6, 6), node_mac.octets()));
    // A frame for itself goes as it came, whatever it is.
    const bool is_large = frame.header.cut != Cut::none;
    const auto parts = is_large ? cut(frame.header, joined_octets(frame)) : std::vector<Bytes>{joined_octets(frame)};
    out.packets.insert(out.packets.end(), parts.begin(), parts.end());
  }
  return out;
}

/// Packets of one connection may not pass each other; others may.
std::map<Bytes, std::vector<Bytes>> by_flow(const std::vector<Bytes>& packets) {
  std::map<Bytes, std::vector<Bytes>> out;
  for (const Bytes& packet : packets) {
    Transport transport;
    Bytes flow;
    if (find_transport(packet, transport)) {
      append(flow, ByteSpan(packet).subspan(ip::source, 8));
      append(flow, ByteSpan(packet).subspan(transport.ip_header, 4));
      flow.push_back(packet[ip::protocol]);
    }
    out[flow].push_back(packet);
  }
  return out;
}

std::vector<PacketShape> stream(Rng& rng, std::size_t count, std::size_t segment) {
  std::vector<PacketShape> out;
  PacketShape shape;
  shape.identification = static_cast<std::uint16_t>(rng.next());
  shape.sequence = static_cast<std::uint32_t>(rng.next());
  for (std::size_t i = 0; i < count; ++i) {
    shape.payload = random_octets(rng, segment);
    out.push_back(shape);
    ++shape.identification;
    shape.sequence += static_cast<std::uint32_t>(segment);
  }
  return out;
}

std::size_t frames_of(const std::vector<PacketShape>& shapes) {
  std::vector<Bytes> packets;
  for (const PacketShape& shape : shapes)
    packets.push_back(make_packet(shape));
  const Outcome outcome = join_and_cut(packets);
  CHECK(outcome.packets == packets);
  return outcome.frames;
}

/// Something that a stream may do between two packets.
void change(Rng& rng, PacketShape& shape) {
  switch (rng.next() % 24) {
    case 0: shape.flags |= tcp::psh; break;
    case 1: shape.flags ^= 0x40; break;  // ECE
    case 2: shape.flags |= tcp::cwr; break;
    case 3: shape.type_of_service ^= 3; break;
    case 4: shape.acknowledged += 100; break;
    case 5: shape.window += 1; break;
    case 6: shape.tcp_options = random_octets(rng, 4 * (rng.next() % 11)); break;
    case 7: shape.ip_options = random_octets(rng, 4 * (rng.next() % 11)); break;
    case 8: shape.identification += 5; break;
    case 9: shape.sequence -= 10; break;
    case 10: shape.flags |= tcp::fin; break;
    case 11: shape.flags |= static_cast<unsigned>(rng.next() & 0xffU); break;
    case 12: shape.time_to_live -= 1; break;
    case 13: shape.dont_fragment = !shape.dont_fragment; break;
    case 14: shape.fragment = rng.next() % 2 == 0 ? 0x2000 : 17; break;
    case 15: shape.urgent = 1; break;
    case 16: shape.source_port ^= 1; break;
    case 17: shape.has_checksum = !shape.has_checksum; break;
    default: break;
  }
}

}  // namespace

TEST_CASE("any packets, joined and cut again, are the same packets in the order of their connections") {
  SeededRng rng(12);
  std::size_t packets_in_all = 0;
  std::size_t frames_in_all = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<Bytes> packets;
    std::array<PacketShape, 3> flows{};
    for (std::size_t i = 0; i < flows.size(); ++i) {
      flows[i].source_port = static_cast<std::uint16_t>(1000 + 10 * i);
      flows[i].protocol = rng.next() % 4 == 0 ? ip::udp : ip::tcp;
      flows[i].identification = static_cast<std::uint16_t>(rng.next());
      flows[i].sequence = static_cast<std::uint32_t>(rng.next());
    }
    const std::size_t segment = 1 + rng.next() % 1400;
    for (std::size_t i = 0; i < 40; ++i) {
      PacketShape& flow = flows[rng.next() % 8 < 6 ? 0 : rng.next() % flows.size()];
      PacketShape shape = flow;
      if (rng.next() % 4 == 0) change(rng, rng.next() % 2 == 0 ? flow : shape);
      const auto size = rng.next() % 6 == 0 ? rng.next() % (segment + 20) : segment;
      shape.payload = random_octets(rng, size);
      Bytes packet = make_packet(shape);
      if (rng.next() % 12 == 0) packet[rng.next() % packet.size()] ^= std::byte{0x10};
      if (rng.next() % 40 == 0) packet.resize(rng.next() % packet.size());
      if (!packet.empty()) packets.push_back(packet);
      ++flow.identification;
      flow.sequence += static_cast<std::uint32_t>(size);
    }
    const Outcome outcome = join_and_cut(packets);
    REQUIRE(by_flow(outcome.packets) == by_flow(packets));
    packets_in_all += packets.size();
    frames_in_all += outcome.frames;
  }
  MESSAGE(packets_in_all, " packets in ", frames_in_all, " frames");
  CHECK(frames_in_all < packets_in_all * 4 / 5);
}

TEST_CASE("a stream of segments becomes one frame, and its last may be short") {
  SeededRng rng(1);
  auto shapes = stream(rng, 40, 1348);
  CHECK(frames_of(shapes) == 1);
  shapes.back().payload.resize(7);
  shapes.back().flags |= tcp::psh;
  CHECK(frames_of(shapes) == 1);
}

TEST_CASE("what must not be joined stays apart") {
  SeededRng rng(2);
  using Change = void (*)(PacketShape&);
  // Each to the third of four packets of a stream; it and what follows are no part of the first frame.
  const std::vector<std::pair<std::size_t, Change>> changes = {
      {2, [](PacketShape& it) { it.flags |= tcp::psh; }},
      {3, [](PacketShape& it) { it.flags |= tcp::cwr; }},
      {3, [](PacketShape& it) { it.flags |= 0x40; }},
      {3, [](PacketShape& it) { it.flags |= tcp::urg; }},
      {3, [](PacketShape& it) { it.type_of_service = 3; }},
      {3, [](PacketShape& it) { it.window = 1; }},
      {3, [](PacketShape& it) { it.acknowledged = 1; }},
      {3, [](PacketShape& it) { it.time_to_live = 1; }},
      {3, [](PacketShape& it) { it.dont_fragment = false; }},
      {3, [](PacketShape& it) { it.tcp_options = Bytes(12, std::byte{1}); }},
      {3, [](PacketShape& it) { it.ip_options = Bytes(4, std::byte{1}); }},
      {3, [](PacketShape& it) { it.identification = 9; }},
      {3, [](PacketShape& it) { it.sequence += 1; }},
      {3, [](PacketShape& it) { it.fragment = 0x2000; }},
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    auto shapes = stream(rng, 4, 500);
    changes[i].second(shapes[2]);
    CHECK(frames_of(shapes) == changes[i].first);
  }
}

TEST_CASE("a packet with a wrong checksum is joined to nothing and stays as it is") {
  SeededRng rng(3);
  for (const std::size_t at : {std::size_t{ip::checksum}, ip::header + tcp::checksum, ip::header + tcp::header + 3}) {
    std::vector<Bytes> packets;
    for (const PacketShape& shape : stream(rng, 4, 500))
      packets.push_back(make_packet(shape));
    packets[1][at] ^= std::byte{1};
    const Outcome outcome = join_and_cut(packets);
    CHECK(outcome.packets == packets);
    CHECK(outcome.frames == 3);
  }
}

TEST_CASE("time stamps that differ keep segments apart, as in the kernel") {
  SeededRng rng(4);
  auto shapes = stream(rng, 4, 500);
  for (std::size_t i = 0; i < 4; ++i) {
    shapes[i].tcp_options = Bytes(12, std::byte{1});
    shapes[i].tcp_options[2] = std::byte{8};
    shapes[i].tcp_options[3] = std::byte{10};
    shapes[i].tcp_options[7] = static_cast<std::byte>(i / 2);
  }
  CHECK(frames_of(shapes) == 2);
}

TEST_CASE("datagrams are joined where the interface takes them, and else are not") {
  SeededRng rng(5);
  std::vector<Bytes> packets;
  PacketShape shape;
  shape.protocol = ip::udp;
  for (std::size_t i = 0; i < 30; ++i) {
    shape.payload = random_octets(rng, i == 29 ? 3 : 64);
    packets.push_back(make_packet(shape));
    ++shape.identification;
  }
  CHECK(join_and_cut(packets).frames == 1);
  const Outcome apart = join_and_cut(packets, {true, false});
  CHECK(apart.frames == 30);
  CHECK(apart.packets == packets);
  const Outcome none = join_and_cut(packets, {false, false});
  CHECK(none.packets == packets);
}

TEST_CASE("a datagram without a checksum is joined to nothing, first or later, and none is written into it") {
  SeededRng rng(10);
  for (const std::size_t without : {0U, 1U, 2U}) {
    CAPTURE(without);
    std::vector<Bytes> packets;
    PacketShape shape;
    shape.protocol = ip::udp;
    for (std::size_t i = 0; i < 3; ++i) {
      shape.payload = random_octets(rng, 64);
      shape.has_checksum = i != without;
      packets.push_back(make_packet(shape));
      ++shape.identification;
    }
    const Outcome outcome = join_and_cut(packets);
    CHECK(outcome.packets == packets);
    CHECK(outcome.frames == (without == 1 ? 3 : 2));
  }
}

TEST_CASE("what a kernel hands over in one piece is cut as the kernel would") {
  SeededRng rng(6);
  PacketShape shape;
  shape.flags = 0x10 | tcp::psh | tcp::fin | tcp::cwr;
  shape.identification = 0xfffe;
  shape.sequence = 0xffffff00;
  shape.tcp_options = Bytes(12, std::byte{1});
  shape.payload = random_octets(rng, 3 * 700 + 1);
  const LargeFrame large = make_large(shape, 700);
  const auto parts = cut(large.header, large.packet);
  REQUIRE(parts.size() == 4);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CAPTURE(i);
    PacketShape expected = shape;
    expected.payload = to_bytes(ByteSpan(shape.payload).subspan(700 * i, i == 3 ? 1 : 700));
    expected.identification = static_cast<std::uint16_t>(0xfffe + i);
    expected.sequence = 0xffffff00U + static_cast<std::uint32_t>(700 * i);
    expected.flags = 0x10U | (i == 0 ? tcp::cwr : 0U) | (i == 3 ? tcp::psh | tcp::fin : 0U);
    CHECK(parts[i] == make_packet(expected));
  }
}

TEST_CASE("a checksum that the kernel left open is completed, with padding cut off") {
  SeededRng rng(7);
  for (const unsigned protocol : {ip::tcp, ip::udp}) {
    PacketShape shape;
    shape.protocol = protocol;
    shape.payload = random_octets(rng, 33);
    LargeFrame frame = make_large(shape, 0);
    frame.header.cut = Cut::none;
    append(frame.packet, Bytes(5, std::byte{0x55}));
    const auto parts = cut(frame.header, frame.packet);
    REQUIRE(parts.size() == 1);
    CHECK(parts.front() == make_packet(shape));
  }
}

TEST_CASE("S18: a frame that lies about itself is refused, each lie by its name") {
  SeededRng rng(8);
  PacketShape shape;
  shape.payload = random_octets(rng, 3000);
  const LargeFrame good = make_large(shape, 1000);
  CHECK(refusal(good).empty());
  const auto with = [&](auto&& lie) {
    LargeFrame frame = good;
    lie(frame);
    return refusal(frame);
  };
  CHECK(with([](LargeFrame& it) { it.header.segment = 0; }) == "drop_vnet_segments");
  CHECK(with([](LargeFrame& it) { it.header.segment = 1; }) == "drop_vnet_segments");
  CHECK(with([](LargeFrame& it) { it.header.cut = Cut::udp; }) == "drop_vnet_headers");
  CHECK(with([](LargeFrame& it) { it.header.cut = Cut::tcp6; }) == "drop_vnet_kind");
  CHECK(with([](LargeFrame& it) { it.header.cut = Cut::udp_fragments; }) == "drop_vnet_kind");
  CHECK(with([](LargeFrame& it) { it.header.cut = static_cast<Cut>(77); }) == "drop_vnet_kind");
  CHECK(with([](LargeFrame& it) { it.header.checksum_start = 0xffff; }) == "drop_vnet_checksum");
  CHECK(with([](LargeFrame& it) { it.header.checksum_offset = 6; }) == "drop_vnet_checksum");
  CHECK(with([](LargeFrame& it) { it.header.has_checksum_to_do = false; }) == "drop_vnet_checksum");
  CHECK(with([](LargeFrame& it) { it.packet.resize(2000); }) == "drop_vnet_headers");
  CHECK(with([](LargeFrame& it) { it.packet.resize(9000); }) == "drop_vnet_length");
  CHECK(with([](LargeFrame& it) { it.packet.resize(3); }) == "drop_vnet_headers");
  CHECK(with([](LargeFrame& it) { it.packet.clear(); }) == "drop_vnet_headers");
  CHECK(with([](LargeFrame& it) { set_octet(it.packet, ip::header + tcp::data_offset, 0xf0); }).empty());
  CHECK(with([](LargeFrame& it) { set_octet(it.packet, ip::header + tcp::data_offset, 0x10); }) == "drop_vnet_headers");
  CHECK(with([](LargeFrame& it) { set_word(it.packet, ip::fragment, 0x2000); }) == "drop_vnet_headers");
  const auto whole = [&](std::uint16_t start, std::uint16_t offset) {
    LargeFrame frame = good;
    frame.header.cut = Cut::none;
    frame.header.checksum_start = start;
    frame.header.checksum_offset = offset;
    return refusal(frame);
  };
  CHECK(whole(34, 16).empty());
  CHECK(whole(0, 16) == "drop_vnet_checksum");
  CHECK(whole(34, 0xffff) == "drop_vnet_checksum");
  CHECK(whole(0xffff, 0xffff) == "drop_vnet_checksum");
  CHECK(whole(3040 + 14 - 1, 0) == "drop_vnet_checksum");
}

TEST_CASE("a vnet header survives its octets") {
  SeededRng rng(9);
  for (int round = 0; round < 200; ++round) {
    std::array<std::byte, net::VnetHeader::size> octets{};
    rng.fill(octets);
    octets[0] &= std::byte{3};
    std::array<std::byte, net::VnetHeader::size> again{};
    encode(net::decode_vnet_header(octets), again);
    CHECK(again == octets);
  }
}
