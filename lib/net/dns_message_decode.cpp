#include <algorithm>

#include "net/dns_message.hpp"
#include "net/dns_wire.hpp"

namespace ipop::net {
namespace {

using namespace dns_wire;

constexpr std::size_t smallest_question = 5;  // root, type, class
constexpr std::size_t smallest_record = 11;   // root, type, class, TTL, RDLENGTH

struct Counts {
  std::size_t questions = 0;
  std::size_t answers = 0;
  std::size_t authorities = 0;
  std::size_t additionals = 0;
};

DnsHeader read_header(ByteReader& in, Counts& counts) {
  DnsHeader header;
  header.id = in.read<std::uint16_t>();
  const unsigned flags = in.read<std::uint16_t>();
  header.qr = (flags & flag_qr) != 0;
  header.opcode = DnsOpcode{static_cast<std::uint8_t>((flags >> opcode_shift) & 0xfU)};
  header.aa = (flags & flag_aa) != 0;
  header.tc = (flags & flag_tc) != 0;
  header.rd = (flags & flag_rd) != 0;
  header.ra = (flags & flag_ra) != 0;
  header.ad = (flags & flag_ad) != 0;
  header.cd = (flags & flag_cd) != 0;
  header.rcode = DnsRcode{static_cast<std::uint16_t>(flags & max_header_rcode)};
  counts.questions = in.read<std::uint16_t>();
  counts.answers = in.read<std::uint16_t>();
  counts.authorities = in.read<std::uint16_t>();
  counts.additionals = in.read<std::uint16_t>();
  return header;
}

// Reads one name that may be followed by more RDATA; the first error stays in `error`.
class RdataReader {
 public:
  RdataReader(ByteSpan message, ByteReader& in) : message_(message), in_(in) {}

  DnsName read_name() {
    if (error_) return {};
    auto name = decode_dns_name(message_, in_);
    if (name) return *std::move(name);
    error_ = std::move(name).error();
    return {};
  }
  template <class T>
  T read() {
    return in_.read<T>();
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  ByteSpan message_;
  ByteReader& in_;
  std::optional<Error> error_;
};

Result<DnsTxtRdata> read_txt(ByteSpan rdata) {
  ByteReader in(rdata);
  DnsTxtRdata txt;
  do {
    txt.strings.emplace_back(as_text(in.take_sized8()));
  } while (in.remaining() > 0);
  if (!in.ok()) return {Errc::malformed, "DNS TXT length"};
  return txt;
}

Result<DnsRdata> read_name_rdata(ByteSpan message, ByteReader& in, DnsType type) {
  RdataReader rdata(message, in);
  DnsRdata out;
  switch (type) {
    case DnsType::soa: {
      DnsSoaRdata soa;
      soa.mname = rdata.read_name();
      soa.rname = rdata.read_name();
      soa.serial = rdata.read<std::uint32_t>();
      soa.refresh = rdata.read<std::uint32_t>();
      soa.retry = rdata.read<std::uint32_t>();
      soa.expire = rdata.read<std::uint32_t>();
      soa.minimum = rdata.read<std::uint32_t>();
      out = std::move(soa);
      break;
    }
    case DnsType::srv: {
      DnsSrvRdata srv;
      srv.priority = rdata.read<std::uint16_t>();
      srv.weight = rdata.read<std::uint16_t>();
      srv.port = rdata.read<std::uint16_t>();
      srv.target = rdata.read_name();
      out = std::move(srv);
      break;
    }
    default: out = DnsNameRdata{rdata.read_name()}; break;
  }
  if (rdata.error()) return *rdata.error();
  return out;
}

Result<DnsRdata> read_rdata(ByteSpan message, ByteReader& in, DnsType type) {
  const std::size_t rdlength = in.read<std::uint16_t>();
  if (!in.ok() || rdlength > in.remaining()) return {Errc::truncated, "DNS RDATA"};
  const std::size_t left_behind = in.remaining() - rdlength;
  switch (type) {
    case DnsType::a:
      if (rdlength != 4) return {Errc::malformed, "DNS A length"};
      return DnsRdata(Ipv4Address(in.read<std::uint32_t>()));
    case DnsType::aaaa:
      if (rdlength != 16) return {Errc::malformed, "DNS AAAA length"};
      return DnsRdata(Ipv6Address{in.take_array<16>()});
    case DnsType::txt: {
      auto txt = read_txt(in.take(rdlength));
      if (!txt) return std::move(txt).error();
      return DnsRdata(*std::move(txt));
    }
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr:
    case DnsType::soa:
    case DnsType::srv: {
      auto rdata = read_name_rdata(message, in, type);
      if (!rdata) return rdata;
      if (!in.ok() || in.remaining() != left_behind) return {Errc::malformed, "DNS RDATA length"};
      return rdata;
    }
    default: return DnsRdata(to_bytes(in.take(rdlength)));
  }
}

Result<DnsEdns> read_edns(ByteSpan rdata, std::uint16_t udp_payload_size, std::uint32_t ttl) {
  DnsEdns edns;
  edns.udp_payload_size = udp_payload_size;
  edns.version = static_cast<std::uint8_t>((ttl >> edns_version_shift) & 0xffU);
  edns.dnssec_ok = (ttl & edns_flag_do) != 0;
  ByteReader in(rdata);
  while (in.remaining() > 0) {
    DnsEdns::Option option;
    option.code = in.read<std::uint16_t>();
    option.value = to_bytes(in.take_sized16());
    edns.options.push_back(std::move(option));
  }
  if (!in.ok()) return {Errc::malformed, "EDNS option"};
  return edns;
}

Result<DnsRecord> read_record(ByteSpan message, ByteReader& in) {
  auto name = decode_dns_name(message, in);
  if (!name) return std::move(name).error();
  DnsRecord record;
  record.name = *std::move(name);
  record.type = DnsType{in.read<std::uint16_t>()};
  record.record_class = DnsClass{in.read<std::uint16_t>()};
  record.ttl = in.read<std::uint32_t>();
  if (!in.ok()) return {Errc::truncated, "DNS record"};
  auto rdata = read_rdata(message, in, record.type);
  if (!rdata) return std::move(rdata).error();
  record.rdata = *std::move(rdata);
  return record;
}

Result<void> read_section(ByteSpan message, ByteReader& in, std::size_t count, std::vector<DnsRecord>& section) {
  if (count > in.remaining() / smallest_record) return {Errc::truncated, "DNS records"};
  for (std::size_t i = 0; i < count; ++i) {
    auto record = read_record(message, in);
    if (!record) return std::move(record).error();
    section.push_back(*std::move(record));
  }
  return {};
}

bool is_opt(const DnsRecord& record) {
  return record.type == DnsType::opt;
}

// Takes the OPT record out of the additionals (RFC 6891, 6.1.1: one at most, and only there).
Result<void> take_edns(DnsMessage& message) {
  if (std::ranges::any_of(message.answers, is_opt) || std::ranges::any_of(message.authorities, is_opt)) {
    return {Errc::malformed, "DNS OPT outside of the additional section"};
  }
  const auto it = std::ranges::find_if(message.additionals, is_opt);
  if (it == message.additionals.end()) return {};
  if (std::find_if(it + 1, message.additionals.end(), is_opt) != message.additionals.end()) {
    return {Errc::malformed, "second DNS OPT"};
  }
  if (!it->name.is_root()) return {Errc::malformed, "name of DNS OPT"};
  auto edns = read_edns(std::get<Bytes>(it->rdata), static_cast<std::uint16_t>(it->record_class), it->ttl);
  if (!edns) return std::move(edns).error();
  message.edns = *std::move(edns);
  const auto high = static_cast<std::uint16_t>((it->ttl >> edns_rcode_shift) << 4U);
  message.header.rcode = DnsRcode{static_cast<std::uint16_t>(static_cast<unsigned>(message.header.rcode) | high)};
  message.additionals.erase(it);
  return {};
}

}  // namespace

Result<DnsHeader> decode_dns_header(ByteSpan message) {
  ByteReader in(message);
  Counts counts;
  const DnsHeader header = read_header(in, counts);
  if (!in.ok()) return {Errc::truncated, "DNS header"};
  return header;
}

Result<DnsMessage> decode_dns(ByteSpan message) {
  ByteReader in(message);
  Counts counts;
  DnsMessage out;
  out.header = read_header(in, counts);
  if (!in.ok()) return {Errc::truncated, "DNS header"};

  if (counts.questions > in.remaining() / smallest_question) return {Errc::truncated, "DNS questions"};
  for (std::size_t i = 0; i < counts.questions; ++i) {
    auto qname = decode_dns_name(message, in);
    if (!qname) return std::move(qname).error();
    DnsQuestion question;
    question.qname = *std::move(qname);
    question.qtype = DnsType{in.read<std::uint16_t>()};
    question.qclass = DnsClass{in.read<std::uint16_t>()};
    if (!in.ok()) return {Errc::truncated, "DNS question"};
    out.questions.push_back(std::move(question));
  }
  if (auto read = read_section(message, in, counts.answers, out.answers); !read) return std::move(read).error();
  if (auto read = read_section(message, in, counts.authorities, out.authorities); !read) {
    return std::move(read).error();
  }
  if (auto read = read_section(message, in, counts.additionals, out.additionals); !read) {
    return std::move(read).error();
  }
  if (!in.done()) return {Errc::malformed, "octets after the DNS message"};
  if (auto taken = take_edns(out); !taken) return std::move(taken).error();
  return out;
}

}  // namespace ipop::net
