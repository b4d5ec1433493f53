#include "dataplane/worker.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "base/machine.hpp"
#include "net/checksum.hpp"
#include "net/ethernet.hpp"
#include "net/udp.hpp"

namespace ipop::dataplane {
namespace {

std::uint64_t key_of(net::Ipv4Address source, net::Ipv4Address destination) {
  return std::uint64_t{source.value()} << 32U | destination.value();
}

/// The first packet of a TCP connection, either way.
bool is_syn(ByteSpan packet) {
  Transport transport;
  return find_transport(packet, transport) && transport.protocol == ip::tcp &&
         (octet_at(packet, transport.ip_header + tcp::flags) & tcp::syn) != 0;
}

/// Zero where there is none.
crypto::Spi spi_of(ByteSpan sealed) {
  return crypto::Spi{sealed.size() < crypto::Session::header_size ? 0 : long_at(sealed, 0)};
}

bool is_dhcp_port(unsigned port) {
  return port == net::udp_port_dhcp_server || port == net::udp_port_dhcp_client;
}

}  // namespace

Worker::Worker(const Config& config, crypto::AeadFactory& aeads)
    : config_(config), aeads_(aeads), coalescer_(config.own_mac, config.joins) {}

void Worker::handle_order(const Order& order) {
  std::visit(
      Overloaded{
          [&](const InstallLane& install) {
            last_lane_ = nullptr;
            lanes_.erase(install.receive_at);
            crypto::Session session(aeads_, install.keys, install.send_to, install.receive_at);
            session.reserve_window();
            lanes_.emplace(install.receive_at, Lane{std::move(session), install.peer, {.lane = install.receive_at}});
          },
          [&](const RemoveLane& remove) {
            last_lane_ = nullptr;
            lanes_.erase(remove.receive_at);
          },
          [&](const RemoveAllLanes&) {
            last_lane_ = nullptr;
            lanes_.clear();
            forget();
          },
          [&](const InstallFlow& flow) {
            if (flows_.size() >= most_decisions) flows_.clear();
            flows_[key_of(flow.source, flow.destination)] = flow;
          },
          [&](const InstallSource& source) {
            if (sources_.size() >= most_decisions) sources_.clear();
            sources_[source.source.value()] = source;
          },
          [&](const InstallPass& pass) {
            last_pass_ = nullptr;
            if (passes_.size() >= most_decisions) passes_.clear();
            passes_.insert_or_assign({pass.source, pass.destination}, pass);
          },
          [&](const ForgetDecisions&) { forget(); },
      },
      order);
}

void Worker::forget() {
  flows_.clear();
  sources_.clear();
  passes_.clear();
  last_pass_ = nullptr;
}

bool Worker::gives_way(Octets packet) {
  // Acknowledgements and pings do not fill a queue.
  constexpr std::size_t large = 600;
  if (packet.size() < large) return false;
  const bool is_behind = from_ != nullptr && from_->loses_next();
  const bool is_before = to_ != nullptr && to_->loses_next();
  if (!is_behind && !is_before) return false;
  constexpr unsigned congestion = 3;
  const unsigned service = octet_at(packet, 1);
  if ((service & congestion) == 0) {
    count(Count::standing);
    return true;
  }
  const std::uint16_t before = word_at(packet, 0);
  set_octet(packet, 1, service | congestion);
  // A checksum that was wrong stays so: the receiver is to see it.
  set_word(packet, ip::checksum, net::update_checksum(word_at(packet, ip::checksum), before, word_at(packet, 0)));
  count(Count::marked);
  return false;
}

Worker::Outcome Worker::handle_frames(TimePoint now, std::span<const net::TapFrame> frames, StandingQueue* from,
                                      StandingQueue* to) {
  begin();
  from_ = from;
  to_ = to;
  for (const net::TapFrame& frame : frames) {
    // The node counts what is too short for a frame.
    if (frame.octets.size() < ethernet_header) {
      count(Count::frames_to_node);
      frames_.emplace_back(frame.octets);
      continue;
    }
    if (const auto refused = segmenter_.begin(frame.header, frame.octets.subspan(ethernet_header)); !refused.empty()) {
      count_refused(refused);
      continue;
    }
    const InstallFlow* flow = find_flow(now, frame);
    Lane* lane = flow == nullptr ? nullptr : find_lane(flow->lanes);
    Lane* relay = lane == nullptr || !flow->relay ? nullptr : find_lane(*flow->relay);
    const bool has_way = lane != nullptr && (!flow->relay || relay != nullptr);
    const bool passes = has_way && segmenter_.largest() <= flow->mtu &&
                        (flow->passes_syn || !is_syn(frame.octets.subspan(ethernet_header)));
    if (passes) {
      send(*flow, *lane, relay);
    } else {
      give_frame(frame);
    }
  }
  return finish();
}

const InstallFlow* Worker::find_flow(TimePoint now, const net::TapFrame& frame) const {
  const ByteSpan octets = frame.octets;
  if (octets.size() < ethernet_header + ip::header ||
      !equal(octets.first(net::MacAddress::size), config_.own_mac.octets()))
    return nullptr;
  if (word_at(octets, 2 * net::MacAddress::size) != static_cast<unsigned>(net::EtherType::ipv4)) return nullptr;
  const ByteSpan packet = octets.subspan(ethernet_header);
  // What contradicts itself is for the node to judge.
  const std::size_t header = std::size_t{octet_at(packet, 0) & 0x0fU} * 4;
  const std::size_t total = word_at(packet, ip::total_length);
  if (octet_at(packet, 0) >> 4U != 4 || header < ip::header || total < header || total > packet.size()) return nullptr;
  const net::Ipv4Address source(long_at(packet, ip::source));
  const net::Ipv4Address destination(long_at(packet, ip::destination));
  const auto found = flows_.find(key_of(source, destination));
  return found == flows_.end() || found->second.until <= now ? nullptr : &found->second;
}

void Worker::send(const InstallFlow& flow, Lane& lane, Lane* relay) {
  for (Octets packet = segmenter_.next(); !packet.empty(); packet = segmenter_.next()) {
    if (gives_way(packet)) continue;
    const std::size_t inner = packet.size() + crypto::Session::overhead;
    const std::size_t payload = RelayedHead::size + inner;  // of the relay's lane
    const std::size_t size = relay == nullptr ? inner : payload + crypto::Session::overhead;
    std::byte* const room = sends_.make_room(size);
    std::byte* const head = room + crypto::Session::header_size;
    bool sealed = false;
    if (relay == nullptr) {
      sealed = lane.session.seal_to(packet, room);
    } else {
      RelayedHead::write(head, RelayedHead::to_pass_on, lane.peer);
      sealed = lane.session.seal_to(packet, head + RelayedHead::size) &&
               relay->session.seal_to(ByteSpan(head, payload), room);
    }
    if (!sealed) {
      count(Count::exhausted);
      continue;
    }
    sends_.add(flow.to, size);
    lane.count_sent(packet.size());
    if (relay != nullptr) relay->count_sent(payload);
    count(Count::sent);
  }
}

/// Whole frames, as they would be without offloads.
void Worker::give_frame(const net::TapFrame& frame) {
  count(Count::frames_to_node, segmenter_.count());
  if (frame.header.cut == net::VnetHeader::Cut::none) {
    frames_.emplace_back(frame.octets);
    return;
  }
  std::array<std::byte, ethernet_header> ethernet{};
  std::ranges::copy(frame.octets.first(ethernet_header), ethernet.begin());
  for (Octets packet = segmenter_.next(); !packet.empty(); packet = segmenter_.next()) {
    cut_frames_.push_back({cut_.size(), ethernet_header + packet.size(), frames_.size()});
    frames_.emplace_back();
    append(cut_, ethernet);
    append(cut_, packet);
  }
}

Worker::Outcome Worker::handle_datagrams(TimePoint now, std::span<const net::Datagrams> datagrams, Place& place,
                                         StandingQueue* from) {
  begin();
  from_ = from;
  std::optional<bool> is_of_lanes;
  for (; place.run < datagrams.size(); ++place.run, place.octets = 0) {
    const net::Datagrams& joined = datagrams[place.run];
    const std::size_t segment = joined.segment == 0 ? joined.octets.size() : joined.segment;
    do {
      const Octets octets = joined.octets.subspan(place.octets, std::min(segment, joined.octets.size() - place.octets));
      Lane* lane = find_lane_of(octets);
      // A kernel joins by addresses and sizes alone, so that lanes of two hands come in one run.
      if (lane == nullptr && hands_over(joined.other, octets)) {
        place.octets += octets.size();
        continue;
      }
      if (is_of_lanes.value_or(lane != nullptr) != (lane != nullptr)) return finish();
      is_of_lanes = lane != nullptr;
      if (lane != nullptr) {
        open(now, *lane, joined.other, octets);
      } else {
        count(Count::datagrams_to_node);
        datagrams_.push_back({joined.other, octets});
      }
      place.octets += octets.size();
    } while (place.octets < joined.octets.size());
  }
  return finish();
}

void Worker::open(TimePoint now, Lane& lane, const net::Endpoint& from, Octets octets) {
  const Octets payload = open_for(lane, &from, octets);
  if (payload.empty()) return;
  if (RelayedHead::stands_before(payload, RelayedHead::final) && take_relayed(now, payload)) return;
  if (RelayedHead::stands_before(payload, RelayedHead::to_pass_on) && pass_on(now, lane, payload)) return;
  take(now, lane, payload);
}

Octets Worker::open_for(Lane& lane, const net::Endpoint* from, Octets octets) {
  using Verdict = crypto::Session::Verdict;
  const auto opened = lane.session.open_in_place(octets);
  switch (opened.verdict) {
    case Verdict::accepted: break;
    case Verdict::truncated: count(Count::truncated); return {};
    case Verdict::replayed: count(Count::replayed); return {};
    case Verdict::bad_tag: count(Count::bad_tag); return {};
  }
  const Octets payload = octets.subspan(crypto::Session::header_size, octets.size() - crypto::Session::overhead);
  if (payload.empty()) {
    count(Count::empty);
    return {};
  }
  ++lane.traffic.packets_received;
  lane.traffic.octets_received += payload.size();
  if (opened.is_newest && from != nullptr) lane.traffic.from = *from;
  return payload;
}

/// What is inside is never a relayed packet again, or the node says what is to be said of it.
bool Worker::take_relayed(TimePoint now, Octets payload) {
  const Octets inner = payload.subspan(RelayedHead::size);
  if (hands_over(RelayedHead::other(payload), inner)) return true;
  Lane* lane = find_lane_of(inner);
  // Whom the member names as the sender is who it must be.
  if (lane == nullptr || lane->peer != RelayedHead::other(payload)) return false;
  const Octets packet = open_for(*lane, nullptr, inner);
  if (!packet.empty()) take(now, *lane, packet);
  return true;
}

bool Worker::hands_over(const Origin& origin, ByteSpan sealed) {
  const crypto::Spi spi = spi_of(sealed);
  if (!crypto::is_lane(spi)) return false;
  const unsigned hand = crypto::hand_of(spi, config_.hands);
  if (hand == config_.hand) return false;
  for_hands_.push_back({hand, origin, sealed});
  return true;
}

Worker::Outcome Worker::handle_handed(TimePoint now, const Origin& origin, std::span<Bytes> packets) {
  begin();
  const auto* from = std::get_if<net::Endpoint>(&origin);
  const auto* peer = std::get_if<NodeId>(&origin);
  for (Bytes& sealed : packets) {
    Lane* lane = find_lane_of(sealed);
    if (lane == nullptr && from != nullptr) {
      count(Count::datagrams_to_node);
      datagrams_.push_back({*from, sealed});
    } else if (lane == nullptr || (peer != nullptr && lane->peer != *peer)) {
      count(Count::no_lane);
    } else if (from != nullptr) {
      open(now, *lane, *from, sealed);
    } else if (const Octets packet = open_for(*lane, nullptr, sealed); !packet.empty()) {
      take(now, *lane, packet);
    }
  }
  return finish();
}

bool Worker::pass_on(TimePoint now, const Lane& from, Octets payload) {
  InstallPass* pass = find_pass(from.peer, RelayedHead::other(payload));
  if (pass == nullptr || pass->until <= now) return false;
  const std::size_t octets = payload.size() - RelayedHead::size;
  Lane* to = find_lane(pass->lanes);
  if (to == nullptr || !pass->loan->take(octets)) {
    // What follows is not to overtake this one.
    pass->until = now;
    return false;
  }
  RelayedHead::write(payload.data(), RelayedHead::final, from.peer);
  const std::size_t size = payload.size() + crypto::Session::overhead;
  if (!to->session.seal_to(payload, sends_.make_room(size))) {
    count(Count::exhausted);
    return true;
  }
  sends_.add(pass->to, size);
  to->count_sent(payload.size());
  ++to->traffic.packets_passed;
  to->traffic.octets_passed += octets;
  count(Count::passed);
  return true;
}

InstallPass* Worker::find_pass(const NodeId& source, const NodeId& destination) {
  if (last_pass_ != nullptr && last_pass_->source == source && last_pass_->destination == destination)
    return last_pass_;
  const auto found = passes_.find({source, destination});
  if (found == passes_.end()) return nullptr;
  last_pass_ = &found->second;
  return last_pass_;
}

void Worker::take(TimePoint now, Lane& lane, Octets packet) {
  if (const InstallSource* source = find_source(now, lane, packet)) {
    if (gives_way(packet)) return;
    count(Count::received);
    coalescer_.add(packet, source->to);
  } else {
    count(Count::opened_to_node);
    opened_.push_back({lane.traffic.lane, packet});
  }
}

const InstallSource* Worker::find_source(TimePoint now, const Lane& lane, ByteSpan packet) const {
  // Fragments and other protocols are few, and the node looks closer at them.
  Transport transport;
  if (!find_transport(packet, transport) || transport.total != packet.size()) return nullptr;
  const auto found = sources_.find(long_at(packet, ip::source));
  if (found == sources_.end()) return nullptr;
  const InstallSource& source = found->second;
  if (source.until <= now || source.peer != lane.peer || source.destination.value() != long_at(packet, ip::destination))
    return nullptr;
  if (transport.protocol == ip::udp) {
    const bool is_dhcp =
        is_dhcp_port(word_at(packet, transport.ip_header)) || is_dhcp_port(word_at(packet, transport.ip_header + 2));
    return is_dhcp ? nullptr : &source;
  }
  return source.passes_syn || !is_syn(packet) ? &source : nullptr;
}

Worker::Lane* Worker::find_lane_of(ByteSpan sealed) {
  const crypto::Spi spi = spi_of(sealed);
  return crypto::is_lane(spi) ? find_lane(spi) : nullptr;
}

Worker::Lane* Worker::find_lane(const crypto::Lanes& lanes) {
  for (unsigned number = 0; number < lanes.count; ++number) {
    const crypto::Spi spi = crypto::lane_of(lanes.session, number);
    if (crypto::hand_of(spi, config_.hands) == config_.hand) return find_lane(spi);
  }
  return nullptr;
}

Worker::Lane* Worker::find_lane(crypto::Spi spi) {
  if (last_lane_ != nullptr && last_lane_->traffic.lane == spi) return last_lane_;
  const auto found = lanes_.find(spi);
  if (found == lanes_.end()) return nullptr;
  last_lane_ = &found->second;
  return last_lane_;
}

void Worker::begin() {
  from_ = to_ = nullptr;
  sends_.clear();
  coalescer_.clear();
  cut_.clear();
  cut_frames_.clear();
  frames_.clear();
  datagrams_.clear();
  opened_.clear();
  for_hands_.clear();
}

Worker::Outcome Worker::finish() {
  for (const CutFrame& cut : cut_frames_)
    frames_[cut.place] = ByteSpan(cut_).subspan(cut.begin, cut.size);
  return {sends_.finish(), coalescer_.finish(), {frames_, datagrams_, opened_}, for_hands_};
}

void Worker::count_refused(std::string_view reason) {
  const auto at = std::ranges::find(count_names, reason);
  assert(at != count_names.end());
  ++counts_[static_cast<std::size_t>(at - count_names.begin())];
}

std::vector<Worker::Traffic> Worker::take_report() {
  std::vector<Traffic> out;
  for (auto& [spi, lane] : lanes_) {
    Traffic& traffic = lane.traffic;
    if (traffic.packets_sent == 0 && traffic.packets_received == 0) continue;
    traffic.sealed_in_all = lane.session.packets_sent();
    out.push_back(std::exchange(traffic, Traffic{.lane = spi}));
  }
  return out;
}

Counters Worker::counters() const {
  Counters out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) out.add(count_names[i], counts_[i]);
  }
  return out;
}

}  // namespace ipop::dataplane
