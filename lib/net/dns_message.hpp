#pragma once

// DNS messages (RFC 1035, 4) with EDNS(0) (RFC 6891):
//
//    0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
//   +-----------------------------------------------+
//   |                      ID                       |
//   |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
//   |      QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT       |
//   +-----------------------------------------------+
//   | questions | answers | authorities | additionals

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/dns_name.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// Numbers without a name are kept.
enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,  // RFC 2782
  opt = 41,  // RFC 6891
  axfr = 252,
  any = 255,
};

enum class DnsClass : std::uint16_t { in = 1, none = 254, any = 255 };

enum class DnsOpcode : std::uint8_t { query = 0, status = 2, notify = 4, update = 5 };

/// Codes up to 15 fit the header; higher ones need EDNS.
enum class DnsRcode : std::uint16_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,  ///< NXDOMAIN
  not_implemented = 4,
  refused = 5,
  bad_version = 16,
};

struct DnsHeader {
  static constexpr std::size_t size = 12;

  std::uint16_t id = 0;
  bool qr = false;  ///< a response
  DnsOpcode opcode = DnsOpcode::query;
  bool aa = false;
  bool tc = false;
  bool rd = false;
  bool ra = false;
  bool ad = false;
  bool cd = false;
  DnsRcode rcode = DnsRcode::no_error;

  friend bool operator==(const DnsHeader&, const DnsHeader&) = default;
};

struct DnsQuestion {
  DnsName qname{};
  DnsType qtype = DnsType::a;
  DnsClass qclass = DnsClass::in;

  friend bool operator==(const DnsQuestion&, const DnsQuestion&) = default;
};

/// RDATA of NS, CNAME and PTR.
struct DnsNameRdata {
  DnsName name{};

  friend bool operator==(const DnsNameRdata&, const DnsNameRdata&) = default;
};

/// RFC 1035, 3.3.13; times in seconds. `minimum` limits negative caching (RFC 2308).
struct DnsSoaRdata {
  DnsName mname{};
  DnsName rname{};
  std::uint32_t serial = 0;
  std::uint32_t refresh = 0;
  std::uint32_t retry = 0;
  std::uint32_t expire = 0;
  std::uint32_t minimum = 0;

  friend bool operator==(const DnsSoaRdata&, const DnsSoaRdata&) = default;
};

/// RFC 1035, 3.3.14: one string at least, each of at most 255 octets.
struct DnsTxtRdata {
  std::vector<std::string> strings{};

  friend bool operator==(const DnsTxtRdata&, const DnsTxtRdata&) = default;
};

/// RFC 2782.
struct DnsSrvRdata {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  DnsName target{};

  friend bool operator==(const DnsSrvRdata&, const DnsSrvRdata&) = default;
};

/// `Bytes` for types without a form of their own (RFC 3597).
using DnsRdata = std::variant<Bytes, Ipv4Address, Ipv6Address, DnsNameRdata, DnsSoaRdata, DnsTxtRdata, DnsSrvRdata>;

struct DnsRecord {
  DnsName name{};
  DnsType type = DnsType::a;  ///< says which alternative `rdata` holds
  DnsClass record_class = DnsClass::in;
  std::uint32_t ttl = 0;  ///< seconds
  DnsRdata rdata{};

  friend bool operator==(const DnsRecord&, const DnsRecord&) = default;
};

DnsRecord make_a_record(const DnsName& name, std::uint32_t ttl, Ipv4Address address);
DnsRecord make_ptr_record(const DnsName& name, std::uint32_t ttl, const DnsName& target);
DnsRecord make_soa_record(const DnsName& zone, std::uint32_t ttl, const DnsSoaRdata& soa);

/// The OPT record's content (RFC 6891, 6.1); its extended RCODE is part of DnsHeader::rcode.
struct DnsEdns {
  struct Option {
    std::uint16_t code = 0;
    Bytes value{};

    friend bool operator==(const Option&, const Option&) = default;
  };

  std::uint16_t udp_payload_size = 1232;  // largest that no common path fragments (dnsflagday.net 2020)
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::vector<Option> options{};

  friend bool operator==(const DnsEdns&, const DnsEdns&) = default;
};

struct DnsMessage {
  static constexpr std::size_t udp_limit = 512;  // RFC 1035, 4.2.1: without EDNS
  static constexpr std::size_t tcp_limit = 65535;

  DnsHeader header{};
  std::vector<DnsQuestion> questions{};
  std::vector<DnsRecord> answers{};
  std::vector<DnsRecord> authorities{};
  std::vector<DnsRecord> additionals{};  ///< without the OPT record
  std::optional<DnsEdns> edns{};

  /// Octets of a UDP answer that the sender of this message takes: 512, or more where EDNS says so.
  [[nodiscard]] std::size_t answer_limit() const;

  friend bool operator==(const DnsMessage&, const DnsMessage&) = default;
};

/// Reads the header alone, so that a message which is damaged further on can be refused with
/// its own id. Error: `truncated`.
Result<DnsHeader> decode_dns_header(ByteSpan message);

/// Errors: `truncated`; `malformed` for names, RDATA lengths, a second or misplaced OPT record, or
/// octets after the last record. Names compare without case, so a message equals one that is
/// spelled differently.
Result<DnsMessage> decode_dns(ByteSpan message);

/// Writes at most `limit` octets (512 to 65,535), with compressed names. When records don't fit, the
/// answers and authorities that are missing set TC (RFC 2181, 9); questions and OPT are always
/// written, so a server refuses a message of more than one question first. An RCODE above 15 needs `edns`, without it
/// SERVFAIL is written.
void encode(const DnsMessage& message, Bytes& out, std::size_t limit = DnsMessage::udp_limit);

/// An empty response to `query`: its id, opcode, RD, question as spelled, and EDNS when it had it.
DnsMessage make_dns_response(const DnsMessage& query, DnsRcode rcode = DnsRcode::no_error);

}  // namespace ipop::net
