#include "name_server.hpp"

#include <csignal>
#include <utility>

#include "base/machine.hpp"
#include "io/file.hpp"
#include "io/service_notifier.hpp"
#include "io/system_clock.hpp"
#include "net/resolv_conf.hpp"
#include "node_names.hpp"

namespace ipop::ipop_dns {
namespace {

using router::DnsRelay;

constexpr std::size_t largest_resolv_conf = 65'536;
// DHCP clients and VPNs rewrite the file; nothing tells us.
constexpr Duration look_pause = 5s;

}  // namespace

Result<std::unique_ptr<NameServer>> NameServer::open(const Serve& how, const std::string& socket,
                                                     router::DnsZone zone) {
  std::unique_ptr<NameServer> out(new NameServer(how, socket, std::move(zone)));
  if (how.forward) {
    if (auto read = out->read_servers(); !read) return std::move(read).error();
  }
  auto server = io::DnsServer::listen(
      out->loop_, how.listen, [raw = out.get()](std::uint64_t tag, net::DnsTransport transport, ByteSpan query) {
        const bool taken = raw->relay_.handle_query(io::monotonic_now(), tag, transport, query);
        raw->drain();
        return taken;
      });
  if (!server) return std::move(server).error();
  out->server_ = *std::move(server);
  return out;
}

NameServer::NameServer(const Serve& how, const std::string& socket, router::DnsZone zone)
    : how_(how),
      zone_(std::move(zone)),
      relay_(how.forward ? DnsRelay::Elsewhere::forward : DnsRelay::Elsewhere::refuse, rng_),
      exchanges_(loop_, {[this](std::uint64_t number, const net::Endpoint& from, ByteSpan message) {
                           relay_.handle_server_answer(io::monotonic_now(), number, from, message);
                           drain();
                         },
                         [this](std::uint64_t number) {
                           relay_.handle_server_failure(io::monotonic_now(), number);
                           drain();
                         }}),
      node_(loop_, socket,
            {[this](const node::StatusAnswer& status) { take_status(status); },
             {},
             [this](const Error&) {
               is_told_ = false;
               log(LogLevel::warning, "the node is not running; its names fail until it is back");
             }}),
      timer_(loop_,
             [this] {
               relay_.handle_timeout(io::monotonic_now());
               drain();
             }),
      look_(loop_, [this] { look_at_servers(); }) {
  relay_.handle_zone(zone_);
}

void NameServer::take_status(const node::StatusAnswer& status) {
  const auto zone = zone_of(status);
  if (zone && is_told_ && zone->domain == zone_.domain && zone->prefix == zone_.prefix) return;
  if (!zone && is_told_) return;
  is_told_ = true;
  if (!zone) return log(LogLevel::warning, "the node has no virtual network, so no names");
  zone_ = *zone;
  relay_.handle_zone(zone_);
  log(LogLevel::info, "the node answers", {{"domain", to_string(zone_.domain)}, {"prefix", to_string(zone_.prefix)}});
}

void NameServer::ask_node(std::uint64_t number, const Bytes& query) {
  node_.ask(node::DnsCommand{query}, [this, number](const Result<node::Answer>& answer) {
    const auto* found = answer ? std::get_if<node::DnsAnswer>(&*answer) : nullptr;
    if (found != nullptr)
      relay_.handle_node_answer(number, found->message);
    else
      relay_.handle_node_failure(number);
    drain();
  });
}

Result<void> NameServer::read_servers() {
  const auto text = io::read_file(how_.resolv_conf, largest_resolv_conf);
  if (!text) return text.error();
  std::vector<net::Endpoint> servers = net::parse_resolv_conf(*text);
  // A query must not come back here, nor go to the node's own server, which refuses it.
  std::erase_if(servers, [this](const net::Endpoint& server) {
    return server == how_.listen || server.ipv4() == zone_.prefix.server_address();
  });
  if (servers == servers_) return {};
  std::string names;
  for (const net::Endpoint& server : servers)
    names += (names.empty() ? "" : ",") + to_string(server);
  servers_ = std::move(servers);
  relay_.handle_servers(servers_);
  log(LogLevel::info, "other names are asked of", {{"servers", names}});
  return {};
}

void NameServer::look_at_servers() {
  // While the file is being replaced it may be missing; the servers that were in it stay.
  (void)read_servers();
  look_.arm(io::monotonic_now() + look_pause);
}

Result<void> NameServer::run() {
  auto signals = loop_.on_signals({SIGINT, SIGTERM}, [this](int) { loop_.stop(); });
  if (!signals) return signals;
  if (how_.forward) {
    if (servers_.empty())
      log(LogLevel::warning, "no server for other names; they fail until there is one", {{"file", how_.resolv_conf}});
    look_.arm(io::monotonic_now() + look_pause);
  }
  const auto notifier = io::ServiceNotifier::from_environment();
  log(LogLevel::info, "answers queries",
      {{"listen", to_string(server_->address())}, {"other_names", how_.forward ? "forward" : "refuse"}});
  notifier.ready();
  loop_.run();
  notifier.stopping();
  Counters counters = relay_.counters();
  counters.merge(server_->counters());
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& [name, count] : counters.all())
    fields.emplace_back(name, std::to_string(count));
  log(LogLevel::info, "ends", std::move(fields));
  return {};
}

void NameServer::drain() {
  while (auto output = relay_.poll_output())
    carry_out(*output);
  if (const auto deadline = relay_.poll_timeout())
    timer_.arm(*deadline);
  else
    timer_.disarm();
}

void NameServer::carry_out(DnsRelay::Output& output) {
  std::visit(Overloaded{
                 [&](const DnsRelay::AskNode& ask) { ask_node(ask.number, ask.query); },
                 [&](const DnsRelay::Forward& forward) {
                   exchanges_.begin(forward.number, forward.server, forward.transport, forward.query);
                 },
                 [&](const DnsRelay::EndForward& ended) { exchanges_.end(ended.number); },
                 [&](const DnsRelay::Answer& answer) { server_->answer(answer.tag, answer.message); },
             },
             output);
}

void NameServer::log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields) {
  log_.write(io::monotonic_now(), LogLine{level, std::move(text), std::move(fields)});
}

}  // namespace ipop::ipop_dns
