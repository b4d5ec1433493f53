#include "router/name_service.hpp"

#include <algorithm>
#include <utility>

#include "router/c_name.hpp"

namespace ipop::router {
namespace {

// A C-name is arithmetic, so it may be kept; a chosen name may move to another address.
constexpr std::uint32_t c_name_ttl = 300;
constexpr std::uint32_t chosen_name_ttl = 60;
constexpr std::uint32_t negative_ttl = 5;
constexpr Duration no_name_time = 5s;
constexpr Duration positive_time = 30s;
constexpr Duration failed_name_time = 1s;
// glibc asks again after 5 s: an answer that comes later is lost.
constexpr Duration name_patience = 4s;
// A reverse look-up has an answer in any case; programs that log names should not stand still for it.
constexpr Duration reverse_patience = 1500ms;
constexpr Duration ask_again = 12s;
// S9: no answer above 4096 octets, whatever the client says it takes.
constexpr std::size_t largest_answer = 4096;

const net::DnsName& arpa() {
  static const net::DnsName name = *net::parse_dns_name("in-addr.arpa");
  return name;
}

bool asks_for(const net::DnsQuestion& question, net::DnsType type) {
  return question.qtype == type || question.qtype == net::DnsType::any;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The numbers of a name in in-addr.arpa, first octet of the address first; nullopt for other labels.
std::optional<std::vector<std::uint8_t>> reverse_octets(const net::DnsName& name) {
  auto labels = name.labels();
  labels.resize(labels.size() - 2);
  if (labels.size() > 4) return std::nullopt;
  std::vector<std::uint8_t> out;
  for (auto it = labels.rbegin(); it != labels.rend(); ++it) {
    unsigned value = 0;
    const bool is_number = !it->empty() && it->size() <= 3 && (it->size() == 1 || it->front() != '0') &&
                           std::ranges::all_of(*it, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) return std::nullopt;
    for (const char c : *it)
      value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 255) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(value));
  }
  return out;
}

}  // namespace

NameService::NameService(Config config, const RecordJudge& judge, Counters& counters)
    : config_(std::move(config)),
      judge_(judge),
      counters_(counters),
      domain_(net::parse_dns_name(config_.domain).value_or(net::DnsName{})),
      names_(1024),
      leases_(1024),
      asked_names_(most_waiting),
      asked_leases_(most_waiting) {}

bool NameService::handle_query(TimePoint now, std::uint64_t tag, ByteSpan query) {
  const auto header = net::decode_dns_header(query);
  if (!header || header->qr) {
    counters_.add(header ? "drop_dns_response" : "drop_dns_truncated");
    return false;
  }
  const auto decoded = net::decode_dns(query);
  if (!decoded) {
    counters_.add("dns_malformed");
    net::DnsMessage id_only;
    id_only.header = *header;
    send(tag, id_only, net::make_dns_response(id_only, net::DnsRcode::format_error));
    return true;
  }
  if (auto response = answer(now, *decoded, false)) {
    send(tag, *decoded, *response);
    return true;
  }
  if (waiting_.size() >= most_waiting) {
    counters_.add("dns_overload");
    send(tag, *decoded, net::make_dns_response(*decoded, net::DnsRcode::server_failure));
    return true;
  }
  const bool is_reverse = decoded->questions.front().qname.is_within(arpa());
  waiting_.push_back({tag, *decoded, now + (is_reverse ? reverse_patience : name_patience)});
  return true;
}

void NameService::handle_name(TimePoint now, const std::string& name, dht::Outcome outcome,
                              const std::vector<dht::Record>& records) {
  asked_names_.erase(name);
  const WallTime wall = judge_.wall_at(now);
  Known known;
  Duration kept = no_name_time;
  if (outcome == dht::Outcome::done || outcome == dht::Outcome::not_found) {
    if (const auto best = judge_.prevailing(now, records, record_name(name))) {
      if (auto checked = check_name(records[*best], judge_.name_space(), wall)) {
        kept = std::min<Duration>(checked->expires - wall, positive_time);
        known = Known{*std::move(checked), Gap::absent, true};
      }
    }
  } else {
    known.gap = Gap::failed;
    kept = failed_name_time;
  }
  names_.put(now, name, std::move(known), now + kept);
  answer_waiting(now);
}

void NameService::handle_lease(TimePoint now, net::Ipv4Address address, const AddressResolver::Entry& entry) {
  if (asked_leases_.find(address, now) == nullptr) return;
  if (entry.knowledge == AddressResolver::Knowledge::asking) return;
  asked_leases_.erase(address);
  Duration kept = failed_name_time;
  if (entry.knowledge == AddressResolver::Knowledge::nobody) kept = no_name_time;
  if (entry.knowledge == AddressResolver::Knowledge::holder) {
    // A second at least: an entry that ends at once would be asked for again at once.
    kept = std::min<Duration>(std::max(entry.expires - judge_.wall_at(now), std::chrono::seconds(1)), positive_time);
  }
  leases_.put(now, address, entry, now + kept);
  answer_waiting(now);
}

void NameService::handle_timeout(TimePoint now) {
  std::vector<Waiting> late;
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (waiting.ends > now) return false;
    late.push_back(std::move(waiting));
    return true;
  });
  for (const Waiting& waiting : late) {
    counters_.add("dns_late");
    const auto response = answer(now, waiting.query, true);
    send(waiting.tag, waiting.query,
         response ? *response : net::make_dns_response(waiting.query, net::DnsRcode::server_failure));
  }
  names_.drop_expired(now);
  leases_.drop_expired(now);
  asked_names_.drop_expired(now);
  asked_leases_.drop_expired(now);
}

std::optional<TimePoint> NameService::poll_timeout() const {
  // Caches need no wake-up: what has ended is not found, and is swept with the next timeout.
  std::optional<TimePoint> first;
  for (const Waiting& waiting : waiting_)
    first = earliest(first, waiting.ends);
  return first;
}

std::optional<net::DnsMessage> NameService::answer(TimePoint now, const net::DnsMessage& query, bool is_last) {
  if (query.header.opcode != net::DnsOpcode::query)
    return net::make_dns_response(query, net::DnsRcode::not_implemented);
  if (query.questions.size() != 1) return net::make_dns_response(query, net::DnsRcode::format_error);
  if (query.edns && query.edns->version != 0) return net::make_dns_response(query, net::DnsRcode::bad_version);
  const net::DnsQuestion& question = query.questions.front();
  const auto zone = zone_of(question.qname);
  const bool is_class_in = question.qclass == net::DnsClass::in || question.qclass == net::DnsClass::any;
  // 251 to 254 ask for transfers and obsolete mail kinds (RFC 1035, 3.2.3; RFC 1995).
  const auto type = static_cast<std::uint16_t>(question.qtype);
  if (!zone || !is_class_in || (type >= 251 && type <= 254)) {
    counters_.add("dns_refused");
    return net::make_dns_response(query, net::DnsRcode::refused);
  }
  if (question.qname == zone->apex && asks_for(question, net::DnsType::soa)) {
    auto response = net::make_dns_response(query);
    response.header.aa = true;
    response.answers.push_back(soa_of(zone->apex));
    return response;
  }
  return zone->is_reverse ? answer_reverse(now, query, *zone, is_last) : answer_forward(now, query, *zone, is_last);
}

std::optional<net::DnsMessage> NameService::answer_forward(TimePoint now, const net::DnsMessage& query,
                                                           const Zone& zone, bool is_last) {
  const net::DnsQuestion& question = query.questions.front();
  if (question.qname == zone.apex) return negative(query, net::DnsRcode::no_error, zone.apex);
  if (question.qname.parent() != zone.apex) return negative(query, net::DnsRcode::name_error, zone.apex);
  const std::string label = lower(question.qname.first_label());
  Found found;
  if (const auto address = parse_c_name(label, config_.prefix)) {
    found = {*address, c_name_ttl};
    if (own_.has(*address))
      found.ttl = std::min(c_name_ttl, ttl_until(now, judge_.wall_at(own_.lease->ends), c_name_ttl));
    if (const auto* lease = leases_.find(*address, now);
        lease != nullptr && lease->knowledge == AddressResolver::Knowledge::holder)
      found.ttl = ttl_until(now, lease->expires, c_name_ttl);
  } else {
    if (normal_host_name(label) != label) return negative(query, net::DnsRcode::name_error, zone.apex);
    const auto chosen = find_name(now, label);
    if (const Gap* gap = std::get_if<Gap>(&chosen)) {
      if (*gap == Gap::absent) return negative(query, net::DnsRcode::name_error, zone.apex);
      if (*gap == Gap::waits && !is_last) return std::nullopt;
      return net::make_dns_response(query, net::DnsRcode::server_failure);
    }
    found = std::get<Found>(chosen);
  }
  if (!asks_for(question, net::DnsType::a)) return negative(query, net::DnsRcode::no_error, zone.apex);
  auto response = net::make_dns_response(query);
  response.header.aa = true;
  response.answers.push_back(net::make_a_record(question.qname, found.ttl, found.address));
  return response;
}

std::optional<net::DnsMessage> NameService::answer_reverse(TimePoint now, const net::DnsMessage& query,
                                                           const Zone& zone, bool is_last) {
  const net::DnsQuestion& question = query.questions.front();
  const auto octets = reverse_octets(question.qname);
  if (!octets) return negative(query, net::DnsRcode::name_error, zone.apex);
  const auto address = net::parse_reverse_name(question.qname);
  if (!address || !asks_for(question, net::DnsType::ptr)) return negative(query, net::DnsRcode::no_error, zone.apex);

  const auto chosen = find_chosen_name(now, *address);
  std::string label = c_name(*address, config_.prefix);
  std::uint32_t ttl = c_name_ttl;
  if (const auto* name = std::get_if<std::string>(&chosen)) {
    label = *name;
    ttl = chosen_name_ttl;
  } else if (std::get<Gap>(chosen) == Gap::waits && !is_last) {
    return std::nullopt;
  } else if (std::get<Gap>(chosen) != Gap::absent) {
    // The C-name is right in any case; another name may be found a moment later.
    ttl = negative_ttl;
  }
  if (own_.has(*address)) ttl = ttl_until(now, judge_.wall_at(own_.lease->ends), ttl);
  if (const auto* lease = leases_.find(*address, now);
      lease != nullptr && lease->knowledge == AddressResolver::Knowledge::holder)
    ttl = ttl_until(now, lease->expires, ttl);
  auto response = net::make_dns_response(query);
  response.header.aa = true;
  response.answers.push_back(net::make_ptr_record(question.qname, ttl, full_name(label)));
  return response;
}

std::variant<NameService::Found, NameService::Gap> NameService::find_name(TimePoint now, const std::string& name) {
  if (own_.name == name && own_.lease) {
    return Found{own_.lease->address, ttl_until(now, judge_.wall_at(own_.lease->ends), chosen_name_ttl)};
  }
  const Known* known = names_.find(name, now);
  if (known == nullptr) {
    if (asked_names_.find(name, now) != nullptr) return Gap::waits;
    if (asked_names_.size() >= most_waiting) return Gap::failed;
    asked_names_.put(now, name, {}, now + ask_again);
    outputs_.push(LookUpName{name});
    return Gap::waits;
  }
  if (!known->is_there) return known->gap;
  const CheckedName& checked = known->name;
  WallTime expires = checked.expires;
  if (own_.has(checked.address)) {
    if (checked.holder != own_.holder) return Gap::absent;
  } else {
    const auto* lease = find_lease(now, checked.address);
    if (lease == nullptr) return Gap::waits;
    if (lease->knowledge == AddressResolver::Knowledge::unknown) return Gap::failed;
    if (lease->knowledge == AddressResolver::Knowledge::nobody || lease->holder != checked.holder) return Gap::absent;
    expires = std::min(expires, lease->expires);
  }
  return Found{checked.address, ttl_until(now, expires, chosen_name_ttl)};
}

std::variant<std::string, NameService::Gap> NameService::find_chosen_name(TimePoint now, net::Ipv4Address address) {
  if (own_.has(address)) {
    if (own_.name) return *own_.name;
    return Gap::absent;
  }
  if (address == config_.prefix.server_address()) return Gap::absent;
  const auto* lease = find_lease(now, address);
  if (lease == nullptr) return Gap::waits;
  if (lease->knowledge == AddressResolver::Knowledge::unknown) return Gap::failed;
  if (lease->knowledge == AddressResolver::Knowledge::nobody || lease->name.empty()) return Gap::absent;
  // The lease only says what its holder claims to be called: the name's own record must agree.
  const std::string name = lease->name;
  const auto found = find_name(now, name);
  if (const Gap* gap = std::get_if<Gap>(&found)) return *gap;
  if (std::get<Found>(found).address != address) return Gap::absent;
  return name;
}

const AddressResolver::Entry* NameService::find_lease(TimePoint now, net::Ipv4Address address) {
  if (const auto* lease = leases_.find(address, now)) return lease;
  if (asked_leases_.find(address, now) == nullptr && asked_leases_.size() < most_waiting) {
    asked_leases_.put(now, address, {}, now + ask_again);
    outputs_.push(LookUpAddress{address});
  }
  return nullptr;
}

std::optional<NameService::Zone> NameService::zone_of(const net::DnsName& name) const {
  if (!domain_.is_root() && name.is_within(domain_)) return Zone{domain_, false};
  if (!name.is_within(arpa()) || name == arpa()) return std::nullopt;
  // The prefix may end inside an octet: each name of as many whole octets as it touches is a zone.
  const std::size_t zone_octets = (config_.prefix.length() + 7) / 8;
  net::DnsName apex = name;
  while (apex.label_count() > arpa().label_count() + zone_octets)
    apex = apex.parent();
  const auto octets = reverse_octets(apex);
  if (!octets || octets->size() < zone_octets) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = (value << 8U) | (i < octets->size() ? (*octets)[i] : 0U);
  if (!config_.prefix.overlaps(net::Ipv4Prefix(net::Ipv4Address(value), static_cast<unsigned>(octets->size()) * 8)))
    return std::nullopt;
  return Zone{apex, true};
}

net::DnsRecord NameService::soa_of(const net::DnsName& apex) const {
  net::DnsSoaRdata soa;
  soa.mname = full_name(c_name(config_.prefix.server_address(), config_.prefix));
  soa.rname = full_name("hostmaster");
  soa.serial = 1;
  // Nobody transfers the zone; the numbers are of RFC 1912, 2.2, except that names may come at any time.
  soa.refresh = 1200;
  soa.retry = 180;
  soa.expire = 1209600;
  soa.minimum = negative_ttl;
  return net::make_soa_record(apex, negative_ttl, soa);
}

net::DnsName NameService::full_name(const std::string& label) const {
  net::DnsName name;
  if (!name.append_label(label)) return domain_;
  return name.with_suffix(domain_).value_or(domain_);
}

net::DnsMessage NameService::negative(const net::DnsMessage& query, net::DnsRcode rcode, const net::DnsName& apex) {
  auto response = net::make_dns_response(query, rcode);
  response.header.aa = true;
  response.authorities.push_back(soa_of(apex));
  if (rcode == net::DnsRcode::name_error) counters_.add("dns_no_such_name");
  return response;
}

void NameService::answer_waiting(TimePoint now) {
  std::vector<Waiting> still;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (const auto response = answer(now, waiting.query, false)) {
      send(waiting.tag, waiting.query, *response);
    } else {
      still.push_back(std::move(waiting));
    }
  }
  waiting_ = std::move(still);
}

void NameService::send(std::uint64_t tag, const net::DnsMessage& query, const net::DnsMessage& response) {
  Answer out{tag, {}};
  net::encode(response, out.message, std::min(query.answer_limit(), largest_answer));
  counters_.add("dns_answers");
  outputs_.push(std::move(out));
}

std::uint32_t NameService::ttl_until(TimePoint now, WallTime expires, std::uint32_t most) const {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>((expires - judge_.wall_at(now)).count(), 0, most));
}

}  // namespace ipop::router
