// Daemon::State: packets between the hands and the node.

#include <algorithm>
#include <bit>

#include "daemon/daemon_state.hpp"
#include "io/process.hpp"

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

void Daemon::State::count_packets(Counters& all) const {
  all.merge(port_->counters());
  if (tap_) all.merge(tap_->counters());
  all.merge(hands_->counters());
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
