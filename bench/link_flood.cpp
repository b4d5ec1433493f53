// What stands against a node in bench/flood.sh and tests/netns/flood.sh: a sender of first messages
// under invented addresses, and a stranger who opens channels as every node does and counts the time.
//
//   link_flood flood  ADDRESS PORT NAMESPACE RATE SECONDS   needs CAP_NET_RAW; sources in 198.18.0.0/15
//   link_flood honest ADDRESS PORT NAMESPACE RATE SECONDS   at most RATE channels a second, one at a time
//
// Prints one JSON object. Exit status: 0 done, 1 the system refused, 2 used wrongly.

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "crypto/aead.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/handshake.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"
#include "io/unique_fd.hpp"

using namespace ipop;

namespace {

struct Options {
  sockaddr_in target{};
  Bytes context{};  ///< of the links of the group
  unsigned rate = 0;
  Duration time{};
};

/// Of the links of a group, as lib/overlay mixes it.
Bytes context_of(std::string_view name_space) {
  Bytes text = to_bytes(as_bytes("ipop link 2\n"));
  append(text, as_bytes(name_space));
  const auto digest = crypto::sha256(text);
  return {digest.begin(), digest.end()};
}

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

/// Stands for the target in a table that has one peer only.
crypto::Carrier the_target() {
  return crypto::Carrier(crypto::Carrier::Transport::endpoint, as_bytes("target"), {});
}

/// A stranger with a key of its own, as a node that is new.
struct Stranger {
  explicit Stranger(Rng& rng, const Bytes& context) : Stranger(*crypto::PrivateKey::generate(), rng, context) {}
  Stranger(const crypto::PrivateKey& key, Rng& rng, const Bytes& context)
      : handshakes(crypto::make_tls_handshake_factory(
            key, crypto::make_self_signed(key, "stranger", Bytes(8, std::byte{1}),
                                          io::wall_time_now() - std::chrono::hours(1),
                                          io::wall_time_now() + std::chrono::hours(1)))),
        aeads(crypto::make_best_aead_factory()),
        table({.self = *crypto::node_id_of(key.public_key()), .context = context}, basis, *handshakes, *aeads, rng) {
    basis.set_wall_time(io::monotonic_now(), io::wall_time_now());
  }

  std::unique_ptr<crypto::HandshakeFactory> handshakes;
  std::unique_ptr<crypto::AeadFactory> aeads;
  crypto::Basis basis;
  crypto::ChannelTable table;
};

// --- the flood ------------------------------------------------------------------------------------------

constexpr std::size_t ip_header = 20;
constexpr std::size_t udp_header = 8;
constexpr std::size_t session_at = 16;  // behind the head of a handshake message
constexpr std::size_t batch = 64;

/// IPv4 and UDP (RFC 791, 768) before `first`; the kernel adds the checksum, UDP may go without.
Bytes raw_packet(const sockaddr_in& target, const Bytes& first) {
  Bytes out;
  ByteWriter to(out);
  to.write(std::uint8_t{0x45});
  to.write(std::uint8_t{0});
  to.write(static_cast<std::uint16_t>(ip_header + udp_header + first.size()));
  to.write(std::uint32_t{0});
  to.write(std::uint8_t{64});
  to.write(std::uint8_t{IPPROTO_UDP});
  to.write(std::uint16_t{0});
  to.write(std::uint32_t{0});  // the source is written for each packet
  to.write(ntohl(target.sin_addr.s_addr));
  to.write(std::uint16_t{0});
  to.write(ntohs(target.sin_port));
  to.write(static_cast<std::uint16_t>(udp_header + first.size()));
  to.write(std::uint16_t{0});
  append(out, first);
  return out;
}

/// Another source address and port, and another session, as from another node.
void invent(Bytes& packet, Rng& rng) {
  const std::uint64_t chance = rng.next();
  const std::uint32_t source = (198U << 24U) | (18U << 16U) | static_cast<std::uint32_t>(chance & 0x1ffffU);
  const auto port = static_cast<std::uint16_t>(1024 + ((chance >> 20U) & 0x7fffU));
  for (unsigned i = 0; i < 4; ++i)
    packet[12 + i] = static_cast<std::byte>(source >> (24 - 8 * i));
  packet[ip_header] = static_cast<std::byte>(port >> 8U);
  packet[ip_header + 1] = static_cast<std::byte>(port & 0xffU);
  const std::uint64_t session = rng.next() | (std::uint64_t{1} << 32U);
  std::memcpy(packet.data() + ip_header + udp_header + session_at, &session, sizeof(session));
  packet[ip_header + udp_header + session_at] |= std::byte{1};  // small SPIs are reserved
}

Bytes first_message(const Options& options, Rng& rng) {
  Stranger stranger(rng, options.context);
  stranger.table.open(io::monotonic_now(), the_target(), std::nullopt, 1);
  while (auto output = stranger.table.poll_output()) {
    if (auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output)) return transmit->packets.at(0);
  }
  return {};
}

int flood(const Options& options) {
  const io::UniqueFd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  if (fd.get() < 0) {
    std::perror("link_flood: raw socket");
    return 1;
  }
  io::SystemRng seed;
  SeededRng rng(seed.next());
  std::vector<Bytes> packets(batch, raw_packet(options.target, first_message(options, seed)));
  sockaddr_in to = options.target;
  to.sin_port = 0;
  std::vector<iovec> pieces(batch);
  std::vector<mmsghdr> messages(batch);
  for (std::size_t i = 0; i < batch; ++i) {
    pieces[i] = {packets[i].data(), packets[i].size()};
    messages[i].msg_hdr = {};
    messages[i].msg_hdr.msg_name = &to;
    messages[i].msg_hdr.msg_namelen = sizeof(to);
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const TimePoint begin = io::monotonic_now();
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;
  Duration passed{};
  while ((passed = io::monotonic_now() - begin) < options.time) {
    const auto due = static_cast<std::uint64_t>(seconds(passed) * options.rate);
    if (due <= sent + refused) {
      std::this_thread::sleep_for(200us);
      continue;
    }
    const auto count = static_cast<unsigned>(std::min<std::uint64_t>(batch, due - sent - refused));
    for (unsigned i = 0; i < count; ++i)
      invent(packets[i], rng);
    const int done = ::sendmmsg(fd.get(), messages.data(), count, 0);
    if (done > 0) sent += static_cast<unsigned>(done);
    if (done <= 0) ++refused;
  }
  std::printf("{\"sent\":%llu,\"rate\":%.0f,\"refused\":%llu}\n", static_cast<unsigned long long>(sent),
              static_cast<double>(sent) / seconds(passed), static_cast<unsigned long long>(refused));
  return 0;
}

// --- honest strangers -----------------------------------------------------------------------------------

/// How long the channel took; none when the node refused or did not answer in time.
std::optional<Duration> open_channel(const Options& options, Rng& rng) {
  Stranger stranger(rng, options.context);
  const io::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0 ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&options.target), sizeof(options.target)) != 0) {
    return std::nullopt;
  }
  const TimePoint begin = io::monotonic_now();
  stranger.table.open(begin, the_target(), std::nullopt, 1);
  std::optional<crypto::ChannelId> opened;
  bool failed = false;
  const auto drain = [&] {
    while (auto output = stranger.table.poll_output()) {
      if (const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output)) {
        for (const Bytes& packet : transmit->packets)
          static_cast<void>(::send(fd.get(), packet.data(), packet.size(), 0));
      }
      if (const auto* open = std::get_if<crypto::ChannelTable::Opened>(&*output)) opened = open->id;
      failed = failed || std::holds_alternative<crypto::ChannelTable::OpenFailed>(*output);
    }
  };
  drain();
  std::vector<std::byte> buffer(65536);
  while (!opened && !failed) {
    const TimePoint now = io::monotonic_now();
    const auto due = stranger.table.poll_timeout().value_or(now + 1s);
    pollfd waiting{fd.get(), POLLIN, 0};
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(due - now).count();
    static_cast<void>(::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(pause, 0, 1000))));
    const auto size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    const TimePoint after = io::monotonic_now();
    if (size > 0) {
      const crypto::ChannelTable::Incoming incoming{the_target(),
                                                    ByteSpan(buffer).first(static_cast<std::size_t>(size))};
      stranger.table.handle_packets(after, std::span(&incoming, 1));
    } else {
      stranger.table.handle_timeout(after);
    }
    drain();
  }
  const Duration took = io::monotonic_now() - begin;
  if (!opened) return std::nullopt;
  stranger.table.close(io::monotonic_now(), *opened);
  drain();
  return took;
}

int honest(const Options& options) {
  io::SystemRng rng;
  const TimePoint end = io::monotonic_now() + options.time;
  std::vector<double> times;
  std::size_t failed = 0;
  while (io::monotonic_now() < end) {
    const TimePoint next = io::monotonic_now() + std::chrono::nanoseconds(1'000'000'000 / options.rate);
    if (const auto time = open_channel(options, rng)) {
      times.push_back(seconds(*time));
    } else {
      ++failed;
    }
    std::this_thread::sleep_for(next - io::monotonic_now());
  }
  std::ranges::sort(times);
  const auto at = [&](double share) {
    if (times.empty()) return 0.0;
    return times[std::min(times.size() - 1, static_cast<std::size_t>(share * static_cast<double>(times.size())))];
  };
  std::printf("{\"opened\":%zu,\"failed\":%zu,\"p50\":%.4f,\"p99\":%.4f,\"most\":%.4f}\n", times.size(), failed,
              at(0.5), at(0.99), at(1));
  return 0;
}

// --- the command line -----------------------------------------------------------------------------------

bool parse_number(const char* text, unsigned most, unsigned& out) {
  const char* end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, out);
  return result.ec == std::errc{} && result.ptr == end && out > 0 && out <= most;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.target.sin_family = AF_INET;
  unsigned port = 0;
  unsigned time = 0;
  const std::string_view what = argc == 7 ? argv[1] : "";
  if ((what != "flood" && what != "honest") || ::inet_pton(AF_INET, argv[2], &options.target.sin_addr) != 1 ||
      !parse_number(argv[3], 65535, port) || !parse_number(argv[5], 1'000'000, options.rate) ||
      !parse_number(argv[6], 3600, time)) {
    std::fputs("usage: link_flood flood|honest ADDRESS PORT NAMESPACE RATE SECONDS\n", stderr);
    return 2;
  }
  options.target.sin_port = htons(static_cast<std::uint16_t>(port));
  options.context = context_of(argv[4]);
  options.time = std::chrono::seconds(time);
  return what == "flood" ? flood(options) : honest(options);
}
