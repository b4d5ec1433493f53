// Daemon::State: packets between the hands and the node.

#include <algorithm>
#include <bit>

#include "base/machine.hpp"
#include "daemon/daemon_state.hpp"
#include "io/process.hpp"
#include "router/mac_table.hpp"

namespace ipop::daemon {

unsigned workers_for(unsigned processors) {
  return std::bit_floor(std::clamp(processors / 2, 1U, 4U));
}

namespace {

unsigned hands_for(unsigned workers) {
  return workers != 0 ? workers : workers_for(io::usable_processors());
}

}  // namespace

Result<void> check_open_files(unsigned workers) {
  // A node with two dozen clients, and what one more hand adds.
  constexpr unsigned of_a_node = 64;
  constexpr unsigned of_a_hand = 12;
  const unsigned needed = of_a_node + of_a_hand * (hands_for(workers) - 1);
  const unsigned limit = io::open_files_limit();
  if (limit >= needed) return {};
  return make_error(std::make_error_code(std::errc::too_many_files_open),
                    "this process may open " + std::to_string(limit) + " files, and a node needs " +
                        std::to_string(needed) + " (`ulimit -n`; LimitNOFILE= in a unit)");
}

unsigned Daemon::State::hands_wanted() const {
  return hands_for(config_.workers);
}

Result<void> Daemon::State::make_hands() {
  auto ports = port_->give_doors(hands_wanted());
  const auto number = static_cast<unsigned>(ports.size() + 1);
  // Without an interface a hand passes on what others send one another. A datagram written to the TAP in one piece with
  // others costs the kernel more than it saves us.
  dataplane::Worker::Config config{router::server_mac, {tap_ && tap_->offloads().tcp, false}, 0, number};
  const std::string_view cipher = identity_->aeads->name();
  hand_.emplace(loop_, *port_, tap_ ? &*tap_ : nullptr, config, cipher,
                Hand::Handlers{[this] { take_letters(); }, [this](const auto& rest) { take_rest(rest); },
                               [this](const auto packets) {
                                 for (auto& [hand, handed] : HandThread::sorted_by_hand(packets))
                                   give_handed(hand, std::move(handed));
                               },
                               [this](const auto& traffic) { take_traffic(traffic); }});
  told_.emplace(loop_, [this] { take_letters(); });
  counted_.resize(number);
  for (io::UdpPort& port : ports) {
    ++config.hand;
    std::optional<io::TapDevice> tap;
    if (tap_) {
      auto another = tap_->another();
      if (!another) return std::move(another).error();
      tap = *std::move(another);
    }
    HandThread::Post post;
    post.to_owner = [this](HandThread::Told letter) {
      const auto* rest = std::get_if<HandThread::Rest>(&letter);
      // What was counted is never lost: keys are renewed by it.
      if (rest == nullptr) {
        told_->put(std::move(letter));
        return true;
      }
      const std::size_t octets = HandThread::octets_of(*rest);
      return told_->put(std::move(letter), octets, HandThread::most_waiting);
    };
    post.to_hand = [this](unsigned hand, Hand::Handed handed) {
      if (hand != 0) return other_hands_[hand - 1]->give(std::move(handed));
      const std::size_t octets = HandThread::octets_of(handed);
      return told_->put(std::move(handed), octets, HandThread::most_waiting);
    };
    other_hands_.push_back(
        std::make_unique<HandThread>(std::move(port), std::move(tap), config, cipher, std::move(post)));
  }
  return {};
}

Result<void> Daemon::State::start_hands() {
  hand_->start();
  for (const auto& hand : other_hands_) {
    if (auto started = hand->start(); !started) {
      stop_hands();
      return started;
    }
  }
  return {};
}

/// All before any is gone: they hand packets to one another.
void Daemon::State::stop_hands() {
  for (const auto& hand : other_hands_)
    hand->stop();
}

void Daemon::State::give_order(const dataplane::Order& order) {
  const auto only = dataplane::hand_for(order, hands());
  if (only.value_or(0) == 0) hand_->handle_order(order);
  for (unsigned hand = 1; hand < hands(); ++hand) {
    if (only.value_or(hand) == hand) other_hands_[hand - 1]->give(order);
  }
}

void Daemon::State::give_handed(unsigned hand, Hand::Handed handed) {
  if (hand == 0) return hand_->handle_handed(std::move(handed));
  const std::size_t count = handed.packets.size();
  if (!other_hands_[hand - 1]->give(std::move(handed))) counted_[0].add("drop_worker_busy", count);
}

void Daemon::State::give_lane_packets(node::Node::LanePackets& packets) {
  std::vector<std::vector<Bytes>> sorted(hands());
  for (Bytes& packet : packets.packets)
    sorted[dataplane::hand_for(packet, hands())].push_back(std::move(packet));
  for (unsigned hand = 0; hand < hands(); ++hand) {
    if (!sorted[hand].empty()) give_handed(hand, {packets.peer, std::move(sorted[hand])});
  }
}

void Daemon::State::take_rest(const dataplane::Worker::ForNode& rest) {
  if (!rest.datagrams.empty()) {
    batch_.clear();
    for (const auto& datagram : rest.datagrams)
      batch_.push_back({datagram.from, datagram.octets});
    give([this](TimePoint time) { node_->handle_datagrams(time, batch_); });
  }
  if (!rest.opened.empty()) give([&](TimePoint time) { node_->handle_opened(time, rest.opened); });
  if (!rest.frames.empty()) give([&](TimePoint time) { node_->handle_frames(time, rest.frames); });
}

void Daemon::State::take_traffic(std::span<const dataplane::Worker::Traffic> traffic) {
  if (!traffic.empty()) give([&](TimePoint time) { node_->handle_traffic(time, traffic); });
}

void Daemon::State::take_letters() {
  for (HandThread::Told& letter : told_->take())
    take_letter(letter);
}

void Daemon::State::take_letter(HandThread::Told& letter) {
  std::visit(Overloaded{
                 [this](const HandThread::Rest& rest) {
                   std::vector<ByteSpan> frames(rest.frames.begin(), rest.frames.end());
                   std::vector<dataplane::Worker::ForNode::Datagram> datagrams;
                   for (const auto& [from, octets] : rest.datagrams)
                     datagrams.push_back({from, octets});
                   std::vector<dataplane::Worker::ForNode::Opened> opened;
                   for (const auto& [lane, packet] : rest.opened)
                     opened.push_back({lane, packet});
                   take_rest({frames, datagrams, opened});
                 },
                 [this](Hand::Handed& handed) { give_handed(0, std::move(handed)); },
                 [this](HandThread::Report& report) {
                   counted_[report.hand] = std::move(report.counters);
                   take_traffic(report.traffic);
                 },
             },
             letter);
}

void Daemon::State::count_packets(Counters& all) const {
  all.merge(port_->counters());
  if (tap_) all.merge(tap_->counters());
  all.merge(hand_->counters());
  for (const Counters& counted : counted_)
    all.merge(counted);
}

std::vector<std::string> Daemon::State::offloads_in_use() const {
  std::vector<std::string> out;
  if (tap_ && tap_->offloads().checksums) out.emplace_back("tap-checksum");
  if (tap_ && tap_->offloads().tcp) out.emplace_back("tap-tcp");
  if (tap_ && tap_->offloads().udp) out.emplace_back("tap-udp");
  if (tap_ && tap_->has_uring()) out.emplace_back("io-uring");
  if (port_->offloads().cuts) out.emplace_back("udp-send");
  if (port_->offloads().joins) out.emplace_back("udp-receive");
  return out;
}

}  // namespace ipop::daemon
