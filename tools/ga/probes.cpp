#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>

#include "crypto/aead.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/handshake.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/ping_socket.hpp"
#include "io/resolver.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"
#include "io/udp_port.hpp"
#include "look.hpp"
#include "net/icmp.hpp"
#include "node_waiting.hpp"
#include "overlay/link_context.hpp"

namespace ipop::ga {
namespace {

using Endpoints = std::vector<net::Endpoint>;

constexpr Duration look_up_limit = 6s;

/// Resolves all names at once; those that did not come in time have an error.
std::map<std::string, Result<Endpoints>> resolve_all(const std::vector<groups::BootstrapEntry>& names) {
  std::map<std::string, Result<Endpoints>> out;
  for (const auto& name : names)
    out.insert_or_assign(to_string(name), Result<Endpoints>(Errc::not_found, "no answer in time"));
  io::EventLoop loop;
  auto resolver = io::Resolver::open(loop);
  if (!resolver) return out;
  std::size_t waiting = names.size();
  for (const auto& name : names) {
    resolver->resolve(name.host, name.port, [&out, &waiting, key = to_string(name)](Result<Endpoints> found) {
      out.insert_or_assign(key, std::move(found));
      --waiting;
    });
  }
  loop.run_until([&waiting] { return waiting == 0; }, look_up_limit);
  return out;
}

/// A stranger with a key of its own that says hello to nodes of a ring, and hears whether anything comes back.
class Greeter {
 public:
  static Result<std::unique_ptr<Greeter>> open(const std::string& name_space) {
    auto key = crypto::PrivateKey::generate();
    if (!key) return std::move(key).error();
    auto port = io::UdpPort::open(0);
    if (!port) return std::move(port).error();
    return std::make_unique<Greeter>(*key, *std::move(port), name_space);
  }

  Greeter(const crypto::PrivateKey& key, io::UdpPort port, const std::string& name_space)
      : port_(std::move(port)),
        handshakes_(crypto::make_tls_handshake_factory(
            key, crypto::make_self_signed(key, "ga doctor", Bytes(8, std::byte{1}),
                                          io::wall_time_now() - std::chrono::hours(1),
                                          io::wall_time_now() + std::chrono::hours(1)))),
        aeads_(crypto::make_best_aead_factory()),
        table_({.self = *crypto::node_id_of(key.public_key()), .context = overlay::link_context(as_bytes(name_space))},
               basis_, *handshakes_, *aeads_, rng_),
        timer_(loop_, [this] {
          table_.handle_timeout(io::monotonic_now());
          drain();
        }) {
    basis_.set_wall_time(io::monotonic_now(), io::wall_time_now());
  }

  /// Those of `targets` that answered within `limit`.
  std::set<net::Endpoint> greet(const Endpoints& targets, Duration limit) {
    targets_ = targets;
    std::vector<io::ReadWatch> watches;
    watches.emplace_back(loop_, port_.fds(io::UdpPort::Family::ipv4).front(),
                         [this] { read(io::UdpPort::Family::ipv4); });
    if (port_.has_ipv6())
      watches.emplace_back(loop_, port_.fds(io::UdpPort::Family::ipv6).front(),
                           [this] { read(io::UdpPort::Family::ipv6); });
    for (std::size_t i = 0; i < targets_.size(); ++i)
      table_.open(io::monotonic_now(), carrier_of(i), std::nullopt, i);
    drain();
    loop_.run_until([this] { return answered_.size() == targets_.size(); }, limit);
    return answered_;
  }

 private:
  static crypto::Carrier carrier_of(std::size_t index) {
    return crypto::Carrier(crypto::Carrier::Transport::endpoint, as_bytes(std::to_string(index)), {});
  }

  void drain() {
    while (auto output = table_.poll_output()) {
      const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output);
      if (transmit == nullptr) continue;
      for (std::size_t i = 0; i < targets_.size(); ++i)
        if (transmit->to == carrier_of(i)) port_.send(targets_[i], transmit->packets);
    }
    if (const auto next = table_.poll_timeout()) timer_.arm(*next);
  }

  void read(io::UdpPort::Family family) {
    while (true) {
      const auto datagrams = port_.receive(family);
      if (datagrams.empty()) return;
      for (const auto& datagram : datagrams) {
        const auto target = std::ranges::find(targets_, datagram.from);
        if (target == targets_.end() || !answered_.insert(datagram.from).second) continue;
        table_.cancel(carrier_of(static_cast<std::size_t>(target - targets_.begin())));
      }
    }
  }

  io::EventLoop loop_;
  io::SystemRng rng_;
  io::UdpPort port_;
  std::unique_ptr<crypto::HandshakeFactory> handshakes_;
  std::unique_ptr<crypto::AeadFactory> aeads_;
  crypto::Basis basis_;
  crypto::ChannelTable table_;
  io::LoopTimer timer_;
  Endpoints targets_;
  std::set<net::Endpoint> answered_;
};

/// Where this machine's node can be reached, so that it does not ask itself.
std::set<net::Endpoint> own_endpoints(const Look& look) {
  std::set<net::Endpoint> out;
  if (!look.facts.status) return out;
  out.insert(look.facts.status->local_endpoints.begin(), look.facts.status->local_endpoints.end());
  out.insert(look.facts.status->observed_endpoints.begin(), look.facts.status->observed_endpoints.end());
  return out;
}

health::LookUpFact look_up(const std::string& name, std::optional<net::Ipv4Address> expected) {
  const groups::BootstrapEntry entry{name, 1};
  const auto found = resolve_all({entry}).begin()->second;
  if (!found) return {name, found.error().message(), {}};
  if (found->empty()) return {name, "no address", {}};
  const auto is_expected = [&](const net::Endpoint& endpoint) { return endpoint.ipv4() == expected; };
  if (expected && std::ranges::none_of(*found, is_expected))
    return {name, "it says " + to_string(found->front()) + ", which is not " + to_string(*expected), {}};
  return {name, {}, {}};
}

/// Whom the system's resolver asks (resolv.conf(5)).
std::string configured_servers() {
  constexpr std::size_t largest_resolv_conf = 65'536;
  const auto text = io::read_file("/etc/resolv.conf", largest_resolv_conf);
  if (!text) return "no server: " + text.error().message();
  std::istringstream lines(*text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    std::string server;
    if (words >> key >> server && key == "nameserver") out += (out.empty() ? "" : ", ") + server;
  }
  return out.empty() ? "no server: /etc/resolv.conf names none" : out;
}

// IPv4 and ICMP echo (RFC 791, 792).
constexpr std::size_t ping_headers = 28;
constexpr std::size_t small_ping = 56;
constexpr std::size_t usual_mtu = 1400;
constexpr std::size_t smallest_path = ping_headers + small_ping;

std::size_t mtu_of(const std::string& interface) {
  const auto text = io::read_file("/sys/class/net/" + interface + "/mtu", 64);
  std::size_t mtu = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), mtu);
  return mtu > ping_headers + small_ping && mtu <= 1500 ? mtu : usual_mtu;
}

}  // namespace

void look_at_bootstrap(Look& look, Duration limit) {
  auto& out = look.facts.bootstrap.emplace();
  if (!look.group || look.group->bootstrap.empty()) return;
  const auto resolved = resolve_all(look.group->bootstrap);
  const std::set<net::Endpoint> own = own_endpoints(look);
  std::set<net::Endpoint> linked;
  for (const node::PeerRow& peer : look.facts.peers)
    if (peer.endpoint) linked.insert(*peer.endpoint);
  Endpoints unknown;
  for (const auto& [name, endpoints] : resolved) {
    if (!endpoints) continue;
    const auto is_known = [&](const auto& endpoint) { return own.contains(endpoint) || linked.contains(endpoint); };
    if (std::ranges::none_of(*endpoints, is_known)) unknown.insert(unknown.end(), endpoints->begin(), endpoints->end());
  }
  std::set<net::Endpoint> answered;
  if (!unknown.empty()) {
    if (auto greeter = Greeter::open(look.group->name_space); greeter) answered = (*greeter)->greet(unknown, limit);
  }
  for (const auto& entry : look.group->bootstrap) {
    const Result<Endpoints>& endpoints = resolved.at(to_string(entry));
    health::BootstrapFact fact{to_string(entry), {}, false, false, {}};
    if (!endpoints) {
      fact.problem = endpoints.error().message();
    } else {
      const auto any_in = [&](const std::set<net::Endpoint>& set) {
        return std::ranges::any_of(*endpoints, [&](const auto& endpoint) { return set.contains(endpoint); });
      };
      fact.is_self = any_in(own);
      fact.is_linked = any_in(linked);
      if (!fact.is_self && !fact.is_linked) fact.answers = any_in(answered);
    }
    out.push_back(std::move(fact));
  }
}

void look_up_names(Look& look, const std::string& outside) {
  if (look.facts.status && look.facts.status->address) {
    const node::StatusAnswer& status = *look.facts.status;
    std::string name = status.names.empty() ? "" : status.names.back();
    net::Ipv4Address address = *status.address;
    // Another member's name says more than the own one, which may be in /etc/hosts.
    for (const node::MemberRow& member : look.members.members) {
      if (member.id == status.id || !member.address || member.name.empty()) continue;
      name = member.name;
      address = *member.address;
      break;
    }
    if (!name.empty()) look.facts.inside = look_up(name + "." + status.domain, address);
  }
  if (outside == "none") return;
  look.facts.outside = look_up(outside, std::nullopt);
  look.facts.outside->servers = configured_servers();
}

namespace {

constexpr std::size_t most_pinged = 3;

/// The largest packet for the member that the node lets pass, as far as it knows; what it would cut or refuse is no
/// fault of the path.
std::size_t largest_to(const Look& look, net::Ipv4Address address, std::size_t otherwise) {
  auto client = daemon::ControlClient::connect(look.socket);
  if (!client) return otherwise;
  const auto why = tools::ask_node<node::WhyAnswer>(*client, node::WhyCommand{to_string(address)}, answer_limit);
  // An older node does not say it.
  if (!why || !why->report.connection || why->report.connection->carries < smallest_path) return otherwise;
  return std::min<std::size_t>(why->report.connection->carries, otherwise);
}

/// Pings all until both sizes are answered, or the time is over.
void ping_paths(io::PingSocket& socket, std::vector<health::PathFact>& paths) {
  constexpr std::uint16_t rounds = 3;
  constexpr Duration round_time = 700ms;
  constexpr std::uint16_t large_bit = 0x100;
  io::EventLoop loop;
  const auto is_done = [&paths] {
    return std::ranges::all_of(paths, [](const auto& path) { return path.small_answered && path.large_answered; });
  };
  const io::ReadWatch watch(loop, socket.fd(), [&] {
    for (const auto& message : socket.receive()) {
      const auto echo = net::decode_icmp_echo(message.octets);
      if (!echo || !echo->is_reply || echo->identifier != socket.identifier()) continue;
      const auto path = std::ranges::find(paths, message.from, &health::PathFact::address);
      if (path == paths.end()) continue;
      ((echo->sequence_number & large_bit) != 0 ? path->large_answered : path->small_answered) = true;
    }
  });
  for (std::uint16_t round = 0; round < rounds && !is_done(); ++round) {
    for (const auto& path : paths) {
      for (const bool is_large : {false, true}) {
        const auto number = static_cast<std::uint16_t>(round | (is_large ? large_bit : 0U));
        const Bytes payload(is_large ? path.largest - ping_headers : small_ping, std::byte{0x5a});
        Bytes message;
        encode(net::IcmpEcho{false, socket.identifier(), number, payload}, message);
        socket.send(path.address, message);
      }
    }
    loop.run_until(is_done, round_time);
  }
}

}  // namespace

void ping_members(Look& look) {
  look.facts.paths.clear();
  if (!look.facts.status || !look.facts.status->address) return;
  const node::StatusAnswer& status = *look.facts.status;
  const std::size_t mtu = mtu_of(status.interface);
  auto& paths = look.facts.paths;
  for (const node::MemberRow& member : look.members.members) {
    if (member.id == status.id || !member.address || !member.answered || paths.size() == most_pinged) continue;
    const std::string name = member.name.empty() ? to_string(member.id).substr(0, 8) : member.name;
    paths.push_back({.name = name, .address = *member.address, .largest = mtu});
  }
  if (paths.empty()) return;
  io::SystemRng rng;
  auto socket = io::PingSocket::open(*status.address, static_cast<std::uint16_t>(rng.next()));
  auto opened = socket ? socket->forbid_fragments() : Result<void>(socket.error());
  if (!opened) {
    paths.clear();
    look.facts.path_problem = opened.error().message();
    return;
  }
  ping_paths(*socket, paths);
  // The first pings may have made the link whose width is asked for here.
  bool are_narrow = false;
  for (auto& path : paths) {
    if (path.large_answered) continue;
    path.largest = largest_to(look, path.address, mtu);
    path.is_narrow = path.largest < mtu;
    are_narrow = are_narrow || path.is_narrow;
  }
  if (are_narrow) ping_paths(*socket, paths);
}

}  // namespace ipop::ga
