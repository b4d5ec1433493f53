#include "daemon/daemon.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include "base/base64.hpp"
#include "crypto/hash.hpp"
#include "crypto/reseed.hpp"
#include "daemon/daemon_state.hpp"
#include "io/loaded_code.hpp"

namespace ipop::daemon {

namespace {

// How late a sleep of an idle machine may be noticed.
constexpr Duration clock_check = 10s;
// Who waits for the service at boot is not held up for longer: with nobody in reach an address may come in hours.
constexpr Duration patience = 15s;
// A server that has just started is waited for a minute, and each exchange has its own limit.
constexpr Duration renewal_limit = 5min;
constexpr Duration lease_limit = 20s;

io::LanAnnouncement::Tag tag_of(const std::string& name_space) {
  io::LanAnnouncement::Tag tag{};
  const auto digest = crypto::sha256(as_bytes("ipop lan " + name_space));
  std::copy_n(digest.begin(), tag.size(), tag.begin());
  return tag;
}

// A lane's SPI is odd, and random for the rest: what a member floods over his lane leaves room for control, which goes
// by sessions, and for seven of eight others.
constexpr unsigned lane_doors = 8;

/// The port asked for; else that of the last time, else any: peers behind strict NATs and firewalls
/// have rules for it.
Result<io::UdpPort> open_port(std::uint16_t wanted, std::uint16_t last, const io::UdpPort::Offloads& offloads) {
  auto port = io::UdpPort::open(wanted != 0 ? wanted : last, offloads, lane_doors);
  const bool taken = !port && port.error().code == std::errc::address_in_use;
  if (!taken) return port;
  if (wanted == 0) return io::UdpPort::open(0, offloads, lane_doors);
  return make_error(port.error().code, "UDP port " + std::to_string(wanted) +
                                           " is in use by another program; choose another with --port, or 0 for any");
}

/// What others are told of stands beside the control socket, under the group's name.
DnsRegistration::Files registration_files(const std::string& control_path) {
  const std::string group = control_path.substr(0, control_path.rfind(".sock"));
  return {"/etc/resolv.conf", group + ".resolv-conf", group + ".resolvconf"};
}

/// What was drawn before, by us or by OpenSSL, may be in a twin as well.
void renew_chance(io::SystemRng& rng) {
  rng.discard();
  std::array<std::byte, 48> seed{};
  rng.fill(seed);
  crypto::reseed(seed);
  crypto::wipe(seed);
}

}  // namespace

Result<void> Daemon::State::open() {
  if (auto room = check_open_files(config_.workers); !room) return room;
  auto directory = StateDirectory::open(config_.state_directory);
  if (!directory) return std::move(directory).error();
  directory_ = *std::move(directory);
  auto key = directory_->load_key();
  if (!key) return std::move(key).error();
  saved_ = directory_->load_state();
  history_ = directory_->load_history();
  auto credentials = load_credentials(*directory_, config_.authority, *key, config_.read_clocks().wall);
  if (!credentials) return std::move(credentials).error();
  credentials_ = *std::move(credentials);
  auto identity = make_identity(*std::move(key), credentials_.certificate, rng_, config_.cipher);
  if (!identity) return std::move(identity).error();
  identity_ = *std::move(identity);

  const auto addresses = io::list_addresses();
  if (!addresses) return addresses.error();
  if (auto free = check_overlap(*addresses); !free) return free;
  auto port = open_port(config_.port, saved_.port, {config_.offloads.udp_send, config_.offloads.udp_receive});
  if (!port) return std::move(port).error();
  port_ = *std::move(port);
  if (config_.tap) {
    if (config_.mtu != 0) {
      mtu_ = config_.mtu;
    } else if (!io::TapDevice::exists(*config_.tap)) {
      // One that somebody else has made may be a port of a bridge to guests who know no large frames.
      mtu_ = mtu_for(widest_uplink(*addresses, {0, config_.prefix, true, config_.excluded}));
    }
    auto tap = io::TapDevice::open(
        {*config_.tap, mtu_, mac_of(identity_->id), config_.offloads.tap, hands_wanted() > 1, config_.offloads.uring});
    if (!tap) return std::move(tap).error();
    tap_ = *std::move(tap);
    tap_keeper_.emplace(tap_->name(), tap_->index(), mtu_);
    if (config_.configure) tap_address_.emplace(tap_->index());
    if (config_.configure && config_.register_dns) {
      registration_.emplace(registration_files(config_.control_path), *config_.tap);
      log_all(registration_->clear());
    }
  }
  auto hands = Hands::make(
      loop_, *port_, tap_ ? &*tap_ : nullptr, hands_wanted(), identity_->aeads->name(),
      {[this](const auto& rest) { take_rest(rest); }, [this](const auto& traffic) { take_traffic(traffic); }});
  if (!hands) return std::move(hands).error();
  hands_ = *std::move(hands);
  make_node(*addresses);
  return open_doors();
}

Result<void> Daemon::State::check_overlap(const std::vector<io::InterfaceAddress>& addresses) const {
  if (!config_.tap) return {};
  const auto clash = io::find_overlap(addresses, config_.prefix, tap_keeper_ ? tap_keeper_->name() : *config_.tap);
  if (!clash) return {};
  return make_error(make_error_code(Errc::conflict), describe_overlap(config_.prefix, *clash, addresses));
}

void Daemon::State::make_node(const std::vector<io::InterfaceAddress>& addresses) {
  node::NodeConfig config;
  config.name_space = config_.name_space;
  config.has_bootstrap = !config_.bootstrap.empty();
  config.first = config_.first;
  config.known_peers = saved_.peers;
  config.history = history_;
  if (tap_) config.prefix = config_.prefix;
  config.domain = config_.domain;
  config.host_name = config_.host_name;
  config.preferred_address = saved_.address;
  config.mtu = mtu_;
  if (tap_) config.tap_mac = tap_->mac();
  if (config_.mtu != 0) config.guest_mtu = mtu_;
  config.relay_share = config_.relay_share;
  config.relay_limit = config_.relay_limit;
  config.offer_dns = config_.offer_dns;
  config.lease_server = config_.lease_server;
  config.trust = credentials_.trust;
  config.certificate = credentials_.certificate;
  config.interface = tap_ ? tap_->name() : "";
  config.hands = hands_->count();
  config.version = config_.version;
  node_.emplace(std::move(config), identity_->key, *identity_->handshakes, *identity_->aeads, rng_);

  io::UnderlayRules rules{tap_ ? tap_->index() : 0, config_.prefix, port_->has_ipv6(), config_.excluded};
  underlay_.emplace(std::move(rules), tap_ ? std::optional(config_.prefix) : std::nullopt, port_->port());
  clocks_.emplace(config_.read_clocks());
  const TimePoint now = io::monotonic_now();
  node_->handle_wall_time(now, config_.read_clocks().wall);
  if (tap_) open_dns_door();
  if (auto change = underlay_->update(addresses); change.endpoints)
    node_->handle_local_endpoints(now, *std::move(change.endpoints));
}

Result<void> Daemon::State::open_doors() {
  auto control =
      ControlDoor::open(loop_, config_.control_path, [this](node::CommandId id, const node::Command& command) {
        if (std::holds_alternative<node::ReloadCommand>(command)) {
          auto done = reload();
          control_->answer(id, done ? Result<node::Answer>(node::DoneAnswer{}) : std::move(done).error());
          return;
        }
        hands_->report(io::monotonic_now());
        give([&](TimePoint now) { node_->handle_command(now, id, command); });
      });
  if (!control) return std::move(control).error();
  control_ = *std::move(control);

  auto monitor = io::AddressMonitor::open(loop_, [this] { look_at_addresses(); });
  if (!monitor) return std::move(monitor).error();
  addresses_ = *std::move(monitor);

  auto signals = loop_.on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int number) { handle_signal(number); });
  if (!signals) return signals;

  lease_errand_.emplace(
      loop_, "ipop-dhcp", lease_limit, [this](const std::string& output) { take_grant(output); },
      [this](const std::string& why) { give([&](TimePoint now) { node_->handle_lease_failure(now, why); }); });
  // ga-cert writes the certificate, and has the node reload.
  renewal_.emplace(
      loop_, "ga-cert", renewal_limit, [](const std::string&) {},
      [this](const std::string& why) { give([&](TimePoint now) { node_->handle_renewal_failure(now, why); }); });
  open_lan_door();
  signs_ = std::make_unique<ServiceSigns>(loop_, io::ServiceNotifier::from_environment());
  node_timer_.emplace(loop_, [this] { give([this](TimePoint now) { node_->handle_timeout(now); }); });
  patience_timer_.emplace(loop_, [this] {
    signs_->ready();
    show_status();
    // Ciphers were tried and certificates read; most of that code runs no more.
    io::drop_code_pages();
  });
  tap_timer_.emplace(loop_, [this] { look_at_tap(); });
  clock_timer_.emplace(loop_, [this] {
    give([](TimePoint) {});
    look_for_dns_servers();
    if (registration_) log_all(registration_->keep());
    clock_timer_->arm(io::monotonic_now() + clock_check);
  });
  return {};
}

void Daemon::State::take_grant(const std::string& output) {
  const auto grant = parse_base64(line_after(output, "grant "));
  give([&](TimePoint now) {
    if (grant && !grant->empty()) return node_->handle_lease_answer(now, *grant);
    node_->handle_lease_failure(now, "ipop-dhcp printed no grant");
  });
}

void Daemon::State::open_dns_door() {
  DnsDoor::Handlers handlers;
  handlers.on_servers = [this](auto servers) {
    saved_.dns_servers = servers;
    directory_->save(saved_);
    log_all(directory_->take_log());
    node_->handle_dns_servers(io::monotonic_now(), std::move(servers));
  };
  handlers.exchanges.on_message = [this](std::uint64_t number, const net::Endpoint& from, ByteSpan message) {
    give([&](TimePoint now) { node_->handle_dns_server_answer(now, number, from, message); });
  };
  handlers.exchanges.on_failure = [this](std::uint64_t number) {
    give([&](TimePoint now) { node_->handle_dns_server_failure(now, number); });
  };
  dns_.emplace(loop_, DnsDoor::Files{}, config_.prefix, saved_.dns_servers, config_.dns_servers, std::move(handlers));
  node_->handle_dns_servers(io::monotonic_now(), dns_->servers());
  look_for_dns_servers();
  dns_listener_.emplace(loop_, config_.prefix.server_address(), [this](std::uint64_t tag, ByteSpan query) {
    give([&](TimePoint now) { node_->handle_dns_stream_query(now, tag, query); });
  });
}

void Daemon::State::look_for_dns_servers() {
  if (!dns_) return;
  std::vector<net::Ipv4Prefix> of_nodes;
  // Without the list nothing is known to be a node's but what is in this node's own network.
  for (const auto& entry : io::list_addresses().value_or({})) {
    const auto network = entry.of_node ? entry.ipv4_prefix() : std::nullopt;
    if (network) of_nodes.push_back(*network);
  }
  dns_->look(of_nodes);
}

void Daemon::State::open_lan_door() {
  lan_.reset();
  if (!config_.lan_discovery) return;
  auto lan = LanDoor::open(loop_, tag_of(config_.name_space), port_->port(), rng_, [this](auto heard) {
    nearby_ = std::move(heard);
    handle_hints();
  });
  if (lan) lan_ = *std::move(lan);
  if (!lan) log({LogLevel::warning, "LAN discovery is off", {{"reason", lan.error().message()}}});
}

Result<void> Daemon::State::run() {
  log({LogLevel::info,
       "node started",
       {{"node", to_string(identity_->id)},
        {"port", std::to_string(port_->port())},
        {"interface", tap_ ? tap_->name() : "none"},
        {"cipher", std::string(identity_->aeads->name())}}});
  log_all(directory_->take_log());
  if (auto started = hands_->start(); !started) return started;
  if (saved_.port != port_->port()) {
    saved_.port = port_->port();
    directory_->save(saved_);
    log_all(directory_->take_log());
  }
  clock_timer_->arm(io::monotonic_now() + clock_check);
  give([this](TimePoint now) { node_->start(now); });
  BootstrapNames::Handlers handlers;
  handlers.on_endpoints = [this](auto endpoints) {
    named_ = std::move(endpoints);
    handle_hints();
  };
  handlers.on_log = [this](const LogLine& line) { log(line); };
  auto names = BootstrapNames::open(loop_, config_.bootstrap, std::move(handlers));
  if (names) names_ = *std::move(names);
  if (names_) names_->set_joined(node_->is_joined());
  if (!names) log({LogLevel::error, "bootstrap names can't be resolved", {{"reason", names.error().message()}}});
  if (const auto list = io::list_addresses(); list && lan_) lan_->handle_addresses(*list, underlay_->rules());
  show_status();
  patience_timer_->arm(io::monotonic_now() + patience);
  if (!stopping_) loop_.run();
  hands_->stop();
  if (registration_) log_all(registration_->clear());
  if (tap_address_ && ending_) log_all(tap_address_->clear());
  log({LogLevel::info, "node stopped", {}});
  return ending_;
}

void Daemon::State::check_clocks(TimePoint now) {
  const auto reading = config_.read_clocks();
  const auto change = clocks_->update(reading);
  if (io::ClockWatch::may_be_copy(change)) {
    log({LogLevel::info,
         change.slept ? "the machine slept; links are opened anew"
                      : "the clock skipped, as in a restored snapshot; links are opened anew",
         {}});
    renew_chance(rng_);
    node_->handle_suspend(now);
    drain(now);
  }
  if (change.slept || change.wall_set) {
    node_->handle_wall_time(now, reading.wall);
    drain(now);
  }
}

void Daemon::State::drain(TimePoint now) {
  while (auto output = node_->poll_output())
    carry_out(now, *output);
  const auto next = node_->poll_timeout();
  if (next && !stopping_) {
    node_timer_->arm(*next);
  } else {
    node_timer_->disarm();
  }
}

void Daemon::State::look_at_addresses() {
  look_at_tap();
  if (stopping_) return;
  const auto addresses = io::list_addresses();
  if (!addresses) return;  // the next change asks again
  if (dns_listener_) node_->handle_dns_listener(dns_listener_->look(node_->address(), *addresses));
  auto change = underlay_->update(*addresses);
  if (change.overlap) log({LogLevel::warning, *change.overlap, {}});
  if (!change.endpoints) return;
  give([&](TimePoint now) { node_->handle_local_endpoints(now, *std::move(change.endpoints)); });
  if (lan_) lan_->handle_addresses(*addresses, underlay_->rules());
  if (names_) names_->look_up_again();
}

void Daemon::State::look_at_tap() {
  if (stopping_ || !tap_keeper_) return;
  auto look = tap_keeper_->look(io::monotonic_now(), tap_address_ ? &*tap_address_ : nullptr);
  log_all(look.log);
  if (look.again) tap_timer_->arm(*look.again);
  if (!look.gone) return;
  ending_ = make_error(std::make_error_code(std::errc::no_such_device),
                       "TAP interface " + tap_keeper_->name() + " was deleted by another program");
  begin_stop();
}

void Daemon::State::handle_signal(int number) {
  if (number != SIGHUP) return begin_stop();
  if (const auto done = reload(); !done)
    log({LogLevel::warning, "configuration not read again", {{"reason", done.error().message()}}});
}

void Daemon::State::handle_hints() {
  auto all = named_;
  for (const net::Endpoint& endpoint : nearby_) {
    if (std::ranges::find(all, endpoint) == all.end()) all.push_back(endpoint);
  }
  give([&](TimePoint now) { node_->handle_bootstrap(now, std::move(all)); });
}

void Daemon::State::begin_stop() {
  if (stopping_) return;
  const TimePoint now = io::monotonic_now();
  stopping_ = now;
  signs_->stopping();
  node_->stop(now);
  drain(now);
  loop_.stop();
}

void Daemon::State::log_all(const std::vector<LogLine>& lines) {
  for (const LogLine& line : lines)
    log(line);
}

Result<std::unique_ptr<Daemon>> Daemon::open(DaemonConfig config) {
  auto state = std::make_unique<State>(std::move(config));
  if (auto opened = state->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<Daemon>(new Daemon(std::move(state)));
}

Daemon::Daemon(std::unique_ptr<State> state) : state_(std::move(state)) {}
Daemon::~Daemon() = default;
Result<void> Daemon::run() {
  return state_->run();
}

}  // namespace ipop::daemon
