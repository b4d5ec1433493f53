#include "router/dns_relay.hpp"

#include <algorithm>
#include <utility>

namespace ipop::router {
namespace {

// The node has an answer within 4 s, if only SERVFAIL; a stub resolver asks again after 5 s.
constexpr Duration node_patience = 4500ms;
// Two servers get their turn before the client gives up.
constexpr Duration server_patience = 2s;
constexpr std::size_t fewest_tries = 2;  // a datagram may be lost

bool is_query_of_ours(const net::DnsMessage& query) {
  return query.header.opcode == net::DnsOpcode::query;
}

void write_id(Bytes& message, std::uint16_t id) {
  message[0] = static_cast<std::byte>(id >> 8U);
  message[1] = static_cast<std::byte>(id & 0xffU);
}

std::uint16_t read_id(ByteSpan message) {
  return ByteReader(message).read<std::uint16_t>();
}

/// The one question of a message; what follows it is the client's to judge.
std::optional<net::DnsQuestion> question_of(ByteSpan message) {
  ByteReader in(message);
  in.take(4);
  const auto count = in.read<std::uint16_t>();
  in.take(6);
  if (!in.ok() || count != 1) return std::nullopt;
  auto name = net::decode_dns_name(message, in);
  if (!name) return std::nullopt;
  net::DnsQuestion out;
  out.qname = *std::move(name);
  out.qtype = static_cast<net::DnsType>(in.read<std::uint16_t>());
  out.qclass = static_cast<net::DnsClass>(in.read<std::uint16_t>());
  if (!in.ok()) return std::nullopt;
  return out;
}

/// The address that the last `octets` numbers of a reverse name begin; the rest of it is zero.
std::optional<net::Ipv4Address> reverse_beginning(const net::DnsName& name, std::size_t octets) {
  const auto labels = name.labels();
  if (labels.size() < 2 + octets) return std::nullopt;
  net::DnsName whole;
  for (std::size_t i = octets; i < 4; ++i)
    if (!whole.append_label("0")) return std::nullopt;
  for (std::size_t i = labels.size() - 2 - octets; i < labels.size(); ++i)
    if (!whole.append_label(labels[i])) return std::nullopt;
  return net::parse_reverse_name(whole);
}

}  // namespace

bool DnsZone::covers(const net::DnsName& name) const {
  if (!domain.is_root() && name.is_within(domain)) return true;
  // As many whole octets as the prefix touches: a name of fewer is delegated further up.
  const std::size_t octets = (prefix.length() + 7) / 8;
  const auto address = reverse_beginning(name, octets);
  return address && prefix.overlaps(net::Ipv4Prefix(*address, static_cast<unsigned>(octets) * 8));
}

bool DnsRelay::handle_query(TimePoint now, std::uint64_t tag, net::DnsTransport transport, ByteSpan query) {
  const auto header = net::decode_dns_header(query);
  if (!header || header->qr) {
    counters_.add(header ? "drop_dns_response" : "drop_dns_truncated");
    return false;
  }
  counters_.add("dns_queries");
  const auto decoded = net::decode_dns(query);
  if (!decoded) {
    counters_.add("dns_malformed");
    net::DnsMessage id_only;
    id_only.header = *header;
    respond(tag, id_only, net::DnsRcode::format_error);
    return true;
  }
  if (!is_query_of_ours(*decoded) || decoded->questions.size() != 1) {
    counters_.add("dns_malformed");
    // More than one question can't be repeated in an answer of bounded size.
    net::DnsMessage id_only;
    id_only.header = *header;
    respond(tag, id_only, is_query_of_ours(*decoded) ? net::DnsRcode::format_error : net::DnsRcode::not_implemented);
    return true;
  }
  const bool is_in_zone = zone_ && zone_->covers(decoded->questions.front().qname);
  if (!is_in_zone && elsewhere_ == Elsewhere::refuse) {
    counters_.add("dns_refused");
    respond(tag, *decoded, net::DnsRcode::refused);
    return true;
  }
  if (!is_in_zone && join(tag, transport, query, *decoded)) return true;
  if (waiting_.size() >= most_waiting || (!is_in_zone && servers_.empty())) {
    counters_.add(waiting_.size() >= most_waiting ? "dns_overload" : "dns_no_server");
    respond(tag, *decoded, net::DnsRcode::server_failure);
    return true;
  }
  const std::uint64_t number = next_number_++;
  Waiting& waiting = waiting_[number];
  waiting.clients.push_back({tag, read_id(query)});
  waiting.query = to_bytes(query);
  if (is_in_zone) {
    waiting.ends = now + node_patience;
    outputs_.push(AskNode{number, waiting.query});
  } else {
    counters_.add("dns_forwarded");
    waiting.servers = servers_;
    waiting.transport = transport;
    try_next(now, number, waiting);
  }
  return true;
}

bool DnsRelay::join(std::uint64_t tag, net::DnsTransport transport, ByteSpan query, const net::DnsMessage& decoded) {
  constexpr std::size_t id_size = 2;
  const auto it = std::ranges::find_if(waiting_, [&](const auto& entry) {
    const Waiting& waiting = entry.second;
    return waiting.tries != 0 && waiting.transport == transport &&
           equal(ByteSpan(waiting.query).subspan(id_size), query.subspan(id_size));
  });
  if (it == waiting_.end()) return false;
  auto& clients = it->second.clients;
  if (clients.size() >= most_clients) {
    counters_.add("dns_overload");
    respond(tag, decoded, net::DnsRcode::server_failure);
    return true;
  }
  counters_.add("dns_joined");
  clients.push_back({tag, read_id(query)});
  return true;
}

void DnsRelay::try_next(TimePoint now, std::uint64_t number, Waiting& waiting) {
  if (waiting.tries >= std::max(fewest_tries, waiting.servers.size())) return fail(number);
  const net::Endpoint& server = waiting.servers[waiting.tries++ % waiting.servers.size()];
  waiting.id = static_cast<std::uint16_t>(rng_.next() & 0xffffU);
  waiting.ends = now + server_patience;
  Bytes query = waiting.query;
  write_id(query, waiting.id);
  outputs_.push(Forward{number, server, waiting.transport, std::move(query)});
}

void DnsRelay::handle_node_answer(std::uint64_t number, ByteSpan message) {
  const auto it = waiting_.find(number);
  if (it == waiting_.end() || it->second.tries != 0 || message.size() < net::DnsHeader::size) return;
  answer(number, to_bytes(message));
}

void DnsRelay::handle_node_failure(std::uint64_t number) {
  const auto it = waiting_.find(number);
  if (it == waiting_.end() || it->second.tries != 0) return;
  counters_.add("dns_node_failed");
  fail(number);
}

void DnsRelay::handle_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message) {
  const auto it = waiting_.find(number);
  if (it == waiting_.end() || it->second.tries == 0) return counters_.add("drop_dns_unexpected");
  Waiting& waiting = it->second;
  if (from != waiting.servers[(waiting.tries - 1) % waiting.servers.size()])
    return counters_.add("drop_dns_wrong_source");
  const auto header = net::decode_dns_header(message);
  if (!header || !header->qr || header->id != waiting.id) return counters_.add("drop_dns_wrong_id");
  const auto question = question_of(message);
  if (!question || question != question_of(waiting.query)) return counters_.add("drop_dns_wrong_question");
  const bool has_failed = header->rcode == net::DnsRcode::server_failure || header->rcode == net::DnsRcode::refused ||
                          header->rcode == net::DnsRcode::not_implemented;
  if (has_failed && waiting.tries < waiting.servers.size()) return try_next(now, number, waiting);
  answer(number, to_bytes(message));
}

void DnsRelay::handle_server_failure(TimePoint now, std::uint64_t number) {
  const auto it = waiting_.find(number);
  if (it == waiting_.end() || it->second.tries == 0) return;
  counters_.add("dns_server_failed");
  try_next(now, number, it->second);
}

void DnsRelay::handle_timeout(TimePoint now) {
  std::vector<std::uint64_t> late;
  for (const auto& [number, waiting] : waiting_)
    if (waiting.ends <= now) late.push_back(number);
  for (const std::uint64_t number : late) {
    counters_.add("dns_late");
    Waiting& waiting = waiting_.at(number);
    if (waiting.tries == 0)
      fail(number);
    else
      try_next(now, number, waiting);
  }
}

std::optional<TimePoint> DnsRelay::poll_timeout() const {
  std::optional<TimePoint> first;
  for (const auto& [number, waiting] : waiting_)
    first = earliest(first, waiting.ends);
  return first;
}

void DnsRelay::answer(std::uint64_t number, Bytes message) {
  const auto it = waiting_.find(number);
  if (it->second.tries != 0) outputs_.push(EndForward{number});
  for (const Client& client : it->second.clients) {
    write_id(message, client.id);
    outputs_.push(Answer{client.tag, message});
  }
  waiting_.erase(it);
}

void DnsRelay::fail(std::uint64_t number) {
  const auto query = net::decode_dns(waiting_.at(number).query);
  Bytes out;
  if (query) encode(net::make_dns_response(*query, net::DnsRcode::server_failure), out);
  answer(number, std::move(out));
}

void DnsRelay::respond(std::uint64_t tag, const net::DnsMessage& query, net::DnsRcode rcode) {
  Bytes out;
  encode(net::make_dns_response(query, rcode), out);
  outputs_.push(Answer{tag, std::move(out)});
}

}  // namespace ipop::router
