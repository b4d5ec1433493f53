// Nanoseconds a packet for the stages of the data path that are plain functions.

#include <algorithm>
#include <functional>
#include <memory>

#include "base/rng.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "crypto/aead.hpp"
#include "crypto/replay_window.hpp"
#include "crypto/session.hpp"
#include "net/checksum.hpp"

using namespace ipop;

namespace {

// Of several rounds the best one is taken: what else the machine does only ever makes a round slower.
constexpr int rounds = 15;
constexpr int calls_a_round = 20'000;

double best_nanoseconds(const std::function<void()>& call) {
  double best = 1e18;
  for (int round = 0; round < rounds; ++round) {
    const double begin = bench::processor_seconds();
    for (int i = 0; i < calls_a_round; ++i)
      call();
    best = std::min(best, (bench::processor_seconds() - begin) * 1e9 / calls_a_round);
  }
  return best;
}

crypto::AeadKey some_key(Rng& rng) {
  crypto::AeadKey key;
  rng.fill(key.key);
  rng.fill(key.salt);
  return key;
}

void measure_aead(bench::Report& report, crypto::AeadFactory& factory, std::size_t size, Rng& rng) {
  const std::string suffix = "_" + std::to_string(size) + "_" + std::string(factory.name());
  report.progress("AEAD " + suffix.substr(1));
  const auto key = some_key(rng);
  const auto aead = factory.make(key);
  Bytes plain(size);
  rng.fill(plain);
  const Bytes header(crypto::Session::header_size);
  Bytes out;
  out.reserve(size + crypto::Aead::tag_size);
  std::uint64_t counter = 0;
  report.add("seal" + suffix, best_nanoseconds([&] {
               out.clear();
               aead->seal(counter++, header, plain, out);
             }),
             "ns");
  const Bytes sealed = [&] {
    Bytes made;
    aead->seal(counter, header, plain, made);
    return made;
  }();
  bool opened = true;
  report.add("open" + suffix, best_nanoseconds([&] {
               out.clear();
               opened = aead->open(counter, header, sealed, out) && opened;
             }),
             "ns", std::nullopt, opened ? "" : "did not open");
}

void measure_session(bench::Report& report, crypto::AeadFactory& factory, std::size_t size, Rng& rng) {
  report.progress("session " + std::to_string(size));
  const crypto::SessionKeys keys{some_key(rng), some_key(rng)};
  crypto::Session ours(factory, keys, crypto::Spi{1000}, crypto::Spi{2000});
  crypto::Session theirs(factory, {keys.receive, keys.send}, crypto::Spi{2000}, crypto::Spi{1000});
  Bytes plain(size);
  rng.fill(plain);
  Bytes packet;
  Bytes out;
  bool good = true;
  report.add("packet_" + std::to_string(size), best_nanoseconds([&] {
               packet.clear();
               out.clear();
               good = ours.seal(plain, packet).has_value() &&
                      theirs.open(packet, out).verdict == crypto::Session::Verdict::accepted && good;
             }),
             "ns", std::nullopt, good ? "sealed, opened, replay window" : "failed");
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed = bench::parse_options(
      argc, argv, "stage_bench", "Nanoseconds a packet for AEAD, session, replay window and checksum.", streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  bench::Report report("stage", options.seed, options.output, streams);
  SeededRng rng(options.seed);

  const auto openssl = crypto::make_openssl_aead_factory();
  const auto ipsec_mb = crypto::make_ipsec_mb_aead_factory();
  const auto best = crypto::make_best_aead_factory();
  for (const std::size_t size : {64U, 1420U}) {
    measure_aead(report, *openssl, size, rng);
    if (ipsec_mb) measure_aead(report, *ipsec_mb, size, rng);
  }
  for (const std::size_t size : {64U, 1420U})
    measure_session(report, *best, size, rng);

  crypto::ReplayWindow window;
  std::uint64_t counter = 0;
  report.add("replay_window", best_nanoseconds([&] {
               if (window.is_fresh(counter)) window.mark(counter);
               ++counter;
               bench::keep(window);
             }),
             "ns");
  Bytes packet(1420);
  rng.fill(packet);
  report.add("checksum_1420", best_nanoseconds([&] { bench::keep(net::internet_checksum(packet)); }), "ns");
  return cli::to_int(report.finish());
}
