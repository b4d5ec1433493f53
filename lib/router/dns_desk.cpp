#include "router/dns_desk.hpp"

#include "base/machine.hpp"

namespace ipop::router {
namespace {

constexpr Duration dns_query_time = std::chrono::seconds(10);
// Queries of one input stand beside those that wait until the answers are passed on.
constexpr std::size_t most_answered_at_once = 1024;

}  // namespace

DnsDesk::DnsDesk(NameService::Config config, const RecordJudge& judge, Rng& rng)
    : prefix_(config.prefix),
      names_(config, judge, counters_),
      relay_(DnsRelay::Elsewhere::forward, rng),
      askers_(NameService::most_waiting + most_answered_at_once) {
  if (const auto domain = net::parse_dns_name(config.domain)) relay_.handle_zone({*domain, prefix_});
}

void DnsDesk::handle_query(TimePoint now, const Client& client, ByteSpan query) {
  const std::uint64_t number = remember(now, client);
  const bool is_relayed = relay_.has_servers() && !std::holds_alternative<ControlClient>(client);
  const auto transport = std::holds_alternative<StreamClient>(client) ? net::DnsTransport::tcp : net::DnsTransport::udp;
  const bool is_taken =
      is_relayed ? relay_.handle_query(now, number, transport, query) : names_.handle_query(now, number, query);
  if (!is_taken) askers_.erase(number);
  pass_values(now);
}

void DnsDesk::handle_servers(std::vector<net::Endpoint> servers) {
  std::erase_if(servers, [this](const net::Endpoint& server) {
    const auto v4 = server.ipv4();
    return v4 && prefix_.contains(*v4);
  });
  relay_.handle_servers(std::move(servers));
}

void DnsDesk::handle_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message) {
  relay_.handle_server_answer(now, number, from, message);
  pass_values(now);
}

void DnsDesk::handle_server_failure(TimePoint now, std::uint64_t number) {
  relay_.handle_server_failure(now, number);
  pass_values(now);
}

void DnsDesk::handle_name(TimePoint now, const std::string& name, dht::Outcome outcome,
                          const std::vector<dht::Record>& records) {
  names_.handle_name(now, name, outcome, records);
  pass_values(now);
}

void DnsDesk::handle_lease(TimePoint now, net::Ipv4Address address, const AddressResolver::Entry& entry) {
  names_.handle_lease(now, address, entry);
  pass_values(now);
}

void DnsDesk::handle_timeout(TimePoint now) {
  names_.handle_timeout(now);
  relay_.handle_timeout(now);
  askers_.drop_expired(now);
  pass_values(now);
}

std::optional<TimePoint> DnsDesk::poll_timeout() const {
  return earliest(names_.poll_timeout(), relay_.poll_timeout());
}

Counters DnsDesk::counters() const {
  Counters all = counters_;
  all.merge(relay_.counters());
  return all;
}

std::uint64_t DnsDesk::remember(TimePoint now, const Asker& asker) {
  const std::uint64_t number = next_query_++;
  askers_.put(now, number, asker, now + dns_query_time);
  return number;
}

void DnsDesk::answer(TimePoint now, std::uint64_t number, Bytes message) {
  const Asker* found = askers_.find(number, now);
  if (found == nullptr) return;
  const Asker asker = *found;
  askers_.erase(number);
  if (const auto* relay = std::get_if<Relay>(&asker)) return relay_.handle_node_answer(relay->number, message);
  outputs_.push(Answer{std::get<Client>(asker), std::move(message)});
}

void DnsDesk::pass_values(TimePoint now) {
  bool again = true;
  while (again) {
    again = false;
    while (auto output = names_.poll_output()) {
      again = true;
      std::visit(Overloaded{
                     [&](NameService::Answer& answered) { answer(now, answered.tag, std::move(answered.message)); },
                     [&](auto& look_up) { outputs_.push(std::move(look_up)); },
                 },
                 *output);
    }
    while (auto output = relay_.poll_output()) {
      again = true;
      std::visit(Overloaded{
                     [&](DnsRelay::AskNode& ask) {
                       const std::uint64_t number = remember(now, Relay{ask.number});
                       if (!names_.handle_query(now, number, ask.query)) relay_.handle_node_failure(ask.number);
                     },
                     [&](DnsRelay::Answer& answered) { answer(now, answered.tag, std::move(answered.message)); },
                     [&](auto& forward) { outputs_.push(std::move(forward)); },
                 },
                 *output);
    }
  }
}

}  // namespace ipop::router
