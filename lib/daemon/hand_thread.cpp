#include "daemon/hand_thread.hpp"

#include <algorithm>

#include "base/machine.hpp"

namespace ipop::daemon {
namespace {

// A packet of no octets takes room as well: its place in a letter, and its own piece of the heap.
constexpr std::size_t of_a_packet = 128;

}  // namespace

std::size_t HandThread::octets_of(const Handed& letter) {
  std::size_t out = 0;
  for (const Bytes& packet : letter.packets)
    out += of_a_packet + packet.size();
  return out;
}

std::size_t HandThread::octets_of(const Rest& letter) {
  std::size_t out = 0;
  for (const Bytes& frame : letter.frames)
    out += of_a_packet + frame.size();
  for (const auto& [from, datagram] : letter.datagrams)
    out += of_a_packet + datagram.size();
  for (const auto& [lane, packet] : letter.opened)
    out += of_a_packet + packet.size();
  return out;
}

std::vector<std::pair<unsigned, HandThread::Handed>> HandThread::sorted_by_hand(
    std::span<const dataplane::Worker::ForHand> packets) {
  std::vector<std::pair<unsigned, Handed>> out;
  for (const auto& packet : packets) {
    // A batch is of a few pairs.
    const auto known = std::ranges::find_if(
        out, [&](const auto& it) { return it.first == packet.hand && it.second.origin == packet.origin; });
    auto& letter = known == out.end() ? out.emplace_back(packet.hand, Handed{packet.origin, {}}) : *known;
    letter.second.packets.push_back(to_bytes(packet.packet));
  }
  return out;
}

HandThread::HandThread(io::UdpPort port, std::optional<io::TapDevice> tap, const dataplane::Worker::Config& config,
                       std::string_view cipher, Post post)
    : number_(config.hand),
      port_(std::move(port)),
      tap_(std::move(tap)),
      post_(std::move(post)),
      hand_(thread_.loop(), port_, tap_ ? &*tap_ : nullptr, config, cipher,
            {[this] { take_letters(); }, [this](const auto& rest) { tell(rest); },
             [this](const auto packets) {
               for (auto& [hand, handed] : sorted_by_hand(packets)) {
                 const std::size_t count = handed.packets.size();
                 if (!post_.to_hand(hand, std::move(handed))) lost_.add("drop_worker_busy", count);
               }
             },
             [this](auto traffic) { report(std::move(traffic)); }}),
      inbox_(thread_.loop(), [this] { take_letters(); }) {}

Result<void> HandThread::start() {
  hand_.start();
  return thread_.start();
}

bool HandThread::give(Handed handed) {
  const std::size_t octets = octets_of(handed);
  return inbox_.put(Order(std::move(handed)), octets, most_waiting);
}

void HandThread::take_letters() {
  for (Order& order : inbox_.take()) {
    std::visit(Overloaded{[this](const dataplane::Order& it) { hand_.handle_order(it); },
                          [this](Handed& it) { hand_.handle_handed(std::move(it)); }},
               order);
  }
}

void HandThread::tell(const dataplane::Worker::ForNode& rest) {
  Rest out;
  for (const ByteSpan frame : rest.frames)
    out.frames.push_back(to_bytes(frame));
  for (const auto& datagram : rest.datagrams)
    out.datagrams.emplace_back(datagram.from, to_bytes(datagram.octets));
  for (const auto& opened : rest.opened)
    out.opened.emplace_back(opened.lane, to_bytes(opened.packet));
  const std::uint64_t packets = rest.frames.size() + rest.datagrams.size() + rest.opened.size();
  if (!post_.to_owner(std::move(out))) lost_.add("drop_worker_node_busy", packets);
}

void HandThread::report(std::vector<dataplane::Worker::Traffic> traffic) {
  Counters all = port_.counters();
  if (tap_) all.merge(tap_->counters());
  all.merge(hand_.counters());
  all.merge(lost_);
  static_cast<void>(post_.to_owner(Report{number_, std::move(traffic), std::move(all)}));
}

}  // namespace ipop::daemon
