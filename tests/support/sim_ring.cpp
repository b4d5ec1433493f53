#include "support/sim_ring.hpp"

#include <algorithm>
#include <cassert>
#include <set>

#include "base/machine.hpp"
#include "net/ethernet.hpp"
#include "net/icmp.hpp"
#include "net/ipv4.hpp"
#include "router/mac_table.hpp"
#include "support/stand_in_crypto.hpp"

namespace ipop::test_support {
namespace {

constexpr net::MacAddress client_mac({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
                                      std::byte{1}});
constexpr net::MacAddress peer_mac({std::byte{0xfe}, std::byte{0xfd}, std::byte{0}, std::byte{0}, std::byte{0},
                                    std::byte{0}});

crypto::PrivateKey key_of(std::uint64_t seed, std::size_t index) {
  Bytes octets;
  ByteWriter out(octets);
  out.write(seed);
  out.write(static_cast<std::uint64_t>(index));
  return crypto::PrivateKey::from_seed(octets);
}

Bytes echo_frame(net::Ipv4Address from, net::Ipv4Address to, const net::IcmpEcho& echo) {
  Bytes icmp;
  net::encode(echo, icmp);
  net::Ipv4Packet packet;
  packet.header.protocol = net::IpProtocol::icmp;
  packet.header.source = from;
  packet.header.destination = to;
  packet.payload = icmp;
  Bytes frame;
  net::encode(net::EthernetHeader{peer_mac, client_mac, net::EtherType::ipv4}, frame);
  net::encode(packet, frame);
  return frame;
}

}  // namespace

SimNode::SimNode(node::NodeConfig config, const crypto::PrivateKey& key, SimCrypto crypto, std::uint64_t seed)
    : config_(std::move(config)), key_(key), rng_(seed) {
  if (crypto == SimCrypto::real) {
    std::array<std::byte, 8> serial{};
    rng_.fill(serial);
    const WallTime start{SimRing::start_wall_seconds};
    const auto certificate = config_.certificate
                                 ? *config_.certificate
                                 : crypto::make_self_signed(key_, "sim", serial, start - std::chrono::hours(24),
                                                            start + std::chrono::hours(24 * 3650));
    handshakes_ = crypto::make_tls_handshake_factory(key_, certificate);
    aeads_ = crypto::make_openssl_aead_factory();
  } else {
    StandInCertificate shown;
    NodeId self = *crypto::node_id_of(key_.public_key());
    if (config_.certificate) {
      shown = {config_.trust->authority()->fingerprint(), config_.certificate->key_fingerprint(),
               config_.certificate->user()};
      self = *crypto::node_id_of(*config_.certificate, crypto::GroupKind::closed);
    }
    handshakes_ = std::make_unique<StandInHandshakeFactory>(self, seed ^ 0x5eedU, std::move(shown));
    aeads_ = std::make_unique<StandInAeadFactory>();
  }
  for (unsigned hand = 0; hand < config_.hands; ++hand)
    workers_.emplace_back(dataplane::Worker::Config{router::server_mac, {true, true}, hand, config_.hands}, *aeads_);
  node_ = std::make_unique<node::Node>(config_, key_, *handshakes_, *aeads_, rng_);
}

SimNode::~SimNode() = default;

Counters SimNode::worker_counters() const {
  Counters out;
  for (const dataplane::Worker& worker : workers_)
    out.merge(worker.counters());
  return out;
}

void SimNode::start(TimePoint now, const net::Endpoint& local) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  node_->handle_wall_time(now, WallTime{SimRing::start_wall_seconds} + since);
  node_->handle_local_endpoints(now, {local});
  node_->start(now);
}

void SimNode::handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets) {
  if (!workers_.empty()) {
    Bytes copy = to_bytes(octets);
    const net::Datagrams input{from, copy, copy.size()};
    dataplane::Worker::Place place;
    // A kernel that joins datagrams gives them to the hand of the first.
    const bool is_joined = datagrams_received_++ % 10 == 9;
    dataplane::Worker& worker =
        workers_[(dataplane::hand_for(octets, config_.hands) + (is_joined ? 1 : 0)) % workers_.size()];
    return carry_out(now, worker.handle_datagrams(now, std::span(&input, 1), place));
  }
  const node::Node::Datagram datagram{from, octets};
  node_->handle_datagrams(now, std::span(&datagram, 1));
}

void SimNode::send_frame(TimePoint now, ByteSpan frame) {
  if (!workers_.empty()) {
    Bytes copy = to_bytes(frame);
    const net::TapFrame input{{}, copy};
    // A kernel gives the packets of a flow to one hand, and may change its mind.
    return carry_out(now, workers_[frames_sent_++ / 10 % workers_.size()].handle_frames(now, std::span(&input, 1)));
  }
  node_->handle_frames(now, std::span(&frame, 1));
}

/// As the daemon does.
void SimNode::carry_out(TimePoint now, const dataplane::Worker::Outcome& outcome) {
  for (const net::Datagrams& run : outcome.sends) {
    for (std::size_t at = 0; at < run.octets.size(); at += run.segment)
      outgoing_.emplace_back(run.other,
                             to_bytes(run.octets.subspan(at, std::min(run.segment, run.octets.size() - at))));
  }
  std::vector<Bytes> frames;
  for (const net::JoinedFrame& frame : outcome.frames) {
    Bytes& octets = frames.emplace_back(to_bytes(frame.ethernet));
    for (const ByteSpan piece : frame.packet)
      append(octets, piece);
  }
  for (const auto& datagram : outcome.for_node.datagrams) {
    const node::Node::Datagram input{datagram.from, datagram.octets};
    node_->handle_datagrams(now, std::span(&input, 1));
    drain(now);
  }
  if (!outcome.for_node.opened.empty()) {
    node_->handle_opened(now, outcome.for_node.opened);
    drain(now);
  }
  if (!outcome.for_node.frames.empty()) {
    node_->handle_frames(now, outcome.for_node.frames);
    drain(now);
  }
  for (const Bytes& frame : frames)
    handle_frame(now, frame);
  for (const auto& packet : outcome.for_hands)
    handed_.emplace_back(packet.origin, to_bytes(packet.packet));
  while (!handed_.empty()) {
    auto [origin, packet] = std::move(handed_.front());
    handed_.pop_front();
    dataplane::Worker& worker = workers_[dataplane::hand_for(packet, config_.hands)];
    carry_out(now, worker.handle_handed(now, origin, std::span(&packet, 1)));
  }
  if (now < next_report_) return;
  next_report_ = now + 250ms;
  for (dataplane::Worker& worker : workers_) {
    if (const auto traffic = worker.take_report(); !traffic.empty()) node_->handle_traffic(now, traffic);
  }
}

SimHost::Outgoing SimNode::take_outgoing(TimePoint now) {
  drain(now);
  while (!replies_.empty()) {
    for (const Bytes& frame : std::exchange(replies_, {}))
      send_frame(now, frame);
    drain(now);
  }
  return std::exchange(outgoing_, {});
}

void SimNode::drain(TimePoint now) {
  while (auto output = node_->poll_output()) {
    std::visit(
        Overloaded{
            [&](node::Node::SendDatagrams& send) {
              for (Bytes& octets : send.datagrams)
                outgoing_.emplace_back(send.to, std::move(octets));
            },
            [&](node::Node::WriteFrames& write) {
              for (const Bytes& frame : write.frames)
                handle_frame(now, frame);
            },
            [&](node::Node::CommandAnswer& answer) { answers.emplace(answer.id.value, std::move(answer.answer)); },
            [&](node::Event& event) {
              if (std::holds_alternative<node::JoinedEvent>(event) && !joined_at) joined_at = now;
              if (std::holds_alternative<node::LeaseHeldEvent>(event) && !lease_at) lease_at = now;
              events.emplace_back(now, std::move(event));
            },
            [&](node::Node::SaveState& state) { saved = std::move(state); },
            [&](node::Node::SaveHistory& save) { saved_members = std::move(save.members); },
            [&](node::Node::SaveRevocations& save) {
              revocation_number = crypto::decode_revocation_list(save.list)->number();
            },
            // A simulated machine has no name servers.
            [&](node::Node::ForwardDns&) {},
            [&](node::Node::EndForwardDns&) {},
            [&](node::Node::DnsStreamAnswer&) {},
            // The log tells of it.
            [&](node::Node::RenewCertificate&) {},
            [&](const node::Node::Order& order) {
              const auto hand = dataplane::hand_for(order, config_.hands);
              for (unsigned i = 0; i < config_.hands; ++i) {
                if (hand.value_or(i) == i) workers_[i].handle_order(order);
              }
            },
            [&](node::Node::LanePackets& packets) {
              for (Bytes& packet : packets.packets)
                handed_.emplace_back(packets.peer, std::move(packet));
            },
            [&](node::Node::AskLeaseServer& ask) {
              const auto grant = lease_server ? lease_server(now, ask.request) : std::nullopt;
              if (grant) return node_->handle_lease_answer(now, *grant);
              node_->handle_lease_failure(now, "no answer");
            },
            [&](node::Node::Stop&) {},
            [&](LogLine& line) { log.push_back(std::move(line)); },
        },
        *output);
  }
}

void SimNode::ping(TimePoint now, net::Ipv4Address to, std::uint16_t sequence, bool wants_answer) {
  const auto from = node_->address();
  if (!from) return;
  net::IcmpEcho echo;
  echo.is_reply = !wants_answer;
  echo.sequence_number = sequence;
  const Bytes frame = echo_frame(*from, to, echo);
  send_frame(now, frame);
}

void SimNode::handle_frame(TimePoint now, ByteSpan frame) {
  const auto ethernet = net::decode_ethernet(frame);
  if (!ethernet || ethernet->header.ether_type != net::EtherType::ipv4) return;
  const auto packet = net::decode_ipv4(ethernet->payload);
  if (!packet || packet->header.protocol != net::IpProtocol::icmp) return;
  const auto echo = net::decode_icmp_echo(packet->payload);
  if (!echo) return;
  if (echo->is_reply) {
    ping_answers.emplace(echo->sequence_number, now);
    return;
  }
  net::IcmpEcho reply = *echo;
  reply.is_reply = true;
  replies_.push_back(echo_frame(packet->header.destination, packet->header.source, reply));
}

std::uint64_t SimNode::ask(TimePoint now, const node::Command& command) {
  const std::uint64_t number = next_command_++;
  node_->handle_command(now, node::CommandId{number}, command);
  return number;
}

node::StatusAnswer SimNode::status(TimePoint now) {
  const std::uint64_t number = ask(now, node::StatusCommand{});
  static_cast<void>(take_outgoing(now));
  return std::get<node::StatusAnswer>(*answers.at(number));
}

SimRing::SimRing(Config config) : config_(config), network_(config.seed, config.network) {
  public_site_ = network_.add_public_site();
  if (config.closed) authority_.emplace(config.seed, WallTime{start_wall_seconds});
}

std::size_t SimRing::add_bootstrap(unsigned hands) {
  return add_bootstrap([&](node::NodeConfig& it) { it.hands = hands; });
}

std::size_t SimRing::add_bootstrap(const std::function<void(node::NodeConfig&)>& change) {
  const std::size_t index = add_member(public_site_, network_.now(), [&](node::NodeConfig& it) {
    it.prefix.reset();
    change(it);
  });
  bootstrap_.push_back(network_.local_endpoint(hosts_[index]));
  return index;
}

std::size_t SimRing::add_member(SiteId site, TimePoint when) {
  return add_member(site, when, [](node::NodeConfig&) {});
}

std::size_t SimRing::add_member(SiteId site, TimePoint when, const std::function<void(node::NodeConfig&)>& change) {
  const std::size_t index = nodes_.size();
  node::NodeConfig config;
  config.name_space = "simulation";
  config.bootstrap = bootstrap_;
  config.has_bootstrap = !bootstrap_.empty();
  config.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
  config.version = "sim";
  if (authority_) {
    config.trust = authority_->trust();
    config.certificate = authority_->sign(key_of(config_.seed, index).public_key(), "user" + std::to_string(index));
  }
  change(config);
  nodes_.push_back(std::make_unique<SimNode>(std::move(config), key_of(config_.seed, index), config_.crypto,
                                             config_.seed * 1'000'003 + index));
  alive_.push_back(false);
  hosts_.push_back(network_.add_host(site, *nodes_.back()));
  sites_.push_back(site);
  start_at(index, when);
  return index;
}

std::size_t SimRing::add_clone(std::size_t index, SiteId site, TimePoint when) {
  const std::size_t clone = nodes_.size();
  clones_[clone] = index;
  node::NodeConfig config = nodes_[index]->config();
  if (const auto& saved = nodes_[index]->saved) {
    config.known_peers = saved->peers;
    config.preferred_address = saved->address;
  }
  nodes_.push_back(
      std::make_unique<SimNode>(std::move(config), key_at(clone), config_.crypto, config_.seed * 1'000'003 + clone));
  alive_.push_back(false);
  hosts_.push_back(network_.add_host(site, *nodes_.back()));
  sites_.push_back(site);
  start_at(clone, when);
  return clone;
}

crypto::PrivateKey SimRing::key_at(std::size_t index) const {
  const auto of = clones_.find(index);
  return key_of(config_.seed, of == clones_.end() ? index : of->second);
}

HostileMember& SimRing::add_hostile(SiteId site, const Lies& lies,
                                    const std::function<void(HostileMember::Config&)>& change) {
  // Keys of their own, beyond those of any honest member.
  const std::size_t number = 1'000'000 + hostile_.size();
  const crypto::PrivateKey key = key_of(config_.seed, number);
  HostileMember::Config config;
  config.self = *crypto::node_id_of(key.public_key());
  config.name_space = "simulation";
  config.seed = config_.seed * 1'000'003 + number;
  config.lies = lies;
  if (authority_) {
    const auto certificate = authority_->sign(key.public_key(), "hostile" + std::to_string(hostile_.size()));
    config.self = *crypto::node_id_of(certificate, crypto::GroupKind::closed);
    config.certificate = StandInCertificate{authority_->trust()->authority()->fingerprint(),
                                            certificate.key_fingerprint(), certificate.user()};
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (network_.is_public(sites_[i])) config.contacts.push_back(network_.local_endpoint(hosts_[i]));
  }
  if (change) change(config);
  hostile_.push_back(std::make_unique<HostileMember>(std::move(config)));
  const HostId host = network_.add_host(site, *hostile_.back());
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(network_.now().time_since_epoch());
  hostile_.back()->start(network_.now(), WallTime{start_wall_seconds} + since);
  network_.drain(host);
  return *hostile_.back();
}

void SimRing::start_at(std::size_t index, TimePoint when) {
  network_.at(when, [this, index] {
    alive_[index] = true;
    nodes_[index]->start(network_.now(), network_.local_endpoint(hosts_[index]));
    network_.drain(hosts_[index]);
  });
  if (when <= network_.now()) network_.run_until(network_.now());
}

void SimRing::kill(std::size_t index) {
  alive_[index] = false;
  network_.replace(hosts_[index], nullptr);
}

void SimRing::suspend(std::size_t index) {
  kill(index);
}

void SimRing::resume(std::size_t index) {
  alive_[index] = true;
  nodes_[index]->node().handle_suspend(network_.now());
  network_.replace(hosts_[index], nodes_[index].get());
}

void SimRing::restart(std::size_t index) {
  node::NodeConfig config = nodes_[index]->config();
  if (const auto& saved = nodes_[index]->saved) {
    config.known_peers = saved->peers;
    config.preferred_address = saved->address;
    config.history = nodes_[index]->saved_members;
  }
  retired_.push_back(std::move(nodes_[index]));
  nodes_[index] = std::make_unique<SimNode>(std::move(config), key_at(index), config_.crypto,
                                            config_.seed * 1'000'003 + index + 7919 * (retired_.size() + 1));
  network_.replace(hosts_[index], nodes_[index].get());
  start_at(index, network_.now());
}

std::string SimRing::describe_near_links() const {
  std::map<NodeId, std::size_t> ids;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (alive_[i]) ids.emplace(nodes_[i]->node().id(), i);
  }
  std::vector<NodeId> order;
  for (const auto& [id, index] : ids)
    order.push_back(id);
  std::string wrong;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto have = nodes_[ids.at(order[i])]->node().neighbours();
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, order.size() - 1, order.size() - 2}) {
      if (order.size() <= 1 || step >= order.size()) continue;
      const NodeId& expected = order[(i + step) % order.size()];
      if (expected == order[i] || std::ranges::find(have, expected) != have.end()) continue;
      wrong += to_short_string(order[i]) + " lacks " + to_short_string(expected) + "; ";
    }
  }
  return wrong;
}

bool SimRing::near_links_are_right() const {
  return describe_near_links().empty();
}

bool SimRing::all_joined() const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!alive_[i] || !nodes_[i]->node().is_joined()) return false;
  }
  return true;
}

bool SimRing::all_have_addresses() const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->config().prefix && (!alive_[i] || !nodes_[i]->node().address())) return false;
  }
  return true;
}

std::size_t SimRing::duplicate_addresses() const {
  std::set<net::Ipv4Address> seen;
  std::size_t duplicates = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!alive_[i]) continue;
    if (const auto address = nodes_[i]->node().address()) duplicates += seen.insert(*address).second ? 0U : 1U;
  }
  return duplicates;
}

std::size_t SimRing::pairs() const {
  std::size_t members = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    members += alive_[i] && nodes_[i]->node().address() ? 1U : 0U;
  return members * (members - (members > 0 ? 1U : 0U));
}

std::size_t SimRing::ping_all_pairs(Duration limit) {
  for (auto& node : nodes_)
    node->ping_answers.clear();
  for (std::size_t from = 0; from < nodes_.size(); ++from) {
    if (!alive_[from]) continue;
    for (std::size_t to = 0; to < nodes_.size(); ++to) {
      const auto address = nodes_[to]->node().address();
      if (to == from || !alive_[to] || !address) continue;
      nodes_[from]->ping(network_.now(), *address, static_cast<std::uint16_t>(to));
      network_.drain(hosts_[from]);
    }
  }
  const std::size_t expected = pairs();
  const auto answered = [&] {
    std::size_t count = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      count += alive_[i] ? nodes_[i]->ping_answers.size() : 0;
    return count;
  };
  // Counting all answers after each event would dominate the run; ten times a virtual second is enough.
  const TimePoint until = network_.now() + limit;
  while (network_.now() < until && answered() < expected)
    network_.run_for(100ms);
  return answered();
}

}  // namespace ipop::test_support
