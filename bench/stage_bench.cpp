// Nanoseconds a packet for the stages of the data path.

#include <algorithm>
#include <functional>
#include <memory>

#include "base/rng.hpp"
#include "bench/frame_source.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "crypto/aead.hpp"
#include "crypto/replay_window.hpp"
#include "crypto/session.hpp"
#include "dataplane/worker.hpp"
#include "io/tap_device.hpp"
#include "io/udp_port.hpp"
#include "net/checksum.hpp"
#include "support/own_network.hpp"

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
  auto key = some_key(rng);
  key.suite = factory.offers().front();
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
  const double time = best_nanoseconds([&] {
    packet.clear();
    out.clear();
    good = ours.seal(plain, packet).has_value() &&
           theirs.open(packet, out).verdict == crypto::Session::Verdict::accepted && good;
  });
  report.add("packet_" + std::to_string(size), time, "ns", std::nullopt,
             good ? "sealed, opened, replay window" : "failed");
}

// --- the data plane: one large TCP packet of 45 segments, as a kernel hands it over -------------------------------

constexpr std::size_t segment = 1348;
constexpr std::size_t segments = 45;
constexpr int large_calls = 400;
constexpr net::MacAddress own_mac({std::byte{0xfe}, std::byte{0xfd}});
constexpr net::MacAddress guest_mac({std::byte{2}, std::byte{9}});
const net::Endpoint peer{net::Ipv4Address(192, 0, 2, 2), 5000};

/// Nanoseconds of processor time a packet; `prepare` is not measured.
double best_of_large(const std::function<void()>& prepare, const std::function<void()>& call) {
  double best = 1e18;
  for (int round = 0; round < rounds; ++round) {
    double sum = 0;
    for (int i = 0; i < large_calls; ++i) {
      prepare();
      const double begin = bench::processor_seconds();
      call();
      sum += bench::processor_seconds() - begin;
    }
    best = std::min(best, sum * 1e9 / large_calls / segments);
  }
  return best;
}

struct LargeFrame {
  net::VnetHeader header{};
  Bytes octets{};
};
LargeFrame make_large(Rng& rng) {
  using namespace dataplane;
  LargeFrame out;
  out.octets.resize(ethernet_header + ip::header + tcp::header + segments * segment);
  rng.fill(out.octets);
  std::ranges::copy(own_mac.octets(), out.octets.begin());
  set_word(out.octets, 2 * net::MacAddress::size, 0x0800);
  const Octets packet = Octets(out.octets).subspan(ethernet_header);
  set_word(packet, 0, 0x4500);
  set_word(packet, ip::total_length, packet.size());
  set_word(packet, ip::fragment, 0x4000);
  set_octet(packet, ip::protocol, ip::tcp);
  set_long(packet, ip::source, net::Ipv4Address(10, 128, 0, 1).value());
  set_long(packet, ip::destination, net::Ipv4Address(10, 128, 0, 2).value());
  set_word(packet, ip::header + tcp::data_offset, 0x5010);
  set_word(packet, ip::header + tcp::urgent, 0);
  out.header.has_checksum_to_do = true;
  out.header.cut = net::VnetHeader::Cut::tcp4;
  out.header.segment = segment;
  out.header.checksum_start = ethernet_header + ip::header;
  out.header.checksum_offset = tcp::checksum;
  return out;
}

/// Through a TAP in a network of its own; what is written meets no address there and is dropped behind the TAP.
void measure_tap(bench::Report& report, const LargeFrame& from_kernel, std::span<const net::JoinedFrame> to_kernel,
                 const cli::Streams& streams) {
  report.progress("TAP");
  const bool has_network = test_support::in_own_network([&] {
    auto tap = io::TapDevice::open({.name = "stage0", .mac = guest_mac});
    if (!tap || !tap->offloads().tcp) {
      streams.err << "no TAP that takes large packets: tap_write and tap_read are left out\n";
      return;
    }
    const double write = best_of_large([] {}, [&] { tap->write(to_kernel); });
    const auto written = tap->counters().get("tap_written");
    report.add("tap_write", write, "ns", std::nullopt,
               written == std::uint64_t{rounds} * large_calls ? "in one piece, into a TAP" : "failed");
    bench::FrameSource source(tap->index());
    Bytes octets = from_kernel.octets;
    const net::TapFrame frame{from_kernel.header, octets};
    std::size_t frames = 0;
    const auto take = [&] {
      for (auto taken = tap->read(); !taken.empty(); taken = tap->read())
        frames += static_cast<std::size_t>(
            std::ranges::count_if(taken, [&](const net::TapFrame& it) { return it.header.segment == segment; }));
    };
    take();  // what the kernel says by itself when an interface comes up
    bool is_sent = true;
    const double read = best_of_large([&] { is_sent = source.send(frame) && is_sent; }, take);
    report.add("tap_read", read, "ns", std::nullopt,
               is_sent && frames == std::size_t{rounds} * large_calls ? "in one piece, from a TAP" : "failed");
  });
  if (!has_network) streams.err << "no right to make a network namespace: tap_write and tap_read are left out\n";
}

void measure_data_plane(bench::Report& report, crypto::AeadFactory& aeads, Rng& rng, const cli::Streams& streams) {
  using namespace dataplane;
  const LargeFrame large = make_large(rng);
  Bytes frame = large.octets;
  const auto refill = [&] { std::ranges::copy(large.octets, frame.begin()); };
  report.progress("split");
  report.add("split",
             best_of_large(refill,
                           [&] {
                             Segmenter segmenter;
                             bench::keep(segmenter.begin(large.header, Octets(frame).subspan(ethernet_header)));
                             while (!segmenter.next().empty()) {
                             }
                           }),
             "ns", std::nullopt, "with checksums");

  std::vector<Bytes> packets;
  refill();
  Segmenter segmenter;
  static_cast<void>(segmenter.begin(large.header, Octets(frame).subspan(ethernet_header)));
  for (Octets packet = segmenter.next(); !packet.empty(); packet = segmenter.next())
    packets.push_back(to_bytes(packet));
  const Bytes first = packets.front();
  Coalescer coalescer(own_mac, {true, false});
  report.progress("coalesce");
  std::size_t frames = 0;
  const double coalesce = best_of_large(
      [&] {
        packets.front() = first;
        coalescer.clear();
      },
      [&] {
        for (Bytes& packet : packets)
          coalescer.add(packet, guest_mac);
        frames = coalescer.finish().size();
      });
  report.add("coalesce", coalesce, "ns", std::nullopt, frames == 1 ? "with checksums" : "failed");

  const TimePoint now = TimePoint{} + 1h;
  const crypto::SessionKeys keys{some_key(rng), some_key(rng)};
  Worker left({own_mac, {true, false}}, aeads);
  Worker right({own_mac, {true, false}}, aeads);
  left.handle_order(InstallLane{crypto::Spi{257}, crypto::Spi{259}, keys, NodeId()});
  right.handle_order(InstallLane{crypto::Spi{259}, crypto::Spi{257}, {keys.receive, keys.send}, NodeId()});
  const net::Ipv4Address from(10, 128, 0, 1);
  const net::Ipv4Address to(10, 128, 0, 2);
  left.handle_order(InstallFlow{from, to, crypto::Lanes{crypto::Spi{256}, 1}, peer, 1400, true, now + 1h});
  right.handle_order(InstallSource{NodeId(), from, to, guest_mac, true, now + 1h});
  Worker::Outcome sent;
  const auto send = [&] {
    const net::TapFrame input{large.header, frame};
    sent = left.handle_frames(now, {&input, 1});
  };
  report.progress("worker");
  report.add("worker_out", best_of_large(refill, send), "ns", std::nullopt, "split, sealed, laid out");
  Worker::Outcome arrived;
  const double worker_in = best_of_large(
      [&] {
        refill();
        send();
      },
      [&] {
        Worker::Place place;
        arrived = right.handle_datagrams(now, sent.sends, place);
      });
  report.add("worker_in", worker_in, "ns", std::nullopt, arrived.frames.size() == 1 ? "opened, joined" : "failed");
  measure_tap(report, large, arrived.frames, streams);

  report.progress("UDP");
  auto a = io::UdpPort::open(0);
  auto b = io::UdpPort::open(0);
  if (!a || !b) return;
  const net::Endpoint there{net::Ipv4Address(127, 0, 0, 1), b->port()};
  Bytes datagrams(segments * (segment + 80));
  const net::Datagrams run{there, datagrams, segment + 80};
  const auto take = [&] {
    while (!b->receive_joined(b->fds(io::UdpPort::Family::ipv4).front()).empty()) {
    }
  };
  report.add("udp_send", best_of_large(take, [&] { a->send_joined({&run, 1}); }), "ns", std::nullopt, "over loopback");
  report.add("udp_receive",
             best_of_large(
                 [&] {
                   a->send_joined({&run, 1});
                 },
                 take),
             "ns", std::nullopt, "over loopback");
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed =
      bench::parse_options(argc, argv, "stage_bench", "Nanoseconds a packet for each stage of the data path.", streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  bench::Report report("stage", options.seed, options.output, streams);
  SeededRng rng(options.seed);

  const auto openssl = crypto::make_openssl_aead_factory();
  const auto ipsec_mb = crypto::make_ipsec_mb_aead_factory();
  const auto chacha20 = crypto::make_chacha20_aead_factory();
  const auto best = crypto::make_best_aead_factory();
  for (const std::size_t size : {64U, 1420U}) {
    measure_aead(report, *openssl, size, rng);
    if (ipsec_mb) measure_aead(report, *ipsec_mb, size, rng);
    measure_aead(report, *chacha20, size, rng);
  }
  for (const std::size_t size : {64U, 1420U})
    measure_session(report, *best, size, rng);

  measure_data_plane(report, *best, rng, streams);

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
