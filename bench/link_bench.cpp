// Setting up secured links: how much processor time a mutual handshake takes, and what a flood of
// first messages costs the node that gets it.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "crypto/aead.hpp"
#include "crypto/certificate.hpp"
#include "crypto/certificate_authority.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/handshake.hpp"
#include "crypto/trust_store.hpp"

using namespace ipop;

namespace {

constexpr WallTime wall{1'767'225'600};
constexpr WallTime not_before = wall - std::chrono::hours(24);
constexpr WallTime not_after = wall + std::chrono::hours(24 * 90);
constexpr double measured_seconds = 1.5;  // of processor time: hundreds of handshakes

struct Identity {
  crypto::PrivateKey key;
  NodeId id;
  std::unique_ptr<crypto::HandshakeFactory> handshakes;
};

Identity make_identity(std::string_view seed) {
  auto key = crypto::PrivateKey::from_seed(as_bytes(seed));
  const Bytes serial(8, std::byte{0x11});
  const auto certificate = crypto::make_self_signed(key, seed, serial, not_before, not_after);
  const NodeId id = *crypto::node_id_of(key.public_key());
  auto handshakes = crypto::make_tls_handshake_factory(key, certificate);
  return {std::move(key), id, std::move(handshakes)};
}

crypto::CertificateAuthority make_authority() {
  const auto key = crypto::PrivateKey::from_seed(as_bytes("authority"));
  return *crypto::CertificateAuthority::create(key, "bench", Bytes(16, std::byte{0x22}), not_before, not_after);
}

// A member of the closed group of `authority`; another `number`, another certificate.
Identity make_member(std::string_view seed, const crypto::CertificateAuthority& authority, std::uint64_t number = 1) {
  auto key = crypto::PrivateKey::from_seed(as_bytes(seed));
  crypto::CertificateAuthority::Fields fields;
  fields.user = seed;
  fields.serial = Bytes(8, std::byte{0x33});
  ByteWriter(fields.serial).write(number);
  fields.not_before = not_before;
  fields.not_after = not_after;
  const auto certificate = authority.sign(key.public_key(), fields);
  const NodeId id = *crypto::node_id_of(*certificate, crypto::GroupKind::closed);
  auto handshakes = crypto::make_tls_handshake_factory(key, *certificate);
  return {std::move(key), id, std::move(handshakes)};
}

// One full handshake of both ends in this thread; false when it failed.
bool shake_hands(const Identity& client, const Identity& server,
                 const std::shared_ptr<const crypto::TrustStore>& trust) {
  const auto a = client.handshakes->make(crypto::HandshakeRole::client, wall, trust);
  const auto b = server.handshakes->make(crypto::HandshakeRole::server, wall, trust);
  using State = crypto::Handshake::State;
  State state_a = a->advance({});
  State state_b = State::running;
  for (int turn = 0; turn < 10 && (state_a == State::running || state_b == State::running); ++turn) {
    if (const Bytes octets = a->take_outgoing(); !octets.empty()) state_b = b->advance(octets);
    if (const Bytes octets = b->take_outgoing(); !octets.empty()) state_a = a->advance(octets);
  }
  if (state_a != State::done || state_b != State::done) return false;
  const Bytes context(32);
  bench::keep(a->export_keys(context));
  bench::keep(b->export_keys(context));
  return true;
}

crypto::Carrier carrier_of(std::uint32_t number) {
  Bytes octets;
  ByteWriter(octets).write(number);
  return crypto::Carrier(crypto::Carrier::Transport::endpoint, octets, {});
}

struct End {
  crypto::ChannelTable table;
  crypto::Carrier place;
  bool open = false;
};

// Carries packets between the two ends until both have the channel or nothing moves.
bool open_channel(End& from, End& to, TimePoint now) {
  from.open = to.open = false;
  from.table.open(now, to.place, std::nullopt, 1);
  for (int turn = 0; turn < 40 && !(from.open && to.open); ++turn) {
    for (const auto& [source, target] : {std::pair(&from, &to), std::pair(&to, &from)}) {
      while (auto output = source->table.poll_output()) {
        if (const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output)) {
          for (const Bytes& packet : transmit->packets) {
            const crypto::ChannelTable::Incoming incoming{source->place, packet};
            target->table.handle_packets(now, std::span(&incoming, 1));
          }
        } else if (std::holds_alternative<crypto::ChannelTable::Opened>(*output)) {
          source->open = true;
        }
      }
    }
  }
  return from.open && to.open;
}

crypto::ChannelTable make_table(const Identity& identity, const crypto::Basis& basis, crypto::AeadFactory& aeads,
                                Rng& rng) {
  return {{.self = identity.id, .context = to_bytes(as_bytes("bench"))}, basis, *identity.handshakes, aeads, rng};
}

double seconds_since(double begin) {
  return bench::processor_seconds() - begin;
}

void measure_handshakes(bench::Report& report, const std::string& name, const Identity& a, const Identity& b,
                        const std::shared_ptr<const crypto::TrustStore>& trust) {
  report.progress(name);
  const auto begin = bench::processor_seconds();
  int count = 0;
  bool good = true;
  while (seconds_since(begin) < measured_seconds) {
    good = shake_hands(a, b, trust) && good;
    ++count;
  }
  report.add(name, count / seconds_since(begin), "/s", bench::at_least(500),
             good ? "full, mutual, both ends, of processor time" : "some failed");
}

// Members that never met: more of them than a trust store remembers.
void measure_first_handshakes(bench::Report& report, const crypto::CertificateAuthority& authority,
                              const std::shared_ptr<const crypto::TrustStore>& trust) {
  report.progress("members who never met");
  std::vector<Identity> members;
  for (std::uint64_t i = 0; i < 1100; ++i)
    members.push_back(make_member("alice", authority, i + 100));
  const auto begin = bench::processor_seconds();
  std::size_t count = 0;
  bool good = true;
  while (seconds_since(begin) < measured_seconds) {
    good = shake_hands(members[2 * count % 1100], members[(2 * count + 1) % 1100], trust) && good;
    ++count;
  }
  report.add("closed_handshakes_first", static_cast<double>(count) / seconds_since(begin), "/s", bench::at_least(500),
             good ? "the same between members who never met" : "some failed");
}

void measure_channels(bench::Report& report, const Identity& a, const Identity& b, const crypto::Basis& basis,
                      crypto::AeadFactory& aeads, Rng& rng) {
  report.progress("channels");
  const auto begin = bench::processor_seconds();
  int count = 0;
  bool good = true;
  while (seconds_since(begin) < measured_seconds) {
    End from{make_table(a, basis, aeads, rng), carrier_of(1)};
    End to{make_table(b, basis, aeads, rng), carrier_of(2)};
    good = open_channel(from, to, TimePoint{} + 1s) && good;
    ++count;
  }
  report.add("channels", count / seconds_since(begin), "/s", std::nullopt,
             good ? "cookie, handshake frames and keys, both ends" : "some did not open");
}

// Spoofed first messages, each from another place: what one costs, and what is sent in return.
void measure_flood(bench::Report& report, const Identity& a, const Identity& b, const crypto::Basis& basis,
                   crypto::AeadFactory& aeads, Rng& rng) {
  report.progress("flood");
  auto attacker = make_table(a, basis, aeads, rng);
  attacker.open(TimePoint{}, carrier_of(1), std::nullopt, 1);
  Bytes first;
  while (auto output = attacker.poll_output()) {
    if (const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output)) first = transmit->packets.at(0);
  }
  auto victim = make_table(b, basis, aeads, rng);
  constexpr std::uint32_t messages = 50'000;
  TimePoint now{};
  std::uint64_t octets = 0;
  const auto begin = bench::processor_seconds();
  for (std::uint32_t i = 0; i < messages; ++i) {
    now += 20us;  // 50,000 a second
    const crypto::ChannelTable::Incoming incoming{carrier_of(i + 10), first};
    victim.handle_packets(now, std::span(&incoming, 1));
    while (auto output = victim.poll_output()) {
      if (const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output)) {
        for (const Bytes& packet : transmit->packets)
          octets += packet.size();
      }
    }
  }
  const double taken = seconds_since(begin);
  report.add("flood_first_message", 1e9 * taken / messages, "ns", std::nullopt, "a spoofed first message");
  report.add("flood_answered", static_cast<double>(octets) / (static_cast<double>(first.size()) * messages), "times",
             bench::at_most(1), "octets out for octets in");
  report.add("flood_channels", static_cast<double>(victim.size()), "channels", bench::at_most(0), "left behind by it");
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed = bench::parse_options(argc, argv, "link_bench",
                                           "Handshakes and channels a second, and the cost of a flood.", streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  bench::Report report("link", options.seed, options.output, streams);
  SeededRng rng(options.seed);
  const auto aeads = crypto::make_best_aead_factory();
  Identity a = make_identity("a");
  Identity b = make_identity("b");
  if (b.id < a.id) std::swap(a, b);
  const auto authority = make_authority();
  const auto closed = crypto::TrustStore::closed_group(authority.certificate());
  measure_handshakes(report, "handshakes", a, b, crypto::TrustStore::open_group());
  measure_handshakes(report, "closed_handshakes", make_member("alice", authority), make_member("bob", authority),
                     *closed);
  measure_first_handshakes(report, authority, *closed);
  crypto::Basis basis;
  basis.set_wall_time(TimePoint{}, wall);
  measure_channels(report, a, b, basis, *aeads, rng);
  measure_flood(report, a, b, basis, *aeads, rng);
  return cli::to_int(report.finish());
}
