#include <algorithm>
#include <csignal>
#include <memory>

#include "authority/authority_announcement.hpp"
#include "authority/est.hpp"
#include "authority/fingerprint_text.hpp"
#include "crypto/renewal_time.hpp"
#include "daemon/service_signs.hpp"
#include "desk/enrolment_service.hpp"
#include "desk_choice.hpp"
#include "groups/group_config.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/https_server.hpp"
#include "io/log_writer.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "ledger_watch.hpp"
#include "node_waiting.hpp"
#include "open_group.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_group_file = std::size_t{1} << 20U;
constexpr Duration listen_pause = 1s;     // until DHCP has given the interface its address
constexpr Duration renewal_pause = 5min;  // of a life of an hour or more
constexpr Duration longest_wait = 24h * 365;
constexpr std::chrono::seconds endpoints_limit{2};
constexpr Duration after_a_decision = 1s;

/// The closed group's file as a new member needs it: with the endpoints at which this machine's node of
/// that group can be reached, and without what is only this machine's.
Result<std::string> group_file(const Context& context, const std::string& name, const crypto::Certificate& authority) {
  const std::string path = files_of(context, name).config();
  const auto text = io::read_file(path, largest_group_file);
  if (!text && text.error().code == std::errc::no_such_file_or_directory) return {Errc::not_found, path};
  if (!text) return text.error();
  auto config = groups::parse_group_config(*text, path);
  if (!config) return make_error(std::make_error_code(std::errc::io_error), config.error().message());
  config->port.reset();
  config->authority = authority.to_pem();
  auto client = daemon::ControlClient::connect(tools::socket_of_group(name));
  const auto known = client ? tools::ask_node<node::EndpointsAnswer>(*client, node::EndpointsCommand{}, endpoints_limit)
                            : Result<node::EndpointsAnswer>(client.error());
  // Without a node the file's own entries have to do.
  for (const net::Endpoint& endpoint : known ? known->endpoints : std::vector<net::Endpoint>()) {
    auto entry = groups::parse_bootstrap_entry(to_string(endpoint));
    if (entry && std::ranges::find(config->bootstrap, *entry) == config->bootstrap.end())
      config->bootstrap.push_back(*std::move(entry));
  }
  return to_toml(*config);
}

/// The server while it runs: where it listens follows the open group's address.
class Server {
 public:
  Server(const Context& context, const ServeAuthority& verb, AuthorityDesk& desk, std::string socket)
      : context_(context),
        verb_(verb),
        desk_(desk),
        service_(
            desk_,
            [&context, &desk, name = verb.closed_group.empty() ? desk.name() : verb.closed_group] {
              return group_file(context, name, desk.authority());
            },
            [this](const LogLine& line) { log(line); }),
        ledger_(context, desk),
        signs_(loop_, io::ServiceNotifier::from_environment()),
        again_(loop_, [this] { listen(); }),
        renewal_(loop_, [this] { renew_certificate(); }),
        look_(loop_, [this] { look_at_ledger(); }) {
    if (!socket.empty())
      group_.emplace(
          loop_, std::move(socket),
          OpenGroup::Handlers{[this](auto address) { move_to(address); }, [this](const LogLine& line) { log(line); }});
  }

  ExitStatus run() {
    io::harden_process();
    auto watching = loop_.on_signals({SIGINT, SIGTERM}, [this](int) { loop_.stop(); });
    if (!watching) return report(context_, watching.error());
    log({LogLevel::info,
         "authority",
         {{"name", desk_.name()}, {"fingerprint", authority::to_groups(desk_.authority().fingerprint())}}});
    address_ = verb_.address;
    look_at_ledger();
    if (verb_.address && ledger_.fault().empty()) {
      // Nobody moves this address, so a failure at the start is final.
      if (auto listening = try_to_listen(); !listening) return report(context_, listening.error());
    }
    if (!server_ && ledger_.fault().empty()) signs_.status("waiting for an address");
    loop_.run();
    signs_.stopping();
    log({LogLevel::info, "stopped", {}});
    return status_;
  }

 private:
  void log(const LogLine& line) { writer_.write(io::monotonic_now(), line); }

  void move_to(std::optional<net::Ipv4Address> address) {
    if (verb_.address) return;
    address_ = address;
    if (!address) {
      server_.reset();
      renewal_.disarm();
      signs_.status("waiting for an address");
      group_->announce({});
      log({LogLevel::warning, "open group's address lost; waiting for a new one", {}});
      return again_.disarm();
    }
    listen();
  }

  void listen() {
    // To listen it signs a certificate for itself.
    if (!ledger_.fault().empty()) return;
    auto listening = try_to_listen();
    if (listening) return;
    if (listening.error().code == std::errc::address_not_available) {
      if (!std::exchange(is_waiting_, true))
        log({LogLevel::info, "waiting for the address on an interface", {{"ip", to_string(*address_)}}});
      return again_.arm(io::monotonic_now() + listen_pause);
    }
    status_ = report(context_, listening.error());
    loop_.stop();
  }

  Result<void> try_to_listen() {
    const net::Endpoint place{*address_, verb_.port};
    auto identity = make_identity();
    if (!identity) return std::move(identity).error();
    server_.reset();
    auto server = io::HttpsServer::listen(
        loop_, place, *identity, authority::est::body_limit,
        [this](const net::Endpoint& source, const net::HttpRequest& request) {
          // While the machine slept, the timer stood still.
          if (io::wall_time_now() >= renew_at_) renewal_.arm(io::monotonic_now());
          if (ledger_.is_due(io::monotonic_now())) look_at_ledger();
          auto answer = service_.answer({io::monotonic_now(), io::wall_time_now()}, source, request);
          if (ledger_.fault().empty() && !ledger_.is_told()) look_.arm(io::monotonic_now() + after_a_decision);
          return answer;
        });
    if (!server) return std::move(server).error();
    server_ = *std::move(server);
    is_waiting_ = false;
    log({LogLevel::info, "listening", {{"endpoint", to_string(server_->address())}}});
    signs_.status("listening on " + to_string(server_->address()));
    signs_.ready();
    wait_for_renewal();
    if (group_ && verb_.announce)
      group_->announce(to_string(authority::AuthorityAnnouncement{place, desk_.authority().fingerprint()}));
    return {};
  }

  /// A server whose ledger is behind, or went another way, would decide against what the group knows: it waits until
  /// the ledger is put right.
  void look_at_ledger() {
    const std::string before = ledger_.fault();
    ledger_.look();
    look_.arm(io::monotonic_now() + ledger_.pause());
    const std::string& fault = ledger_.fault();
    service_.hold(!fault.empty());
    if (fault == before) return;
    if (!fault.empty()) {
      log({LogLevel::error, fault + "; nothing is signed until that is put right", {}});
      signs_.status("waiting: " + fault);
      if (before.empty()) suggest_way_out(context_);
      return;
    }
    log({LogLevel::info, "the ledger is the one that the group knows; going on", {}});
    if (!server_ && address_) return listen();
    signs_.status(server_ ? "listening on " + to_string(server_->address()) : "waiting for an address");
  }

  /// A key that never leaves this process, and a certificate for it that names the address.
  Result<io::HttpsServer::Identity> make_identity() {
    // A socket that can't be bound yet is tried every second: one certificate serves all tries.
    if (identity_ && identity_address_ == address_) return *identity_;
    const auto key = crypto::PrivateKey::generate();
    if (!key) return key.error();
    const std::uint32_t value = address_->value();
    const crypto::PinnedAddress pinned{std::byte(value >> 24U), std::byte(value >> 16U & 0xffU),
                                       std::byte(value >> 8U & 0xffU), std::byte(value & 0xffU)};
    const auto certificate = desk_.sign_server(key->public_key(), {pinned}, {}, io::wall_time_now());
    if (!certificate) return certificate.error();
    renew_at_ = crypto::renewal_time(*certificate);
    identity_address_ = address_;
    identity_ = {key->to_pem(), certificate->to_pem(), desk_.authority().to_pem()};
    return *identity_;
  }

  /// The timer follows the certificate's own life. A clock that is set meanwhile is seen when it ends, or
  /// with the next request.
  void wait_for_renewal() {
    const std::chrono::seconds left = renew_at_ - io::wall_time_now();
    renewal_.arm(io::monotonic_now() + std::clamp<Duration>(left, 0s, longest_wait));
  }

  void renew_certificate() {
    if (!server_) return;
    if (io::wall_time_now() < renew_at_) return wait_for_renewal();
    if (!ledger_.fault().empty()) return renewal_.arm(io::monotonic_now() + renewal_pause);
    const auto before = std::exchange(identity_, std::nullopt);
    const auto identity = make_identity();
    if (!identity) {
      // The certificate that there is has a third of its life left for trying again.
      identity_ = before;
      log({LogLevel::error, "server's own certificate is not renewed", {{"reason", identity.error().message()}}});
      return renewal_.arm(io::monotonic_now() + renewal_pause);
    }
    if (auto changed = server_->change_identity(*identity); !changed) {
      log({LogLevel::error, "server must listen again", {{"reason", changed.error().message()}}});
      server_.reset();
      return again_.arm(io::monotonic_now() + listen_pause);
    }
    log({LogLevel::info, "server's own certificate renewed", {}});
    wait_for_renewal();
  }

  const Context& context_;
  const ServeAuthority& verb_;
  AuthorityDesk& desk_;
  io::EventLoop loop_;
  io::LogWriter writer_{LogLevel::info};
  desk::EnrolmentService service_;
  LedgerWatch ledger_;
  std::optional<net::Ipv4Address> address_;
  std::optional<io::HttpsServer::Identity> identity_;
  std::optional<net::Ipv4Address> identity_address_;
  WallTime renew_at_{};
  std::unique_ptr<io::HttpsServer> server_;
  std::optional<OpenGroup> group_;
  bool is_waiting_ = false;
  ExitStatus status_ = ExitStatus::done;
  daemon::ServiceSigns signs_;
  io::LoopTimer again_;
  io::LoopTimer renewal_;
  io::LoopTimer look_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const ServeAuthority& verb) {
  std::string socket = context.options.socket;
  if (socket.empty() && !verb.open_group.empty()) {
    socket = tools::socket_of_group(verb.open_group);
    // A node that starts later is waited for; one that nothing here can start is a mistyped name.
    const std::string path = files_of(context, verb.open_group).config();
    const auto is_there = io::has_group(verb.open_group, context.options.groups);
    if (!is_there) return report(context, is_there.error());
    if (!*is_there && !io::exists(socket)) {
      cli::complain(context.streams, tool,
                    "this machine has no group \"" + verb.open_group + "\" (" + path + " does not exist)");
      cli::suggest(context.streams, "ga-group new " + verb.open_group + " --closed");
      cli::suggest(context.streams, "ga-group join TOKEN");
      return ExitStatus::usage;
    }
  }
  if (socket.empty() && !verb.address) {
    cli::complain(context.streams, tool,
                  "no address to listen on: pass --group GROUP (an open group) or --address ADDRESS");
    return ExitStatus::usage;
  }
  // The entrance of the closed group NAME is called NAME-enrol, the group and its authority NAME.
  std::string named = verb.closed_group.empty() ? verb.open_group : verb.closed_group;
  if (verb.closed_group.empty()) named = closed_group_of(named).value_or(named);
  auto opened = open_desk(context, named);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  if (auto unlocked = desk.unlock(); !unlocked) return report_key(context, unlocked.error());
  return Server(context, verb, desk, std::move(socket)).run();
}

}  // namespace ipop::ga_cert
