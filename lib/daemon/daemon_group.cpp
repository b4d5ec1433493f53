// From one group to another while the daemon runs.

#include "daemon/daemon_state.hpp"

namespace ipop::daemon {

Result<void> Daemon::State::reload() {
  if (!config_.read_again) return {Errc::unsupported, "this node has no files to read again"};
  auto next = config_.read_again();
  if (!next) return std::move(next).error();
  auto credentials = load_credentials(*directory_, next->authority, identity_->key, config_.read_clocks().wall);
  log_all(directory_->take_log());
  if (!credentials) return std::move(credentials).error();
  const auto der_of = [](const Credentials& it) { return it.certificate ? it.certificate->der() : Bytes{}; };
  const bool same = next->name_space == config_.name_space && next->prefix == config_.prefix &&
                    next->domain == config_.domain && next->host_name == config_.host_name &&
                    next->authority == config_.authority && next->lease_server == config_.lease_server &&
                    next->lease_command == config_.lease_command && der_of(*credentials) == der_of(credentials_);
  if (!same) return change_group(*std::move(next), *std::move(credentials));
  config_.bootstrap = std::move(next->bootstrap);
  log({LogLevel::info, "bootstrap names read again", {{"count", std::to_string(config_.bootstrap.size())}}});
  if (names_) names_->set_names(config_.bootstrap);
  return {};
}

Result<void> Daemon::State::change_group(DaemonConfig next, Credentials credentials) {
  const auto addresses = io::list_addresses();
  if (!addresses) return addresses.error();
  auto identity = make_identity(identity_->key, credentials.certificate, rng_, config_.cipher);
  if (!identity) return std::move(identity).error().in("making a certificate");
  // What belongs to the place in the group; interface, port and socket stay.
  DaemonConfig changed = config_;
  changed.name_space = next.name_space;
  changed.authority = std::move(next.authority);
  changed.lease_server = std::move(next.lease_server);
  changed.lease_command = std::move(next.lease_command);
  changed.prefix = next.prefix;
  changed.domain = std::move(next.domain);
  changed.host_name = std::move(next.host_name);
  changed.bootstrap = std::move(next.bootstrap);
  std::swap(config_, changed);
  if (auto free = check_overlap(*addresses); !free) {
    std::swap(config_, changed);
    return free;
  }
  const bool same_ring = changed.name_space == config_.name_space;
  log({LogLevel::info, "leaving the ring for another membership", {{"namespace", changed.name_space}}});

  const TimePoint now = io::monotonic_now();
  const auto address = node_->address();
  node_->stop(now);
  drain(now);
  if (address) carry_out_event(now, node::LeaseLostEvent{*address, "this node changes its membership"});
  node_.reset();
  hands_->give_order(dataplane::RemoveAllLanes{});
  identity_ = *std::move(identity);
  credentials_ = std::move(credentials);
  if (!same_ring) {
    saved_.peers.clear();
    history_.clear();
    directory_->save_history(history_);
  }
  named_.clear();
  nearby_.clear();
  make_node(*addresses);
  open_lan_door();
  give([this](TimePoint at) { node_->start(at); });
  // Nobody waits for these answers: the clients had them of the node before.
  for (const std::string& key : control_->watched_keys())
    give([&](TimePoint at) { node_->handle_command(at, node::CommandId{}, node::DhtWatchCommand{key}); });
  if (names_) names_->set_names(config_.bootstrap);
  if (names_) names_->set_joined(node_->is_joined());
  if (lan_) lan_->handle_addresses(*addresses, underlay_->rules());
  log({LogLevel::info,
       "joining",
       {{"node", to_string(identity_->id)},
        {"namespace", config_.name_space},
        {"group", credentials_.certificate ? "closed" : "open"}}});
  return {};
}

}  // namespace ipop::daemon
