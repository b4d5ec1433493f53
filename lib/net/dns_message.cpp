#include "net/dns_message.hpp"

#include <algorithm>

namespace ipop::net {
namespace {

DnsRecord make_record(const DnsName& name, DnsType type, std::uint32_t ttl, DnsRdata rdata) {
  return DnsRecord{name, type, DnsClass::in, ttl, std::move(rdata)};
}

}  // namespace

DnsRecord make_a_record(const DnsName& name, std::uint32_t ttl, Ipv4Address address) {
  return make_record(name, DnsType::a, ttl, address);
}

DnsRecord make_ptr_record(const DnsName& name, std::uint32_t ttl, const DnsName& target) {
  return make_record(name, DnsType::ptr, ttl, DnsNameRdata{target});
}

DnsRecord make_soa_record(const DnsName& zone, std::uint32_t ttl, const DnsSoaRdata& soa) {
  return make_record(zone, DnsType::soa, ttl, soa);
}

std::size_t DnsMessage::answer_limit() const {
  return std::max<std::size_t>(udp_limit, edns ? edns->udp_payload_size : udp_limit);
}

DnsMessage make_dns_response(const DnsMessage& query, DnsRcode rcode) {
  DnsMessage response;
  response.header.id = query.header.id;
  response.header.qr = true;
  response.header.opcode = query.header.opcode;
  response.header.rd = query.header.rd;
  response.header.rcode = rcode;
  response.questions = query.questions;
  if (query.edns) {
    response.edns.emplace();
    response.edns->dnssec_ok = query.edns->dnssec_ok;  // RFC 3225, 3
  }
  return response;
}

}  // namespace ipop::net
