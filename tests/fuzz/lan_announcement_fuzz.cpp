#include <cstdlib>

#include "io/lan_discovery.hpp"

using namespace ipop;

// What decodes is written to the octets it came from; a machine that hears anything stays in bounds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto announcement = io::decode_lan_announcement(input);
  if (announcement) {
    Bytes written;
    io::encode(*announcement, written);
    if (!equal(written, input.first(io::LanAnnouncement::size))) std::abort();
  }
  SeededRng rng(1);
  io::LanDiscovery machine(announcement ? announcement->tag : io::LanAnnouncement::Tag{}, 4000, rng);
  TimePoint now{};
  machine.start(now);
  for (std::uint32_t host = 1; host < 40; ++host)
    machine.handle_datagram(now, {net::Ipv4Address(host), 7780}, input);
  std::size_t heard = 0;
  while (const auto output = machine.poll_output())
    heard += std::holds_alternative<io::LanDiscovery::Heard>(*output) ? 1U : 0U;
  if (heard > 16) std::abort();
  return 0;
}
