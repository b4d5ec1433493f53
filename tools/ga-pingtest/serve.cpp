#include <csignal>
#include <memory>
#include <string>

#include "authority/request_limiter.hpp"
#include "cli/rights.hpp"
#include "cli/text.hpp"
#include "io/event_loop.hpp"
#include "io/netlink.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "io/text_server.hpp"
#include "log_files.hpp"
#include "node_waiting.hpp"
#include "verbs.hpp"

namespace ipop::ga_pingtest {
namespace {

using cli::ExitStatus;

/// Gives out the log at the virtual address, wherever that moves.
class LogService {
 public:
  LogService(const Context& context, const ServeLog& verb, const node::StatusAnswer& status)
      : context_(context), verb_(verb), prefix_(*status.prefix), address_(*status.address) {}

  ExitStatus run() {
    if (auto watched = loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int) { loop_.stop(); }); !watched)
      return fail(watched.error());
    auto monitor = io::AddressMonitor::open(loop_, [this] { follow(); });
    if (!monitor) return fail(monitor.error());
    if (auto listening = listen(address_); !listening && !is_missing(listening.error())) return fail(listening.error());
    loop_.run();
    return ExitStatus::done;
  }

 private:
  static bool is_missing(const Error& error) { return error.code == std::errc::address_not_available; }

  ExitStatus fail(const Error& error) {
    cli::complain(context_.streams, tool, error.message());
    if (error.code == std::errc::address_in_use) cli::suggest(context_.streams, "the same command with --port N");
    const bool denied = tools::status_of(error) == ExitStatus::permission;
    if (denied) cli::suggest_root(context_.streams);
    return denied ? ExitStatus::permission : ExitStatus::no;
  }

  Result<void> listen(net::Ipv4Address address) {
    server_.reset();
    auto server = io::TextServer::listen(loop_, net::Endpoint{address, verb_.port},
                                         [this](const net::Endpoint& client) { return text_for(client); });
    if (!server) return server.error();
    server_ = *std::move(server);
    address_ = address;
    context_.streams.err << "Serving " << cli::printable(context_.log) << " to members at "
                         << to_string(server_->address()) << '\n';
    return {};
  }

  /// After a change of this machine's addresses: listens at the one in the virtual network.
  void follow() {
    const auto addresses = io::list_addresses();
    if (!addresses) return;
    std::optional<net::Ipv4Address> found;
    for (const io::InterfaceAddress& entry : *addresses) {
      const auto* address = std::get_if<net::Ipv4Address>(&entry.address);
      if (address == nullptr || !prefix_.contains(*address)) continue;
      if (!found || *address == address_) found = *address;
    }
    if (!found) return server_.reset();
    if (server_ && *found == address_) return;
    // A port that is taken there is tried again at the next change.
    if (auto listening = listen(*found); !listening) cli::complain(context_.streams, tool, listening.error().message());
  }

  /// Members only: the node lets nobody else use their addresses, and other networks have no business here.
  std::shared_ptr<const std::string> text_for(const net::Endpoint& client) {
    const auto address = client.ipv4();
    if (!address || !prefix_.contains(*address)) return nullptr;
    // A log takes more to read than a connection to make.
    if (!limiter_.take(io::monotonic_now(), client)) return nullptr;
    auto text = read_log(context_.log, max_served_octets);
    // Nothing was logged yet: an empty log.
    return std::make_shared<const std::string>(text ? *std::move(text) : std::string());
  }

  const Context& context_;
  const ServeLog& verb_;
  net::Ipv4Prefix prefix_;
  net::Ipv4Address address_;
  authority::RequestLimiter limiter_;
  io::EventLoop loop_;
  std::unique_ptr<io::TextServer> server_;
};

}  // namespace

ExitStatus carry_out(const Context& context, const ServeLog& verb) {
  io::harden_process();
  const auto status = tools::wait_for_lease(context.streams, context.socket, context.options.node.timeout);
  if (!status) return tools::report_node_error(context.streams, tool, status.error(), context.socket);
  return LogService(context, verb, *status).run();
}

}  // namespace ipop::ga_pingtest
