// Which implementation of the AEAD a node uses.

#include <algorithm>
#include <limits>

#include "crypto/aead.hpp"

namespace ipop::crypto {
namespace {

// Packets of the size of data, as many as take about a millisecond; the best of a few rounds, since whatever else the
// machine does only makes a round slower.
constexpr std::size_t trial_packet = 1400;
constexpr int trial_packets = 400;
constexpr int trial_rounds = 5;

std::uint64_t trial(AeadFactory& factory, AeadSuite suite, const std::function<std::uint64_t()>& nanoseconds) {
  AeadKey key;
  key.suite = suite;
  const auto aead = factory.make(key);
  const std::array<std::byte, 12> header{};
  Bytes packet(trial_packet + Aead::tag_size);
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t counter = 0;
  for (int round = 0; round < trial_rounds; ++round) {
    const std::uint64_t begin = nanoseconds();
    for (int i = 0; i < trial_packets; ++i)
      aead->seal_to(counter++, header, ByteSpan(packet).first(trial_packet), packet.data());
    best = std::min(best, nanoseconds() - begin);
  }
  return best;
}

}  // namespace

std::unique_ptr<AeadFactory> make_best_aead_factory() {
  if (auto factory = make_ipsec_mb_aead_factory()) return factory;
  return make_openssl_aead_factory();
}

std::unique_ptr<AeadFactory> make_fastest_aead_factory(const std::function<std::uint64_t()>& nanoseconds) {
  auto best = make_openssl_aead_factory();
  std::uint64_t takes = trial(*best, AeadSuite::aes_128_gcm, nanoseconds);
  if (auto ipsec_mb = make_ipsec_mb_aead_factory()) {
    const std::uint64_t other = trial(*ipsec_mb, AeadSuite::aes_128_gcm, nanoseconds);
    if (other <= takes) best = std::move(ipsec_mb);
    takes = std::min(takes, other);
  }
  auto chacha20 = make_chacha20_aead_factory();
  // All links would follow, so a small difference is none.
  if (takes > 3 * trial(*chacha20, AeadSuite::chacha20_poly1305, nanoseconds) / 2) return chacha20;
  return best;
}

std::unique_ptr<AeadFactory> make_named_aead_factory(std::string_view name) {
  if (name == "openssl") return make_openssl_aead_factory();
  if (name == "ipsec-mb") return make_ipsec_mb_aead_factory();
  if (name == to_string(AeadSuite::chacha20_poly1305)) return make_chacha20_aead_factory();
  return nullptr;
}

}  // namespace ipop::crypto
