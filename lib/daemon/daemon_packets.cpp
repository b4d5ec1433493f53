// Daemon::State: packets between the kernel, the worker and the node.

#include "daemon/daemon_state.hpp"
#include "router/mac_table.hpp"

namespace ipop::daemon {

namespace {

// One event reads at most so many batches before the other doors get their turn.
constexpr int batches_a_turn = 8;
// How often the node hears what the worker did. Less than the half second after which it probes a path that is silent.
constexpr Duration report_every = 250ms;

}  // namespace

void Daemon::State::make_worker() {
  // Without an interface it passes on what others send one another. A datagram written to the TAP in one piece with
  // others costs the kernel more than it saves us.
  const bool joins_tcp = tap_ && tap_->offloads().tcp;
  worker_.emplace(dataplane::Worker::Config{router::server_mac, {joins_tcp, false}}, *identity_->aeads);
}

void Daemon::State::read_datagrams(int socket) {
  for (int turn = 0; turn < batches_a_turn && !stopping_; ++turn) {
    const auto datagrams = port_->receive_joined(socket);
    if (datagrams.empty()) return;
    if (worker_) {
      for (dataplane::Worker::Place place; place.run < datagrams.size();)
        pass([&](TimePoint now) { return worker_->handle_datagrams(now, datagrams, place); });
      continue;
    }
    batch_.clear();
    for (const net::Datagrams& joined : datagrams) {
      for (std::size_t at = 0; at < joined.octets.size(); at += joined.segment)
        batch_.push_back(
            {joined.other, joined.octets.subspan(at, std::min(joined.segment, joined.octets.size() - at))});
    }
    give([this](TimePoint now) { node_->handle_datagrams(now, batch_); });
  }
}

void Daemon::State::read_frames() {
  for (int turn = 0; turn < batches_a_turn && !stopping_; ++turn) {
    const auto frames = tap_->read();
    if (frames.empty()) return;
    pass([&](TimePoint now) { return worker_->handle_frames(now, frames); });
  }
}

template <class F>
void Daemon::State::pass(F&& input) {
  const TimePoint now = io::monotonic_now();
  carry_out(input(now));
  for (; !relayed_.empty(); relayed_.pop_front())
    carry_out(worker_->handle_relayed(io::monotonic_now(), relayed_.front().peer, relayed_.front().packets));
  if (now >= next_report_) report_traffic(now);
}

/// What the worker made goes out, and then what it left to the node.
void Daemon::State::carry_out(const dataplane::Worker::Outcome& outcome) {
  if (!outcome.sends.empty()) port_->send_joined(outcome.sends);
  if (!outcome.frames.empty()) tap_->write(outcome.frames);
  const auto& rest = outcome.for_node;
  if (!rest.datagrams.empty()) {
    batch_.clear();
    for (const auto& datagram : rest.datagrams)
      batch_.push_back({datagram.from, datagram.octets});
    give([this](TimePoint time) { node_->handle_datagrams(time, batch_); });
  }
  if (!rest.opened.empty()) give([&](TimePoint time) { node_->handle_opened(time, rest.opened); });
  if (!rest.frames.empty()) give([&](TimePoint time) { node_->handle_frames(time, rest.frames); });
}

void Daemon::State::report_traffic(TimePoint now) {
  if (!worker_) return;
  next_report_ = now + report_every;
  const auto traffic = worker_->take_report();
  if (!traffic.empty()) give([&](TimePoint time) { node_->handle_traffic(time, traffic); });
}

std::vector<std::string> Daemon::State::offloads_in_use() const {
  std::vector<std::string> out;
  if (tap_ && tap_->offloads().checksums) out.emplace_back("tap-checksum");
  if (tap_ && tap_->offloads().tcp) out.emplace_back("tap-tcp");
  if (tap_ && tap_->offloads().udp) out.emplace_back("tap-udp");
  if (port_->offloads().cuts) out.emplace_back("udp-send");
  if (port_->offloads().joins) out.emplace_back("udp-receive");
  return out;
}

}  // namespace ipop::daemon
