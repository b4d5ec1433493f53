#include "net/dhcp_message.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace ipop::net {
namespace {

constexpr std::uint8_t dhcp_ethernet = 1;  // RFC 1700: htype of Ethernet
constexpr std::size_t chaddr_size = 16;
constexpr std::size_t sname_size = 64;
constexpr std::size_t file_size = 128;
constexpr std::uint16_t flag_broadcast = 0x8000;
constexpr std::size_t ip_and_udp_headers = 28;

// Values of option 52 (RFC 2132, 9.3), as bits.
constexpr unsigned overload_file = 1;
constexpr unsigned overload_sname = 2;

constexpr std::size_t option_header = 2;  // code, length
constexpr std::size_t overload_size = 3;  // option 52
constexpr std::size_t max_part = 255;     // octets of value under one length octet
constexpr auto end_octet = static_cast<std::byte>(DhcpCode::end);

std::string text_of_field(ByteSpan field) {
  const std::string_view text = as_text(field);
  return std::string(text.substr(0, text.find('\0')));
}

// Reads the options of one field up to its end option. Gives option 52 when it is there.
Result<unsigned> read_options(ByteReader& in, DhcpOptions& options) {
  unsigned overload = 0;
  while (true) {
    const auto code = DhcpCode{in.read<std::uint8_t>()};
    if (!in.ok()) return {Errc::malformed, "DHCP options without an end"};
    if (code == DhcpCode::pad) continue;
    if (code == DhcpCode::end) return overload;
    const ByteSpan value = in.take_sized8();
    if (!in.ok()) return {Errc::truncated, "DHCP option"};
    if (code != DhcpCode::option_overload) {
      options.append(code, value);
      continue;
    }
    if (value.size() != 1) return {Errc::malformed, "length of DHCP option 52"};
    overload = std::to_integer<unsigned>(value.front());
    if (overload < 1 || overload > 3) return {Errc::malformed, "value of DHCP option 52"};
  }
}

// Options inside `file` or `sname`; an option 52 there has no meaning.
Result<void> read_overloaded(ByteSpan field, DhcpOptions& options) {
  ByteReader in(field);
  auto read = read_options(in, options);
  if (!read) return std::move(read).error();
  return {};
}

// The option areas of a message that is being written, filled in the order in which a reader
// joins them: options, file, sname (RFC 3396, 5).
struct Area {
  std::size_t room = 0;  // octets left, the end option's not among them
  Bytes octets{};
};

// Writes an option as parts of at most 255 octets, into as many areas as it needs.
// False when the areas are full.
bool place_option(const DhcpOption& option, std::vector<Area>& areas, std::size_t& current) {
  ByteSpan rest(option.value);
  bool is_begun = false;
  while (!is_begun || !rest.empty()) {
    if (current == areas.size()) return false;
    Area& area = areas[current];
    // A value that fits whole into one part is not split: few clients join parts.
    const bool can_be_split = option.value.size() > max_part;
    const std::size_t least = option_header + (can_be_split ? std::min<std::size_t>(rest.size(), 1) : rest.size());
    if (area.room < least) {
      ++current;
      continue;
    }
    const std::size_t part = std::min({rest.size(), max_part, area.room - option_header});
    ByteWriter writer(area.octets);
    writer.write(static_cast<std::uint8_t>(option.code));
    writer.write_sized8(rest.first(part));
    area.room -= option_header + part;
    rest = rest.subspan(part);
    is_begun = true;
  }
  return true;
}

std::optional<std::vector<Area>> place_options(const DhcpOptions& options, std::vector<Area> areas) {
  std::size_t current = 0;
  for (const DhcpOption& option : options.all()) {
    if (!place_option(option, areas, current)) return std::nullopt;
  }
  return areas;
}

// Where the options of a message go.
struct Layout {
  Bytes options{};
  std::optional<Bytes> file{};
  std::optional<Bytes> sname{};
};

std::optional<Layout> lay_out(const DhcpMessage& message, std::size_t room) {
  if (const auto areas = place_options(message.options, {Area{room - 1}})) return Layout{areas->front().octets};
  if (room < 1 + overload_size) return std::nullopt;

  const bool use_file = message.file.empty();
  const bool use_sname = message.sname.empty();
  std::vector<Area> areas{Area{room - 1 - overload_size}};
  if (use_file) areas.push_back(Area{file_size - 1});
  if (use_sname) areas.push_back(Area{sname_size - 1});
  auto filled = place_options(message.options, std::move(areas));
  if (!filled) return std::nullopt;

  Layout layout;
  unsigned overload = 0;
  std::size_t next = 1;
  if (use_file && !(*filled)[next++].octets.empty()) {
    overload |= overload_file;
    layout.file = std::move((*filled)[1].octets);
  }
  if (use_sname && !(*filled)[next].octets.empty()) {
    overload |= overload_sname;
    layout.sname = std::move((*filled)[next].octets);
  }
  ByteWriter writer(layout.options);
  writer.write(static_cast<std::uint8_t>(DhcpCode::option_overload));
  writer.write(std::uint8_t{1});
  writer.write(static_cast<std::uint8_t>(overload));
  writer.write((*filled)[0].octets);
  return layout;
}

void write_field(ByteWriter& writer, const std::optional<Bytes>& options, std::string_view text, std::size_t size) {
  if (!options) {
    writer.write(as_bytes(text));
    writer.write_zeros(size - text.size());
    return;
  }
  writer.write(*options);
  writer.write(ByteSpan(&end_octet, 1));
  writer.write_zeros(size - options->size() - 1);
}

}  // namespace

Result<DhcpMessage> decode_dhcp(ByteSpan payload) {
  ByteReader in(payload);
  DhcpMessage message;
  const auto op = in.read<std::uint8_t>();
  const auto htype = in.read<std::uint8_t>();
  const auto hlen = in.read<std::uint8_t>();
  message.hops = in.read<std::uint8_t>();
  message.xid = in.read<std::uint32_t>();
  message.secs = in.read<std::uint16_t>();
  message.broadcast = (in.read<std::uint16_t>() & flag_broadcast) != 0;
  message.ciaddr = Ipv4Address(in.read<std::uint32_t>());
  message.yiaddr = Ipv4Address(in.read<std::uint32_t>());
  message.siaddr = Ipv4Address(in.read<std::uint32_t>());
  message.giaddr = Ipv4Address(in.read<std::uint32_t>());
  message.chaddr = MacAddress(in.take_array<MacAddress::size>());
  in.take(chaddr_size - MacAddress::size);
  const ByteSpan sname = in.take(sname_size);
  const ByteSpan file = in.take(file_size);
  const auto cookie = in.read<std::uint32_t>();
  if (!in.ok()) return {Errc::truncated, "DHCP message"};
  if (op != static_cast<std::uint8_t>(BootpOperation::request) &&
      op != static_cast<std::uint8_t>(BootpOperation::reply)) {
    return {Errc::malformed, "BOOTP operation"};
  }
  message.op = BootpOperation{op};
  if (htype != dhcp_ethernet || hlen != MacAddress::size) return {Errc::unsupported, "DHCP hardware type"};
  if (cookie != DhcpMessage::cookie) return {Errc::malformed, "DHCP cookie"};

  auto overload = read_options(in, message.options);
  if (!overload) return std::move(overload).error();
  if ((*overload & overload_file) != 0) {
    if (auto read = read_overloaded(file, message.options); !read) return std::move(read).error();
  } else {
    message.file = text_of_field(file);
  }
  if ((*overload & overload_sname) != 0) {
    if (auto read = read_overloaded(sname, message.options); !read) return std::move(read).error();
  } else {
    message.sname = text_of_field(sname);
  }
  if (auto lengths = check_dhcp_option_lengths(message.options); !lengths) return std::move(lengths).error();
  return message;
}

Result<void> encode(const DhcpMessage& message, Bytes& out, std::size_t max_message_size) {
  if (message.sname.size() > sname_size || message.file.size() > file_size) {
    return {Errc::too_large, "DHCP sname or file"};
  }
  const std::size_t limit = std::max(max_message_size, DhcpMessage::min_size + ip_and_udp_headers) - ip_and_udp_headers;
  const auto layout = lay_out(message, limit - DhcpMessage::fixed_size);
  if (!layout) return {Errc::too_large, "DHCP options"};

  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>(message.op));
  writer.write(dhcp_ethernet);
  writer.write(static_cast<std::uint8_t>(MacAddress::size));
  writer.write(message.hops);
  writer.write(message.xid);
  writer.write(message.secs);
  writer.write(message.broadcast ? flag_broadcast : std::uint16_t{0});
  writer.write(message.ciaddr.value());
  writer.write(message.yiaddr.value());
  writer.write(message.siaddr.value());
  writer.write(message.giaddr.value());
  writer.write(message.chaddr.octets());
  writer.write_zeros(chaddr_size - MacAddress::size);
  write_field(writer, layout->sname, message.sname, sname_size);
  write_field(writer, layout->file, message.file, file_size);
  writer.write(DhcpMessage::cookie);
  writer.write(layout->options);
  writer.write(ByteSpan(&end_octet, 1));
  const std::size_t size = out.size() - start;
  if (size < DhcpMessage::min_size) writer.write_zeros(DhcpMessage::min_size - size);
  return {};
}

}  // namespace ipop::net
