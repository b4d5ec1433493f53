#include "io/netlink.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <map>
#include <memory>
#include <net/if.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

namespace ipop::io {

namespace {

using Socket = std::unique_ptr<mnl_socket, int (*)(mnl_socket*)>;
using Buffer = std::array<char, 32768>;  // as much as the kernel puts into one message of a dump

Result<Socket> open_socket() {
  Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), mnl_socket_close);
  if (!socket) return last_error("opening rtnetlink");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return last_error("opening rtnetlink");
  return socket;
}

/// Sends one request and hands every message of the answer to `callback`.
Result<void> talk(nlmsghdr* request, mnl_cb_t callback, void* context) {
  auto socket = open_socket();
  if (!socket) return std::move(socket).error();
  const auto sequence = static_cast<unsigned>(std::time(nullptr));
  request->nlmsg_seq = sequence;
  if (mnl_socket_sendto(socket->get(), request, request->nlmsg_len) < 0) return last_error("asking rtnetlink");
  const unsigned port = mnl_socket_get_portid(socket->get());
  Buffer buffer{};
  while (true) {
    const ssize_t got = mnl_socket_recvfrom(socket->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error("asking rtnetlink");
    const int more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(got), sequence, port, callback, context);
    if (more < 0) return last_error("asking rtnetlink");
    if (more == MNL_CB_STOP) return {};
  }
}

nlmsghdr* start_dump(Buffer& buffer, std::uint16_t type) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* general = static_cast<rtgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtgenmsg)));
  general->rtgen_family = AF_UNSPEC;
  return header;
}

/// Calls `visit` with each attribute behind the message's own header of `offset` octets. (libmnl's
/// macro for this is C only.)
template <class F>
void for_each_attribute(const nlmsghdr* header, std::size_t offset, F&& visit) {
  const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(header));
  const auto* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(header, offset));
  while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
    visit(attribute);
    attribute = mnl_attr_next(attribute);
  }
}

constexpr std::string_view node_mark = "interface of an ipop-node";

struct Link {
  std::string name;
  bool of_node = false;
};
using Links = std::map<unsigned, Link>;  // those that are up

int collect_link(const nlmsghdr* header, void* context) {
  const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
  if ((link->ifi_flags & IFF_UP) == 0) return MNL_CB_OK;
  Link& out = (*static_cast<Links*>(context))[static_cast<unsigned>(link->ifi_index)];
  for_each_attribute(header, sizeof(*link), [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_IFNAME) out.name = mnl_attr_get_str(attribute);
    if (mnl_attr_get_type(attribute) == IFLA_IFALIAS) out.of_node = mnl_attr_get_str(attribute) == node_mark;
  });
  return MNL_CB_OK;
}

struct Collected {
  Links links;
  std::vector<InterfaceAddress> addresses;
};

int collect_address(const nlmsghdr* header, void* context) {
  const auto* message = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
  auto& out = *static_cast<Collected*>(context);
  const auto link = out.links.find(message->ifa_index);
  if (link == out.links.end()) return MNL_CB_OK;
  unsigned flags = message->ifa_flags;
  const nlattr* local = nullptr;  // of this end; on point-to-point links IFA_ADDRESS is the other end
  const nlattr* address = nullptr;
  for_each_attribute(header, sizeof(*message), [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case IFA_LOCAL: local = attribute; break;
      case IFA_ADDRESS: address = attribute; break;
      case IFA_FLAGS: flags = mnl_attr_get_u32(attribute); break;
      default: break;
    }
  });
  if ((flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)) != 0) return MNL_CB_OK;
  if (local == nullptr) local = address;
  if (local == nullptr) return MNL_CB_OK;

  InterfaceAddress entry{link->second.name, message->ifa_index, {}, message->ifa_prefixlen, link->second.of_node};
  if (message->ifa_family == AF_INET && mnl_attr_get_payload_len(local) == sizeof(std::uint32_t)) {
    entry.address = net::Ipv4Address(ntohl(mnl_attr_get_u32(local)));
  } else if (message->ifa_family == AF_INET6 && mnl_attr_get_payload_len(local) == 16) {
    net::Ipv6Address v6;
    std::memcpy(v6.octets.data(), mnl_attr_get_payload(local), v6.octets.size());
    entry.address = v6;
  } else {
    return MNL_CB_OK;
  }
  out.addresses.push_back(std::move(entry));
  return MNL_CB_OK;
}

nlmsghdr* start_link_request(Buffer& buffer, unsigned index) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = RTM_GETLINK;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)));
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = static_cast<int>(index);
  return header;
}

/// The attributes within one.
template <typename Visit>
void for_each_nested(const nlattr* whole, Visit visit) {
  const auto visit_one = [](const nlattr* attribute, void* context) {
    (*static_cast<Visit*>(context))(attribute);
    return MNL_CB_OK;
  };
  mnl_attr_parse_nested(whole, visit_one, &visit);
}

void collect_link_info(const nlattr* info, InterfaceState& out) {
  const nlattr* data = nullptr;
  std::string_view kind;
  for_each_nested(info, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) kind = mnl_attr_get_str(attribute);
    if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA) data = attribute;
  });
  if (kind != "tun" || data == nullptr) return;
  for_each_nested(data, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case IFLA_TUN_TYPE: out.is_tap = mnl_attr_get_u8(attribute) == IFF_TAP; break;
      case IFLA_TUN_MULTI_QUEUE: out.is_multi_queue = mnl_attr_get_u8(attribute) != 0; break;
      case IFLA_TUN_OWNER: out.owner = mnl_attr_get_u32(attribute); break;
      case IFLA_TUN_GROUP: out.owner_group = mnl_attr_get_u32(attribute); break;
      default: break;
    }
  });
}

int collect_state(const nlmsghdr* header, void* context) {
  const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
  auto& out = *static_cast<InterfaceState*>(context);
  out.is_up = (link->ifi_flags & IFF_UP) != 0;
  for_each_attribute(header, sizeof(*link), [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_IFNAME) out.name = mnl_attr_get_str(attribute);
    if (mnl_attr_get_type(attribute) == IFLA_MTU) out.mtu = mnl_attr_get_u32(attribute);
    if (mnl_attr_get_type(attribute) == IFLA_CARRIER) out.has_carrier = mnl_attr_get_u8(attribute) != 0;
    if (mnl_attr_get_type(attribute) == IFLA_LINKINFO) collect_link_info(attribute, out);
  });
  return MNL_CB_OK;
}

Result<void> change_address(std::uint16_t type, std::uint16_t flags, unsigned interface_index,
                            const net::Ipv4Address& address, unsigned prefix_length) {
  Buffer buffer{};
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  auto* message = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
  message->ifa_family = AF_INET;
  message->ifa_prefixlen = static_cast<std::uint8_t>(prefix_length);
  message->ifa_scope = RT_SCOPE_UNIVERSE;
  message->ifa_index = interface_index;
  const std::uint32_t value = htonl(address.value());
  mnl_attr_put_u32(header, IFA_LOCAL, value);
  mnl_attr_put_u32(header, IFA_ADDRESS, value);
  if (type == RTM_NEWADDR && prefix_length < 31) {
    const net::Ipv4Prefix prefix(address, prefix_length);
    mnl_attr_put_u32(header, IFA_BROADCAST, htonl(prefix.broadcast().value()));
  }
  return talk(header, nullptr, nullptr);
}

}  // namespace

Result<std::vector<InterfaceAddress>> list_addresses() {
  Buffer buffer{};
  Collected out;
  if (auto done = talk(start_dump(buffer, RTM_GETLINK), collect_link, &out.links); !done)
    return std::move(done).error();
  buffer.fill(0);
  if (auto done = talk(start_dump(buffer, RTM_GETADDR), collect_address, &out); !done) return std::move(done).error();
  return std::move(out.addresses);
}

Result<void> add_address(unsigned interface_index, const net::Ipv4Address& address, unsigned prefix_length) {
  return change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, interface_index, address, prefix_length);
}

Result<void> remove_address(unsigned interface_index, const net::Ipv4Address& address, unsigned prefix_length) {
  auto done = change_address(RTM_DELADDR, 0, interface_index, address, prefix_length);
  if (!done && done.error().code == std::errc::address_not_available) return {};
  return done;
}

Result<std::optional<InterfaceState>> find_interface(unsigned index) {
  Buffer buffer{};
  nlmsghdr* header = start_link_request(buffer, index);
  InterfaceState out;
  auto done = talk(header, collect_state, &out);
  if (done) return std::optional(std::move(out));
  if (done.error().code == std::errc::no_such_device) return std::optional<InterfaceState>();
  return std::move(done).error();
}

Result<std::optional<InterfaceState>> find_interface(const std::string& name) {
  const unsigned index = ::if_nametoindex(name.c_str());
  return index == 0 ? std::optional<InterfaceState>() : find_interface(index);
}

Result<void> bring_up(unsigned index, unsigned mtu) {
  Buffer buffer{};
  nlmsghdr* header = start_link_request(buffer, index);
  header->nlmsg_type = RTM_NEWLINK;
  auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(header));
  link->ifi_flags = IFF_UP;
  link->ifi_change = IFF_UP;
  mnl_attr_put_u32(header, IFLA_MTU, mtu);
  return talk(header, nullptr, nullptr);
}

Result<void> mark_of_node(unsigned index, bool is_one) {
  Buffer buffer{};
  nlmsghdr* header = start_link_request(buffer, index);
  header->nlmsg_type = RTM_NEWLINK;
  mnl_attr_put_strz(header, IFLA_IFALIAS, is_one ? std::string(node_mark).c_str() : "");
  return talk(header, nullptr, nullptr);
}

AddressMonitor::AddressMonitor(UniqueFd socket, EventLoop& loop, std::function<void()> on_change)
    : socket_(std::move(socket)), watch_(loop, socket_.get(), [fd = socket_.get(), on_change = std::move(on_change)] {
        // What changed is not read: the list is asked for again as a whole, so that a message which
        // the kernel had to drop (ENOBUFS) is as good as any other.
        Buffer buffer{};
        while (true) {
          const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
          if (got < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
          if (got <= 0) break;
        }
        on_change();
      }) {}

Result<AddressMonitor> AddressMonitor::open(EventLoop& loop, std::function<void()> on_change) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return last_error("opening rtnetlink");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return last_error("opening rtnetlink");
  return AddressMonitor(std::move(fd), loop, std::move(on_change));
}

}  // namespace ipop::io
