#include "io/remote_logins.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <unistd.h>
#include <variant>

#include "io/file.hpp"

namespace ipop::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file = std::size_t{4} << 20U;
constexpr int max_ancestors = 64;
// proc(5): TCP_ESTABLISHED.
constexpr std::string_view established = "01";

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const auto start = text.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) return out;
    text.remove_prefix(start);
    const auto end = std::min(text.find_first_of(" \t\n"), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// An IPv4 address in IPv6 form (RFC 4291, 2.5.5.2) is that IPv4 address.
std::variant<net::Ipv4Address, net::Ipv6Address> plain(const net::Ipv6Address& address) {
  const auto& octets = address.octets;
  const bool mapped =
      std::ranges::all_of(octets.begin(), octets.begin() + 10, [](std::byte octet) { return octet == std::byte{0}; }) &&
      octets[10] == std::byte{0xff} && octets[11] == std::byte{0xff};
  if (!mapped) return address;
  std::uint32_t value = 0;
  for (std::size_t i = 12; i < 16; ++i)
    value = value << 8U | std::to_integer<std::uint32_t>(octets[i]);
  return net::Ipv4Address(value);
}

/// `0100007F:0016`: words of four octets in the order of this machine.
std::optional<net::Endpoint> parse_proc_endpoint(std::string_view text) {
  const auto colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  const auto port = number<std::uint16_t>(text.substr(colon + 1), 16);
  net::Ipv6Address wide;
  std::uint32_t narrow = 0;
  for (std::size_t word = 0; word < colon / 8; ++word) {
    auto value = number<std::uint32_t>(text.substr(word * 8, 8), 16);
    if (!value) return std::nullopt;
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap32(*value);
    narrow = *value;
    for (std::size_t i = 0; i < 4; ++i)
      wide.octets[word * 4 + i] = static_cast<std::byte>(*value >> (24 - 8 * i) & 0xffU);
  }
  if (!port) return std::nullopt;
  if (colon == 8) return net::Endpoint{net::Ipv4Address(narrow), *port};
  return net::Endpoint{plain(wide), *port};
}

std::optional<net::Endpoint> parse_ssh_endpoint(std::string_view address, std::string_view port) {
  const auto port_number = number<std::uint16_t>(port);
  // A link-local address has its interface behind it.
  address = address.substr(0, address.find('%'));
  if (!port_number) return std::nullopt;
  if (const auto v4 = net::parse_ipv4_address(address)) return net::Endpoint{*v4, *port_number};
  if (const auto v6 = net::parse_ipv6_address(address)) return net::Endpoint{plain(*v6), *port_number};
  return std::nullopt;
}

std::string text_of(const std::string& path) {
  return read_file(path, max_file).value_or(std::string());
}

std::string ssh_connection_of(const std::string& process) {
  const std::string environment = text_of(process + "/environ");
  constexpr std::string_view name = "SSH_CONNECTION=";
  std::size_t start = 0;
  while (start < environment.size()) {
    const std::size_t end = std::min(environment.find('\0', start), environment.size());
    const std::string_view variable = std::string_view(environment).substr(start, end - start);
    if (variable.starts_with(name)) return std::string(variable.substr(name.size()));
    start = end + 1;
  }
  return {};
}

/// The process above; 0 above the first one, and where it is not known.
long parent_of(const std::string& process) {
  const std::string stat = text_of(process + "/stat");
  // The name stands in parentheses and may have some of its own.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  const auto words = words_of(std::string_view(stat).substr(name_end + 1));
  return words.size() < 2 ? 0 : number<long>(words[1]).value_or(0);
}

bool is_login_server(const std::string& process) {
  const std::string name = text_of(process + "/comm");
  return name.starts_with("sshd") || name.starts_with("dropbear");
}

/// The sockets that the login servers have open.
std::set<std::uint64_t> sockets_of_servers() {
  std::set<std::uint64_t> out;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string process = it->path().string();
    if (!number<long>(it->path().filename().string()) || !is_login_server(process)) continue;
    std::error_code gone;
    for (fs::directory_iterator fd(process + "/fd", gone), last; !gone && fd != last; fd.increment(gone)) {
      std::error_code unread;
      const std::string target = fs::read_symlink(fd->path(), unread).string();
      constexpr std::string_view prefix = "socket:[";
      if (unread || !target.starts_with(prefix)) continue;
      const std::string_view inode = std::string_view(target).substr(prefix.size(), target.size() - prefix.size() - 1);
      if (const auto value = number<std::uint64_t>(inode)) out.insert(*value);
    }
  }
  return out;
}

}  // namespace

std::vector<RemoteLogin> parse_ssh_connection(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() != 4) return {};
  const auto remote = parse_ssh_endpoint(words[0], words[1]);
  const auto local = parse_ssh_endpoint(words[2], words[3]);
  if (!remote || !local) return {};
  return {RemoteLogin{*local, *remote}};
}

std::vector<TcpConnection> parse_tcp_table(std::string_view text) {
  std::vector<TcpConnection> out;
  while (!text.empty()) {
    const auto feed = text.find('\n');
    const auto words = words_of(text.substr(0, feed));
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
    if (words.size() < 10 || words[3] != established) continue;
    const auto local = parse_proc_endpoint(words[1]);
    const auto remote = parse_proc_endpoint(words[2]);
    const auto inode = number<std::uint64_t>(words[9]);
    if (local && remote && inode) out.push_back({{*local, *remote}, *inode});
  }
  return out;
}

std::vector<RemoteLogin> remote_logins() {
  std::set<RemoteLogin> out;
  const auto add = [&](std::string_view text) {
    for (const RemoteLogin& login : parse_ssh_connection(text))
      out.insert(login);
  };
  if (const char* own = std::getenv("SSH_CONNECTION")) add(own);
  long process = ::getppid();
  for (int step = 0; step < max_ancestors && process > 0; ++step) {
    const std::string path = "/proc/" + std::to_string(process);
    add(ssh_connection_of(path));
    process = parent_of(path);
  }
  const std::set<std::uint64_t> sockets = sockets_of_servers();
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    for (const TcpConnection& connection : parse_tcp_table(text_of(table)))
      if (sockets.contains(connection.inode)) out.insert(connection.ends);
  }
  return {out.begin(), out.end()};
}

}  // namespace ipop::io
