#include "crypto/spi_table.hpp"

#include <set>

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "crypto/channel.hpp"

namespace ipop::crypto {
namespace {

/// Gives what it is told, then zeros.
class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(Bytes octets) : octets_(std::move(octets)) {}
  std::uint64_t next() override {
    std::uint64_t out = 0;
    for (unsigned i = 0; i < 8 && at_ < octets_.size(); ++i, ++at_)
      out |= std::to_integer<std::uint64_t>(octets_[at_]) << (8U * i);
    return out;
  }

 private:
  Bytes octets_;
  std::size_t at_ = 0;
};

Bytes session_octets(std::uint8_t a, std::uint8_t d) {
  Bytes out(SessionId::size);
  out[0] = std::byte{a};
  out[3] = std::byte{d};
  return out;
}

TEST_CASE("an SPI is drawn until it is even, not reserved and nobody's") {
  Bytes script;
  for (const Bytes& octets : {session_octets(1, 6), session_octets(1, 7), session_octets(0, 255), session_octets(2, 9)})
    append(script, octets);
  ScriptedRng rng(std::move(script));
  SpiTable spis(rng);
  CHECK(spis.draw().spi() == Spi{0x01000006});
  // 0x01000007 is made even and is taken; 255 is reserved.
  CHECK(spis.draw().spi() == Spi{0x02000008});
}

TEST_CASE("an SPI is its handshake's, then its channel's, then nobody's") {
  SeededRng rng(1);
  SpiTable spis(rng);
  Channel channel;
  const Spi spi = spis.draw().spi();
  CHECK(spis.channel_at(spi) == nullptr);
  CHECK(spis.park(spi, Bytes(40)));
  spis.assign(spi, channel);
  CHECK(spis.channel_at(spi) == &channel);
  CHECK(spis.take_parked(spi) == std::vector<Bytes>{Bytes(40)});
  CHECK(spis.take_parked(spi).empty());
  spis.release(spi);
  CHECK(spis.channel_at(spi) == nullptr);
  CHECK_FALSE(spis.park(spi, Bytes(40)));
}

TEST_CASE("a first burst ahead of the end of a handshake is kept, a flood is not") {
  SeededRng rng(1);
  SpiTable spis(rng);
  const Spi first = spis.draw().spi();
  CHECK_FALSE(spis.park(first, Bytes(SpiTable::parked_octets + 1)));
  for (std::size_t i = 0; i < SpiTable::parked_per_spi; ++i)
    CHECK(spis.park(first, Bytes(40)));
  CHECK_FALSE(spis.park(first, Bytes(40)));

  std::size_t parked = SpiTable::parked_per_spi;
  Spi last{};
  while (spis.park(last = spis.draw().spi(), Bytes(40))) {
    for (++parked; spis.park(last, Bytes(40)); ++parked) {
    }
  }
  CHECK(parked == SpiTable::parked_in_all);
  // Whoever ends makes room.
  spis.release(first);
  CHECK(spis.park(last, Bytes(40)));
}

}  // namespace
}  // namespace ipop::crypto
