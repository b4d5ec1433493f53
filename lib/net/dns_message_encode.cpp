#include <algorithm>
#include <map>

#include "base/machine.hpp"
#include "net/dns_message.hpp"
#include "net/dns_wire.hpp"

namespace ipop::net {
namespace {

using namespace dns_wire;

constexpr std::size_t max_txt_string = 255;  // RFC 1035, 3.3: <character-string>
constexpr std::size_t max_pointer = 0x3fff;  // RFC 1035, 4.1.4: 14 bits

// Writes names with pointers to earlier ones. A pointer needs the same spelling, so that a name is
// read as it was written.
class Writer {
 public:
  Writer(Bytes& out, std::size_t limit) : out_(out), start_(out.size()), limit_(limit) {}

  template <class T>
  void write(T value) {
    ByteWriter(out_).write(value);
  }
  void write_bytes(ByteSpan octets) { append(out_, octets); }

  void write_name(const DnsName& name) {
    DnsName rest(name);
    while (!rest.is_root()) {
      const std::size_t here = size();
      if (const auto known = names_.find(spelling(rest)); known != names_.end()) {
        write(static_cast<std::uint16_t>(0xc000U | known->second));
        return;
      }
      if (here <= max_pointer) names_.emplace(spelling(rest), here);
      ByteWriter(out_).write_sized8(as_bytes(rest.first_label()));
      rest = rest.parent();
    }
    write(std::uint8_t{0});
  }

  void write_rdata(const DnsRdata& rdata) {
    const std::size_t length_at = out_.size();
    write(std::uint16_t{0});
    std::visit(Overloaded{
                   [this](const Bytes& octets) { write_bytes(octets); },
                   [this](const Ipv4Address& address) { write(address.value()); },
                   [this](const Ipv6Address& address) { write_bytes(address.octets); },
                   [this](const DnsNameRdata& rdata_name) { write_name(rdata_name.name); },
                   [this](const DnsSoaRdata& soa) { write_soa(soa); },
                   [this](const DnsTxtRdata& txt) { write_txt(txt); },
                   [this](const DnsSrvRdata& srv) { write_srv(srv); },
               },
               rdata);
    const std::size_t length = out_.size() - length_at - 2;
    out_[length_at] = static_cast<std::byte>((length >> 8U) & 0xffU);
    out_[length_at + 1] = static_cast<std::byte>(length & 0xffU);
    is_rdata_too_long_ = length > 0xffffU;
  }

  // Writes a record, or nothing when it would pass the limit.
  bool write_record(const DnsRecord& record) {
    const std::size_t before = out_.size();
    write_name(record.name);
    write(static_cast<std::uint16_t>(record.type));
    write(static_cast<std::uint16_t>(record.record_class));
    write(record.ttl);
    write_rdata(record.rdata);
    if (size() <= limit_ && !is_rdata_too_long_) return true;
    out_.resize(before);
    std::erase_if(names_, [this](const auto& entry) { return entry.second >= size(); });
    return false;
  }

  void set_u16(std::size_t offset, std::size_t value) {
    out_[start_ + offset] = static_cast<std::byte>((value >> 8U) & 0xffU);
    out_[start_ + offset + 1] = static_cast<std::byte>(value & 0xffU);
  }
  [[nodiscard]] std::size_t size() const { return out_.size() - start_; }

 private:
  static std::string spelling(const DnsName& name) {
    Bytes wire;
    encode(name, wire);
    return std::string(as_text(wire));
  }

  void write_soa(const DnsSoaRdata& soa) {
    write_name(soa.mname);
    write_name(soa.rname);
    write(soa.serial);
    write(soa.refresh);
    write(soa.retry);
    write(soa.expire);
    write(soa.minimum);
  }
  void write_txt(const DnsTxtRdata& txt) {
    for (const std::string& text : txt.strings)
      ByteWriter(out_).write_sized8(as_bytes(text).first(std::min(text.size(), max_txt_string)));
    if (txt.strings.empty()) write(std::uint8_t{0});
  }
  void write_srv(const DnsSrvRdata& srv) {
    write(srv.priority);
    write(srv.weight);
    write(srv.port);
    encode(srv.target, out_);  // RFC 2782: not compressed
  }

  Bytes& out_;
  std::size_t start_;
  std::size_t limit_;
  bool is_rdata_too_long_ = false;
  std::map<std::string, std::size_t> names_;
};

std::uint16_t header_flags(const DnsHeader& header, DnsRcode rcode, bool tc) {
  unsigned flags = (static_cast<unsigned>(header.opcode) & 0xfU) << opcode_shift;
  if (header.qr) flags |= flag_qr;
  if (header.aa) flags |= flag_aa;
  if (tc) flags |= flag_tc;
  if (header.rd) flags |= flag_rd;
  if (header.ra) flags |= flag_ra;
  if (header.ad) flags |= flag_ad;
  if (header.cd) flags |= flag_cd;
  return static_cast<std::uint16_t>(flags | (static_cast<unsigned>(rcode) & max_header_rcode));
}

Bytes opt_record(const DnsEdns& edns, DnsRcode rcode) {
  Bytes out;
  ByteWriter writer(out);
  writer.write(std::uint8_t{0});
  writer.write(static_cast<std::uint16_t>(DnsType::opt));
  writer.write(edns.udp_payload_size);
  std::uint32_t ttl = (static_cast<std::uint32_t>(rcode) >> 4U) << edns_rcode_shift;
  ttl |= std::uint32_t{edns.version} << edns_version_shift;
  if (edns.dnssec_ok) ttl |= edns_flag_do;
  writer.write(ttl);
  Bytes rdata;
  ByteWriter options(rdata);
  for (const DnsEdns::Option& option : edns.options) {
    options.write(option.code);
    options.write_sized16(option.value);
  }
  writer.write_sized16(rdata);
  return out;
}

// The records of a section that fit; false when some did not.
bool write_section(Writer& writer, const std::vector<DnsRecord>& section, std::size_t& count) {
  for (const DnsRecord& record : section) {
    if (!writer.write_record(record)) return false;
    ++count;
  }
  return true;
}

}  // namespace

void encode(const DnsMessage& message, Bytes& out, std::size_t limit) {
  DnsRcode rcode = message.header.rcode;
  if (static_cast<unsigned>(rcode) > max_header_rcode && !message.edns) rcode = DnsRcode::server_failure;
  const Bytes opt = message.edns ? opt_record(*message.edns, rcode) : Bytes{};
  const std::size_t record_limit =
      std::clamp(limit, DnsMessage::udp_limit, DnsMessage::tcp_limit) - std::min(opt.size(), DnsMessage::udp_limit);

  Writer writer(out, record_limit);
  writer.write(message.header.id);
  writer.write(std::uint16_t{0});  // flags and counts are known at the end
  writer.write(std::uint64_t{0});
  for (const DnsQuestion& question : message.questions) {
    writer.write_name(question.qname);
    writer.write(static_cast<std::uint16_t>(question.qtype));
    writer.write(static_cast<std::uint16_t>(question.qclass));
  }
  std::size_t answers = 0;
  std::size_t authorities = 0;
  std::size_t additionals = 0;
  const bool is_complete =
      write_section(writer, message.answers, answers) && write_section(writer, message.authorities, authorities);
  // Additionals are a courtesy: leaving some out is no truncation.
  if (is_complete) write_section(writer, message.additionals, additionals);
  writer.write_bytes(opt);

  writer.set_u16(2, header_flags(message.header, rcode, message.header.tc || !is_complete));
  writer.set_u16(4, message.questions.size());
  writer.set_u16(6, answers);
  writer.set_u16(8, authorities);
  writer.set_u16(10, additionals + (message.edns ? 1 : 0));
}

}  // namespace ipop::net
