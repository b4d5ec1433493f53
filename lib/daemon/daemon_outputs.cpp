// Daemon::State: what the node gives out is carried out: packets, answers, what is kept, what others are told.

#include <string>
#include <utility>

#include "base/base64.hpp"
#include "base/machine.hpp"
#include "daemon/daemon_state.hpp"

namespace ipop::daemon {

void Daemon::State::carry_out(TimePoint now, node::Node::Output& output) {
  std::visit(
      Overloaded{
          [&](node::Node::SendDatagrams& send) { port_->send(send.to, send.datagrams); },
          [&](node::Node::WriteFrames& write) {
            if (tap_) tap_->write(write.frames);
          },
          [&](node::Node::CommandAnswer& done) { answer(done); },
          [&](node::Event& event) { carry_out_event(now, event); },
          [&](node::Node::SaveState& state) { save(state); },
          [&](node::Node::SaveHistory& history) {
            history_ = std::move(history.members);
            directory_->save_history(history_);
            log_all(directory_->take_log());
          },
          [&](node::Node::SaveRevocations& revocations) {
            directory_->save_revocations(revocations.list);
            log_all(directory_->take_log());
          },
          [&](node::Node::ForwardDns& forward) {
            if (dns_) dns_->exchanges().begin(forward.number, forward.server, forward.transport, forward.query);
          },
          [&](const node::Node::EndForwardDns& ended) {
            if (dns_) dns_->exchanges().end(ended.number);
          },
          [&](const node::Node::DnsStreamAnswer& answer) {
            if (dns_listener_) dns_listener_->answer(answer.tag, answer.message);
          },
          [&](const node::Node::RenewCertificate&) { loop_.post([this] { renewal_->start(config_.renew_command); }); },
          [&](const node::Node::Order& order) { hands_->give_order(order); },
          [&](node::Node::LanePackets& packets) { hands_->give_lane_packets(std::move(packets)); },
          [&](node::Node::AskLeaseServer& ask) {
            loop_.post([this, request = to_base64(ask.request)] {
              auto command = config_.lease_command;
              if (!command.empty()) command.push_back(request);
              lease_errand_->start(command);
            });
          },
          // After this round of outputs, so that the client who asked has his answer.
          [&](node::Node::Stop&) { loop_.post([this] { begin_stop(); }); },
          [&](LogLine& line) { log_.write(now, line); },
      },
      output);
}

void Daemon::State::carry_out_event(TimePoint /*now*/, const node::Event& event) {
  std::visit(Overloaded{
                 [&](const node::JoinedEvent&) {
                   if (!tap_) signs_->ready();
                   if (names_) names_->set_joined(true);
                 },
                 [&](const node::LeaseHeldEvent& held) {
                   signs_->ready();
                   if (tap_address_) log_all(tap_address_->set(held.address, held.prefix.length()));
                   if (registration_)
                     log_all(registration_->set(tap_keeper_->name(), held.prefix.server_address(), config_.domain));
                 },
                 [&](const node::LeaseLostEvent&) {
                   if (registration_) log_all(registration_->clear());
                   if (tap_address_) log_all(tap_address_->clear());
                 },
                 [&](const node::PeerDownEvent&) {
                   if (names_ && !node_->is_joined()) names_->set_joined(false);
                 },
                 [](const auto&) {},
             },
             event);
  show_status();
  control_->publish(event);
}

void Daemon::State::answer(const node::Node::CommandAnswer& done) {
  auto result = done.answer;
  auto* status = result ? std::get_if<node::StatusAnswer>(&*result) : nullptr;
  if (status != nullptr) {
    Counters all;
    count_packets(all);
    status->offloads = offloads_in_use();
    status->workers = hands_->count();
    if (tap_keeper_) {
      status->interface = tap_keeper_->name();
      status->mtu = mtu_;
    }
    if (lan_) all.merge(lan_->counters());
    if (dns_listener_) all.merge(dns_listener_->counters());
    all.merge(control_->counters());
    for (const auto& [name, count] : all.all())
      status->counters[name] += count;
  }
  control_->answer(done.id, result);
}

void Daemon::State::save(const node::Node::SaveState& state) {
  saved_ = {state.address, state.peers, port_->port(), saved_.dns_servers};
  directory_->save(saved_);
  log_all(directory_->take_log());
}

void Daemon::State::show_status() {
  const auto address = node_->address();
  std::string text = address ? "address " + to_string(*address) : tap_ ? "waiting for an address" : "no interface";
  text += node_->is_joined() ? ", in the ring" : ", joining";
  for (const std::string& notice : node_->notices())
    text += "; " + notice;
  signs_->status(text);
}

}  // namespace ipop::daemon
