#include "net/dns_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ipop::net {
namespace {

constexpr unsigned label_type_mask = 0xc0;     // RFC 1035, 4.1.4
constexpr unsigned label_type_pointer = 0xc0;  // the other values are reserved (RFC 6891, 5)
// A name has at most 127 labels, so more pointers than that serve no sender but an attacker's.
constexpr int max_pointers = 127;

// RFC 4343: only the ASCII letters have a case.
constexpr char fold_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Length octets are at most 63, below the letters, so the whole wire form can be folded.
bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, fold_case, fold_case);
}

std::size_t length_octet(std::string_view wire) {
  return static_cast<unsigned char>(wire.front());
}

}  // namespace

std::vector<std::string_view> DnsName::labels() const {
  std::vector<std::string_view> out;
  for (std::string_view rest(wire_); !rest.empty(); rest.remove_prefix(1 + length_octet(rest)))
    out.push_back(rest.substr(1, length_octet(rest)));
  return out;
}

std::size_t DnsName::label_count() const {
  std::size_t count = 0;
  for (std::string_view rest(wire_); !rest.empty(); rest.remove_prefix(1 + length_octet(rest)))
    ++count;
  return count;
}

std::string_view DnsName::first_label() const {
  if (is_root()) return {};
  return std::string_view(wire_).substr(1, length_octet(wire_));
}

DnsName DnsName::parent() const {
  DnsName out;
  if (!is_root()) out.wire_ = wire_.substr(1 + length_octet(wire_));
  return out;
}

bool DnsName::is_within(const DnsName& zone) const {
  std::string_view rest(wire_);
  while (rest.size() > zone.wire_.size())
    rest.remove_prefix(1 + length_octet(rest));
  return equal_ignoring_case(rest, zone.wire_);
}

bool DnsName::append_label(std::string_view label) {
  if (label.empty() || label.size() > max_label_size || wire_size() + 1 + label.size() > max_wire_size) return false;
  wire_.push_back(static_cast<char>(label.size()));
  wire_ += label;
  return true;
}

std::optional<DnsName> DnsName::with_suffix(const DnsName& suffix) const {
  if (wire_size() + suffix.wire_.size() > max_wire_size) return std::nullopt;
  DnsName out(*this);
  out.wire_ += suffix.wire_;
  return out;
}

bool operator==(const DnsName& a, const DnsName& b) {
  return equal_ignoring_case(a.wire_, b.wire_);
}

std::strong_ordering operator<=>(const DnsName& a, const DnsName& b) {
  const std::size_t common = std::min(a.wire_.size(), b.wire_.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto x = static_cast<unsigned char>(fold_case(a.wire_[i]));
    const auto y = static_cast<unsigned char>(fold_case(b.wire_[i]));
    if (x != y) return x <=> y;
  }
  return a.wire_.size() <=> b.wire_.size();
}

std::string to_string(const DnsName& name) {
  if (name.is_root()) return ".";
  std::string out;
  for (const std::string_view label : name.labels()) {
    if (!out.empty()) out.push_back('.');
    for (const char c : label) {
      const auto octet = static_cast<unsigned char>(c);
      if (c == '.' || c == '\\') {
        out.push_back('\\');
        out.push_back(c);
      } else if (octet <= 32 || octet >= 127) {
        const std::string digits = std::to_string(octet);
        out.push_back('\\');
        out.append(3 - digits.size(), '0');
        out += digits;
      } else {
        out.push_back(c);
      }
    }
  }
  return out;
}

std::optional<DnsName> parse_dns_name(std::string_view text) {
  DnsName name;
  if (text == ".") return name;
  std::string label;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (!name.append_label(label)) return std::nullopt;
      label.clear();
    } else if (c != '\\') {
      label.push_back(c);
    } else if (i + 1 < text.size() && (text[i + 1] < '0' || text[i + 1] > '9')) {
      label.push_back(text[++i]);
    } else {
      const std::string_view digits = text.substr(i + 1, 3);
      unsigned octet = 0;
      const char* end = digits.data() + digits.size();
      const auto [stop, error] = std::from_chars(digits.data(), end, octet);
      if (digits.size() != 3 || error != std::errc{} || stop != end || octet > 255) return std::nullopt;
      label.push_back(static_cast<char>(octet));
      i += digits.size();
    }
  }
  const bool ends_with_dot = label.empty() && !name.is_root();
  if (!ends_with_dot && !name.append_label(label)) return std::nullopt;
  return name;
}

DnsName reverse_name(Ipv4Address address) {
  DnsName name;
  bool fits = true;
  for (unsigned shift = 0; shift < 32; shift += 8)
    fits = fits && name.append_label(std::to_string((address.value() >> shift) & 0xffU));
  fits = fits && name.append_label("in-addr") && name.append_label("arpa");
  return fits ? name : DnsName{};
}

std::optional<Ipv4Address> parse_reverse_name(const DnsName& name) {
  constexpr std::size_t number_count = 4;
  const auto labels = name.labels();
  if (labels.size() != number_count + 2) return std::nullopt;
  std::string dotted;
  for (std::size_t i = number_count; i-- > 0;) {
    if (!dotted.empty()) dotted.push_back('.');
    dotted += labels[i];
  }
  const auto address = parse_ipv4_address(dotted);
  // Compared as a whole: a label may hold a dot.
  if (!address || reverse_name(*address) != name) return std::nullopt;
  return address;
}

Result<DnsName> decode_dns_name(ByteSpan message, ByteReader& in) {
  DnsName name;
  std::size_t at = message.size() - in.remaining();  // of the next length octet
  std::size_t lowest = at;                           // pointers lead to before this place
  int pointers = 0;
  while (true) {
    // Up to the first pointer the caller's reader moves along; behind it, only a copy does.
    ByteReader elsewhere(message.subspan(at));
    ByteReader& here = pointers == 0 ? in : elsewhere;
    const unsigned length = here.read<std::uint8_t>();
    if (!here.ok()) return {Errc::truncated, "DNS name"};
    if ((length & label_type_mask) == 0) {
      const ByteSpan label = here.take(length);
      if (!here.ok()) return {Errc::truncated, "DNS name"};
      if (length == 0) return name;
      if (!name.append_label(as_text(label))) return {Errc::malformed, "DNS name too long"};
      at += 1 + length;
      continue;
    }
    if ((length & label_type_mask) != label_type_pointer) return {Errc::malformed, "DNS label type"};
    const unsigned low = here.read<std::uint8_t>();
    if (!here.ok()) return {Errc::truncated, "DNS name"};
    const std::size_t target = ((length & ~label_type_mask) << 8U) | low;
    if (target >= lowest || ++pointers > max_pointers) return {Errc::malformed, "DNS compression pointer"};
    at = target;
    lowest = target;
  }
}

void encode(const DnsName& name, Bytes& out) {
  ByteWriter writer(out);
  for (const std::string_view label : name.labels())
    writer.write_sized8(as_bytes(label));
  writer.write(std::uint8_t{0});
}

}  // namespace ipop::net

std::size_t std::hash<ipop::net::DnsName>::operator()(const ipop::net::DnsName& name) const noexcept {
  // FNV-1a over the folded octets; tables that hold foreign names are ordered ones.
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const char c : name.wire_) {
    value ^= static_cast<unsigned char>(ipop::net::fold_case(c));
    value *= 0x100000001b3U;
  }
  return static_cast<std::size_t>(value);
}
