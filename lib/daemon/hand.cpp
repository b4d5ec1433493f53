#include "daemon/hand.hpp"

#include <utility>

#include "io/system_clock.hpp"

namespace ipop::daemon {
namespace {

// One event reads at most so many batches before the other doors get their turn.
constexpr int batches_a_turn = 8;
// How often the node hears what the worker did. Less than the half second after which it probes a path that is silent.
constexpr Duration report_every = 250ms;

}  // namespace

Hand::Hand(io::EventLoop& loop, io::UdpPort& port, io::TapDevice* tap, const dataplane::Worker::Config& config,
           std::string_view cipher, Handlers handlers)
    : loop_(loop),
      port_(port),
      tap_(tap),
      aeads_(crypto::make_named_aead_factory(cipher)),
      worker_(config, *aeads_),
      handlers_(std::move(handlers)),
      report_timer_(loop, [this] { report(io::monotonic_now()); }) {}

void Hand::start() {
  for (const auto family : {io::UdpPort::Family::ipv4, io::UdpPort::Family::ipv6}) {
    for (const int fd : port_.fds(family))
      watches_.emplace_back(loop_, fd, [this, fd, &queue = queues_.emplace_back()] { read_datagrams(fd, queue); });
  }
  if (tap_ != nullptr && tap_->has_queue())
    watches_.emplace_back(loop_, tap_->fd(), [this, &queue = queues_.emplace_back()] { read_frames(queue); });
}

void Hand::read_datagrams(int socket, dataplane::StandingQueue& queue) {
  for (int turn = 0; turn < batches_a_turn; ++turn) {
    const auto datagrams = port_.receive_joined(socket);
    const bool is_drained = port_.is_drained();
    queue.handle_read(io::monotonic_now(), is_drained);
    for (dataplane::Worker::Place place; place.run < datagrams.size();)
      pass([&](TimePoint now) { return worker_.handle_datagrams(now, datagrams, place, &queue); });
    if (is_drained) return;
  }
}

void Hand::read_frames(dataplane::StandingQueue& queue) {
  for (int turn = 0; turn < batches_a_turn; ++turn) {
    const auto frames = tap_->read();
    queue.handle_read(io::monotonic_now(), tap_->is_drained());
    if (!frames.empty()) {
      pass([&](TimePoint now) {
        if (sent_.wants_look(now)) sent_.handle_look(now, port_.octets_waiting(), port_.octets_sent());
        return worker_.handle_frames(now, frames, &queue, &sent_.law());
      });
    }
    if (tap_->is_drained()) return;
  }
}

void Hand::handle_handed(Handed handed) {
  handed_.push_back(std::move(handed));
  if (!is_passing_) pass_handed();
}

/// More of them may come out of what the node makes of these.
void Hand::pass_handed() {
  is_passing_ = true;
  for (; !handed_.empty(); handed_.pop_front())
    carry_out(worker_.handle_handed(io::monotonic_now(), handed_.front().origin, handed_.front().packets));
  is_passing_ = false;
  report_soon(io::monotonic_now());
}

template <class F>
void Hand::pass(F&& input) {
  // After the batch was read: what it may need was ordered before its sender knew of it.
  if (handlers_.on_batch) handlers_.on_batch();
  const TimePoint now = io::monotonic_now();
  is_passing_ = true;
  carry_out(input(now));
  pass_handed();
}

/// What the worker made goes out, and then what it left to the node.
void Hand::carry_out(const dataplane::Worker::Outcome& outcome) {
  if (!outcome.sends.empty()) port_.send_joined(outcome.sends);
  if (!outcome.frames.empty() && tap_ != nullptr) tap_->write(outcome.frames);
  const auto& rest = outcome.for_node;
  if (!rest.datagrams.empty() || !rest.opened.empty() || !rest.frames.empty()) handlers_.on_rest(rest);
  if (!outcome.for_hands.empty()) handlers_.on_others(outcome.for_hands);
}

void Hand::report_soon(TimePoint now) {
  if (now >= next_report_) {
    report(now);
  } else if (!std::exchange(is_report_due_, true)) {
    report_timer_.arm(next_report_);
  }
}

void Hand::report(TimePoint now) {
  is_report_due_ = false;
  next_report_ = now + report_every;
  handlers_.on_report(worker_.take_report());
}

}  // namespace ipop::daemon
