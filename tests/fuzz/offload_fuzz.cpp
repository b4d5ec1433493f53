#include <algorithm>
#include <cstdlib>

#include "dataplane/coalescer.hpp"
#include "dataplane/segmenter.hpp"
#include "net/vnet_header.hpp"

using namespace ipop;

namespace {

const net::MacAddress mac({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}});

std::vector<Bytes> cut(const net::VnetHeader& header, Bytes packet) {
  std::vector<Bytes> out;
  dataplane::Segmenter segmenter;
  if (!segmenter.begin(header, packet).empty()) return out;
  for (auto next = segmenter.next(); !next.empty(); next = segmenter.next()) {
    if (next.size() > segmenter.largest()) std::abort();
    out.push_back(to_bytes(next));
  }
  // A packet that is empty is one all the same.
  if (out.size() != segmenter.count() && !packet.empty()) std::abort();
  return out;
}

/// Joined and cut again, the octets are those that came; packets of other connections may have passed them.
void check_joining(std::vector<Bytes> packets) {
  std::vector<Bytes> before = packets;
  dataplane::Coalescer coalescer(mac, {true, true});
  for (Bytes& packet : packets)
    coalescer.add(packet, mac);
  std::vector<Bytes> after;
  for (const net::JoinedFrame& frame : coalescer.finish()) {
    Bytes whole;
    for (const ByteSpan piece : frame.packet)
      append(whole, piece);
    if (frame.header.cut == net::VnetHeader::Cut::none) {
      after.push_back(std::move(whole));
      continue;
    }
    const auto parts = cut(frame.header, std::move(whole));
    if (parts.size() < 2) std::abort();
    after.insert(after.end(), parts.begin(), parts.end());
  }
  std::ranges::sort(before);
  std::ranges::sort(after);
  if (before != after) std::abort();
}

}  // namespace

// A vnet header and a packet as a guest's kernel might give them; then what is cut from it, joined again. The same
// octets as packets with their lengths before them, joined and cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  if (size >= net::VnetHeader::size) {
    const auto header = net::decode_vnet_header(input.first<net::VnetHeader::size>());
    check_joining(cut(header, to_bytes(input.subspan(net::VnetHeader::size))));
  }
  std::vector<Bytes> packets;
  ByteReader in(input);
  while (in.remaining() > 2) {
    const ByteSpan packet = in.take_sized16();
    if (!packet.empty()) packets.push_back(to_bytes(packet));
  }
  check_joining(std::move(packets));
  return 0;
}
