#include "io/nftables_monitor.hpp"

#include <array>
#include <cerrno>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <utility>

namespace ipop::io {

NftablesMonitor::NftablesMonitor(UniqueFd socket, EventLoop& loop, std::function<void()> on_change)
    : socket_(std::move(socket)), watch_(loop, socket_.get(), [fd = socket_.get(), on_change = std::move(on_change)] {
        // What changed is not read: who hears of it looks at the rules as a whole, so that a message which the kernel
        // had to drop (ENOBUFS) is as good as any other.
        std::array<char, 8192> buffer{};
        while (true) {
          const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
          if (got < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
          if (got <= 0) break;
        }
        on_change();
      }) {}

Result<NftablesMonitor> NftablesMonitor::open(EventLoop& loop, std::function<void()> on_change) {
  const char* const doing_this = "watching the packet filter";
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd) return last_error(doing_this);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return last_error(doing_this);
  const int group = NFNLGRP_NFTABLES;
  if (::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0)
    return last_error(doing_this);
  return NftablesMonitor(std::move(fd), loop, std::move(on_change));
}

}  // namespace ipop::io
