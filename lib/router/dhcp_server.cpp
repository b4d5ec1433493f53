#include "router/dhcp_server.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "net/dns_name.hpp"
#include "router/lease_candidates.hpp"

namespace ipop::router {
namespace {

// S8: an offer that is not taken up is forgotten after 10 s; a client that found us without a lease
// hears of one for as long as it may still listen for the same xid.
constexpr Duration offer_time = 10s;
// Clients ask again after 3 to 4 s: a DISCOVER that waits for the DHT is answered well before.
constexpr Duration discover_patience = 1s;
constexpr Duration request_patience = 5s;
// One claim of the client's choice in 10 s: a guest must not search the DHT through us.
constexpr Duration ask_pause = 10s;
constexpr Duration remember_lost = std::chrono::minutes(10);
constexpr Duration remember_taken = std::chrono::minutes(1);
// How long a bound client may take to answer ARP before another machine gets its address.
constexpr Duration probe_patience = 1s;
constexpr Duration arp_pause = 3s;

std::uint32_t whole_seconds(Duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, 0x7fffffff));
}

}  // namespace

Bytes client_key(const net::DhcpMessage& message) {
  if (const auto id = message.options.find(net::DhcpCode::client_identifier)) return to_bytes(*id);
  return to_bytes(message.chaddr.octets());
}

DhcpServer::DhcpServer(Config config, Counters& counters)
    : config_(std::move(config)), counters_(counters), clients_(most_clients), not_ours_(64) {}

void DhcpServer::handle_lease_held(TimePoint now, const Lease& lease) {
  const net::Ipv4Address address = lease.address;
  const bool is_new = !lease_ || lease_->address != address;
  lease_ = lease;
  not_ours_.erase(address);
  if (!is_new) return;
  binding_.reset();
  if (waiting_ && waiting_->address == address) {
    const auto waiting = std::exchange(waiting_, std::nullopt);
    if (waiting->message.options.message_type() == net::DhcpMessageType::discover) {
      offer(now, waiting->message);
    } else {
      acknowledge(now, waiting->message);
    }
    return;
  }
  // Clients that asked before there was a lease still listen: an answer spares them a retransmission.
  clients_.drop_expired(now);
  std::vector<net::DhcpMessage> waiting;
  clients_.for_each([&](const Bytes&, const net::DhcpMessage& message) { waiting.push_back(message); });
  for (const net::DhcpMessage& message : waiting) {
    if (message.options.message_type() == net::DhcpMessageType::discover) offer(now, message);
  }
}

void DhcpServer::handle_lease_lost(TimePoint now, net::Ipv4Address address) {
  not_ours_.put(now, address, {}, now + remember_lost);
  if (!lease_ || lease_->address != address) return;
  lease_.reset();
  binding_.reset();
}

void DhcpServer::handle_address_taken(TimePoint now, net::Ipv4Address address) {
  if (lease_ && lease_->address == address) return;
  not_ours_.put(now, address, {}, now + remember_taken);
  if (!waiting_ || waiting_->address != address) return;
  const auto waiting = std::exchange(waiting_, std::nullopt);
  if (waiting->message.options.message_type() != net::DhcpMessageType::discover) {
    refuse(waiting->message, "address is held by another node");
  } else if (lease_) {
    offer(now, waiting->message);
  }
}

void DhcpServer::handle_client_seen(TimePoint now, const net::MacAddress& mac) {
  if (binding_ && binding_->mac == mac) binding_->seen = now;
}

void DhcpServer::handle_message(TimePoint now, const net::DhcpMessage& message, bool is_known_mac) {
  if (message.op != net::BootpOperation::request) return counters_.add("drop_dhcp_not_request");
  if (!message.giaddr.is_unspecified()) return counters_.add("drop_dhcp_relayed");
  if (!is_known_mac) return counters_.add("drop_dhcp_unknown_mac");
  if (const auto checked = net::check_dhcp_option_lengths(message.options); !checked)
    return counters_.add("drop_dhcp_option");
  const auto type = message.options.message_type();
  if (!type) return counters_.add("drop_dhcp_no_type");
  switch (*type) {
    case net::DhcpMessageType::discover: return handle_discover(now, message);
    case net::DhcpMessageType::request: return handle_request(now, message);
    case net::DhcpMessageType::inform: return handle_inform(now, message);
    case net::DhcpMessageType::release: return handle_release(now, message);
    case net::DhcpMessageType::decline: return handle_decline(now, message);
    case net::DhcpMessageType::offer:
    case net::DhcpMessageType::ack:
    case net::DhcpMessageType::nak: break;
  }
  counters_.add("drop_dhcp_type");
}

void DhcpServer::handle_timeout(TimePoint now) {
  if (waiting_ && waiting_->ends <= now) {
    const auto waiting = std::exchange(waiting_, std::nullopt);
    if (waiting->message.options.message_type() == net::DhcpMessageType::discover && lease_) {
      outputs_.push(ForgetWish{});
      offer(now, waiting->message);
    }
  }
  clients_.drop_expired(now);
  not_ours_.drop_expired(now);
}

std::optional<TimePoint> DhcpServer::poll_timeout() const {
  // The tables need no wake-up: what has ended is not found, and is swept with the next timeout.
  return waiting_ ? std::optional(waiting_->ends) : std::nullopt;
}

void DhcpServer::handle_discover(TimePoint now, const net::DhcpMessage& message) {
  const Bytes client = client_key(message);
  outputs_.push(InUse{});
  if (!lease_) {
    counters_.add("dhcp_discover_before_lease");
    if (const auto wish = message.options.get_address(net::DhcpCode::requested_ip_address))
      outputs_.push(Prefers{*wish});
    clients_.put(now, client, message, now + offer_time);
    return;
  }
  // A retransmission of what is waiting is the same question.
  if (waiting_ && client_key(waiting_->message) == client) {
    if (waiting_->message.xid == message.xid) return;
    waiting_.reset();
    outputs_.push(ForgetWish{});
  }
  if (!may_have(now, message)) return counters_.add("drop_dhcp_address_in_use");
  const auto asked = message.options.get_address(net::DhcpCode::requested_ip_address);
  const bool is_bound = binding_ && binding_->ends > now;
  if (asked && *asked != lease_->address && !is_bound && not_ours_.find(*asked, now) == nullptr &&
      ask_for(now, message, *asked, discover_patience)) {
    return;
  }
  offer(now, message);
}

void DhcpServer::handle_request(TimePoint now, const net::DhcpMessage& message) {
  const auto server = message.options.get_address(net::DhcpCode::server_identifier);
  const auto requested = message.options.get_address(net::DhcpCode::requested_ip_address);
  if (server) {  // selecting
    if (*server != config_.prefix.server_address()) {
      clients_.erase(client_key(message));
      return counters_.add("dhcp_other_server_chosen");
    }
    const auto address = requested ? *requested : message.ciaddr;
    if (!lease_ || address != lease_->address || !may_have(now, message))
      return refuse(message, "address is not offered");
    outputs_.push(InUse{});
    return acknowledge(now, message);
  }
  if (!message.ciaddr.is_unspecified()) return request_address(now, message, message.ciaddr);  // renewing, rebinding
  if (!requested) return counters_.add("drop_dhcp_no_address");
  request_address(now, message, *requested);  // init-reboot
}

void DhcpServer::request_address(TimePoint now, const net::DhcpMessage& message, net::Ipv4Address address) {
  if (!is_leasable(address, config_.prefix)) return refuse(message, "address is not of this network");
  outputs_.push(InUse{});
  if (lease_ && lease_->address == address) {
    if (!may_have(now, message)) return refuse(message, "address is used by another machine");
    return acknowledge(now, message);
  }
  if (not_ours_.find(address, now) != nullptr) return refuse(message, "address is held by another node");
  if (waiting_ && waiting_->address == address) {
    waiting_->message = message;
    return;
  }
  if (!ask_for(now, message, address, request_patience)) counters_.add("drop_dhcp_busy");
}

void DhcpServer::handle_inform(TimePoint now, const net::DhcpMessage& message) {
  static_cast<void>(now);
  if (!config_.prefix.contains(message.ciaddr)) return counters_.add("drop_dhcp_inform_address");
  auto reply = make_reply(message, net::DhcpMessageType::ack);
  add_network_options(message, reply);
  counters_.add("dhcp_inform");
  send(message, std::move(reply));
}

void DhcpServer::handle_release(TimePoint now, const net::DhcpMessage& message) {
  const bool is_client = binding_ && binding_->client == client_key(message);
  if (!is_for_us(message) || !lease_ || message.ciaddr != lease_->address || !is_client)
    return counters_.add("drop_dhcp_release");
  counters_.add("dhcp_release");
  binding_.reset();
  static_cast<void>(now);
  outputs_.push(Released{});
}

void DhcpServer::handle_decline(TimePoint now, const net::DhcpMessage& message) {
  const Bytes client = client_key(message);
  const bool is_client = (binding_ && binding_->client == client) || clients_.find(client, now) != nullptr;
  const auto address = message.options.get_address(net::DhcpCode::requested_ip_address);
  if (!is_for_us(message) || !lease_ || address != lease_->address || !is_client)
    return counters_.add("drop_dhcp_decline");
  counters_.add("dhcp_decline");
  outputs_.push(Declined{});
}

bool DhcpServer::ask_for(TimePoint now, const net::DhcpMessage& message, net::Ipv4Address address, Duration patience) {
  if (waiting_ || !is_leasable(address, config_.prefix)) return false;
  if (last_asked_ && *last_asked_ + ask_pause > now) return false;
  last_asked_ = now;
  waiting_ = Waiting{message, address, now + patience};
  outputs_.push(WantAddress{address});
  return true;
}

bool DhcpServer::may_have(TimePoint now, const net::DhcpMessage& message) {
  if (!binding_ || binding_->ends <= now || binding_->client == client_key(message) || binding_->mac == message.chaddr)
    return true;
  // The table of MACs notes a client once a second, so the last note may be a second old.
  const bool answered = binding_->asked && binding_->seen + 1s >= *binding_->asked;
  if (binding_->asked && !answered && now >= *binding_->asked + probe_patience) {
    counters_.add("dhcp_silent_client_replaced");
    binding_.reset();
    return true;
  }
  if (!binding_->asked || now >= *binding_->asked + arp_pause) {
    binding_->asked = now;
    outputs_.push(FindClient{lease_->address});
  }
  return false;
}

bool DhcpServer::is_for_us(const net::DhcpMessage& message) const {
  const auto server = message.options.get_address(net::DhcpCode::server_identifier);
  return !server || *server == config_.prefix.server_address();
}

void DhcpServer::offer(TimePoint now, const net::DhcpMessage& message) {
  auto reply = make_reply(message, net::DhcpMessageType::offer);
  reply.yiaddr = lease_->address;
  add_lease_options(now, reply);
  add_network_options(message, reply);
  clients_.put(now, client_key(message), message, now + offer_time);
  counters_.add("dhcp_offer");
  send(message, std::move(reply));
}

void DhcpServer::acknowledge(TimePoint now, const net::DhcpMessage& message) {
  auto reply = make_reply(message, net::DhcpMessageType::ack);
  reply.ciaddr = message.ciaddr;
  reply.yiaddr = lease_->address;
  const std::uint32_t seconds = add_lease_options(now, reply);
  add_network_options(message, reply);
  binding_ = Binding{client_key(message), message.chaddr, now + std::chrono::seconds(seconds), now, {}};
  clients_.erase(binding_->client);
  counters_.add("dhcp_ack");
  send(message, std::move(reply));
}

void DhcpServer::refuse(const net::DhcpMessage& message, std::string_view why) {
  auto reply = make_reply(message, net::DhcpMessageType::nak);
  reply.siaddr = {};
  reply.broadcast = true;
  reply.options.set_text(net::DhcpCode::message, why);
  counters_.add("dhcp_nak");
  // The client may have no right address any more, so everybody hears it (RFC 2131, 4.1).
  outputs_.push(Reply{std::move(reply), net::MacAddress::broadcast(), net::Ipv4Address(255, 255, 255, 255),
                      message.options.max_message_size()});
}

net::DhcpMessage DhcpServer::make_reply(const net::DhcpMessage& message, net::DhcpMessageType type) const {
  net::DhcpMessage reply;
  reply.op = net::BootpOperation::reply;
  reply.xid = message.xid;
  reply.broadcast = message.broadcast;
  reply.siaddr = config_.prefix.server_address();
  reply.chaddr = message.chaddr;
  reply.options.set_message_type(type);
  reply.options.set_address(net::DhcpCode::server_identifier, config_.prefix.server_address());
  // RFC 6842: a client that sent its identifier gets it back.
  if (const auto id = message.options.find(net::DhcpCode::client_identifier))
    reply.options.set(net::DhcpCode::client_identifier, *id);
  return reply;
}

std::uint32_t DhcpServer::add_lease_options(TimePoint now, net::DhcpMessage& reply) const {
  // Half of what is left: the client is back before the record in the DHT ends, whatever happens.
  const std::uint32_t seconds = whole_seconds((lease_->ends - now) / 2);
  reply.options.set_u32(net::DhcpCode::ip_address_lease_time, seconds);
  reply.options.set_u32(net::DhcpCode::renewal_time, std::max(seconds / 2, 1U));
  reply.options.set_u32(net::DhcpCode::rebinding_time, std::max(seconds - seconds / 8, 1U));
  return seconds;
}

void DhcpServer::add_network_options(const net::DhcpMessage& message, net::DhcpMessage& reply) const {
  const auto requested = message.options.parameter_request_list();
  reply.options.set_address(net::DhcpCode::subnet_mask, config_.prefix.mask());
  if (config_.offer_dns) {
    reply.options.set_addresses(net::DhcpCode::domain_name_server, {config_.prefix.server_address()});
    reply.options.set_text(net::DhcpCode::domain_name, config_.domain);
  }
  reply.options.set_u16(net::DhcpCode::interface_mtu,
                        config_.own_client == message.chaddr ? config_.mtu : std::min(config_.mtu, config_.guest_mtu));
  reply.options.set_address(net::DhcpCode::broadcast_address, config_.prefix.broadcast());
  if (config_.offer_dns && std::ranges::find(requested, net::DhcpCode::domain_search) != requested.end()) {
    if (const auto name = net::parse_dns_name(config_.domain)) {
      Bytes search;
      net::encode(*name, search);
      reply.options.set(net::DhcpCode::domain_search, search);
    }
  }
  reply.options.order_by(requested);
}

void DhcpServer::send(const net::DhcpMessage& message, net::DhcpMessage reply) {
  // A client without an address may be unable to take a unicast before it has one; every client takes
  // a broadcast (RFC 2131, 4.1 leaves the choice to the flag; ignoring it this way harms nobody).
  const bool has_address = !message.ciaddr.is_unspecified();
  outputs_.push(Reply{std::move(reply), has_address ? message.chaddr : net::MacAddress::broadcast(),
                      has_address ? message.ciaddr : net::Ipv4Address(255, 255, 255, 255),
                      message.options.max_message_size()});
}

}  // namespace ipop::router
