#include "daemon/hands.hpp"

#include <utility>

#include "base/machine.hpp"
#include "router/mac_table.hpp"

namespace ipop::daemon {

Hands::Hands(io::EventLoop& loop, Handlers handlers)
    : handlers_(std::move(handlers)), told_(loop, [this] { take_letters(); }) {}

Result<std::unique_ptr<Hands>> Hands::make(io::EventLoop& loop, io::UdpPort& port, io::TapDevice* tap, unsigned wanted,
                                           std::string_view cipher, Handlers handlers) {
  auto doors = port.give_doors(wanted);
  const auto number = static_cast<unsigned>(doors.size() + 1);
  // Without an interface a hand passes on what others send one another. A datagram written to the TAP in one piece with
  // others costs the kernel more than it saves us.
  dataplane::Worker::Config config{router::server_mac, {tap != nullptr && tap->offloads().tcp, false}, 0, number};
  std::unique_ptr<Hands> made(new Hands(loop, std::move(handlers)));
  Hands& hands = *made;
  hands.first_.emplace(
      loop, port, tap, config, cipher,
      Hand::Handlers{[&hands] { hands.take_letters(); }, [&hands](const auto& rest) { hands.handlers_.on_rest(rest); },
                     [&hands](const auto packets) {
                       for (auto& [hand, handed] : HandThread::sorted_by_hand(packets))
                         hands.give_handed(hand, std::move(handed));
                     },
                     [&hands](const auto& traffic) { hands.handlers_.on_traffic(traffic); }});
  hands.counted_.resize(number);
  for (io::UdpPort& door : doors) {
    ++config.hand;
    std::optional<io::TapDevice> queue;
    if (tap != nullptr) {
      auto another = tap->another();
      if (!another) return std::move(another).error();
      queue = *std::move(another);
    }
    hands.others_.push_back(
        std::make_unique<HandThread>(std::move(door), std::move(queue), config, cipher, hands.post()));
  }
  return made;
}

HandThread::Post Hands::post() {
  HandThread::Post post;
  post.to_owner = [this](HandThread::Told letter) {
    const auto* rest = std::get_if<HandThread::Rest>(&letter);
    // What was counted is never lost: keys are renewed by it.
    if (rest == nullptr) {
      told_.put(std::move(letter));
      return true;
    }
    const std::size_t octets = HandThread::octets_of(*rest);
    return told_.put(std::move(letter), octets, HandThread::most_waiting);
  };
  post.to_hand = [this](unsigned hand, Hand::Handed handed) {
    if (hand != 0) return others_[hand - 1]->give(std::move(handed));
    const std::size_t octets = HandThread::octets_of(handed);
    return told_.put(std::move(handed), octets, HandThread::most_waiting);
  };
  return post;
}

Result<void> Hands::start() {
  first_->start();
  for (const auto& hand : others_) {
    if (auto started = hand->start(); !started) {
      stop();
      return started;
    }
  }
  return {};
}

void Hands::stop() {
  for (const auto& hand : others_)
    hand->stop();
}

void Hands::give_order(const dataplane::Order& order) {
  const auto only = dataplane::hand_for(order, count());
  if (only.value_or(0) == 0) first_->handle_order(order);
  for (unsigned hand = 1; hand < count(); ++hand) {
    if (only.value_or(hand) == hand) others_[hand - 1]->give(order);
  }
}

void Hands::give_handed(unsigned hand, Hand::Handed handed) {
  if (hand == 0) return first_->handle_handed(std::move(handed));
  const std::size_t count = handed.packets.size();
  if (!others_[hand - 1]->give(std::move(handed))) counted_[0].add("drop_worker_busy", count);
}

void Hands::give_lane_packets(node::Node::LanePackets packets) {
  std::vector<std::vector<Bytes>> sorted(count());
  for (Bytes& packet : packets.packets)
    sorted[dataplane::hand_for(packet, count())].push_back(std::move(packet));
  for (unsigned hand = 0; hand < count(); ++hand) {
    if (!sorted[hand].empty()) give_handed(hand, {packets.peer, std::move(sorted[hand])});
  }
}

void Hands::take_letters() {
  for (HandThread::Told& letter : told_.take())
    take_letter(letter);
}

void Hands::take_letter(HandThread::Told& letter) {
  std::visit(Overloaded{
                 [this](const HandThread::Rest& rest) {
                   std::vector<ByteSpan> frames(rest.frames.begin(), rest.frames.end());
                   std::vector<dataplane::Worker::ForNode::Datagram> datagrams;
                   for (const auto& [from, octets] : rest.datagrams)
                     datagrams.push_back({from, octets});
                   std::vector<dataplane::Worker::ForNode::Opened> opened;
                   for (const auto& [lane, packet] : rest.opened)
                     opened.push_back({lane, packet});
                   handlers_.on_rest({frames, datagrams, opened});
                 },
                 [this](Hand::Handed& handed) { give_handed(0, std::move(handed)); },
                 [this](HandThread::Report& report) {
                   counted_[report.hand] = std::move(report.counters);
                   handlers_.on_traffic(report.traffic);
                 },
             },
             letter);
}

Counters Hands::counters() const {
  Counters all = first_->counters();
  for (const Counters& counted : counted_)
    all.merge(counted);
  return all;
}

}  // namespace ipop::daemon
