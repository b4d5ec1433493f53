#pragma once

// What DHCP clients ask.

#include "router_fixture.hpp"

namespace ipop::test {

inline net::DhcpMessage discover(std::uint32_t xid = 1) {
  return dhcp_message(net::DhcpMessageType::discover, xid);
}

inline net::DhcpMessage selecting(net::Ipv4Address address, net::Ipv4Address chosen = server) {
  auto message = dhcp_message(net::DhcpMessageType::request, 2);
  message.options.set_address(net::DhcpCode::server_identifier, chosen);
  message.options.set_address(net::DhcpCode::requested_ip_address, address);
  return message;
}

inline net::DhcpMessage init_reboot(net::Ipv4Address address) {
  auto message = dhcp_message(net::DhcpMessageType::request, 3);
  message.options.set_address(net::DhcpCode::requested_ip_address, address);
  return message;
}

inline net::DhcpMessage renewing(net::Ipv4Address address) {
  auto message = dhcp_message(net::DhcpMessageType::request, 4);
  message.ciaddr = address;
  return message;
}

inline net::DhcpMessage decline(net::Ipv4Address address) {
  auto message = dhcp_message(net::DhcpMessageType::decline, 5);
  message.options.set_address(net::DhcpCode::requested_ip_address, address);
  message.options.set_address(net::DhcpCode::server_identifier, server);
  return message;
}

inline net::DhcpMessage release(net::Ipv4Address address) {
  auto message = dhcp_message(net::DhcpMessageType::release, 6);
  message.ciaddr = address;
  message.options.set_address(net::DhcpCode::server_identifier, server);
  return message;
}

}  // namespace ipop::test
