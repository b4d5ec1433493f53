#include "authority/swanctl.hpp"

namespace ipop::authority {

SwanctlPaths swanctl_paths(std::string_view group) {
  const std::string name = "ga-" + std::string(group);
  return {"conf.d/" + name + ".conf", "x509/" + name + ".pem", "private/" + name + ".pem", "x509ca/" + name + ".pem",
          "x509crl/" + name + ".pem"};
}

std::string to_swanctl(std::string_view group, const net::Ipv4Prefix& prefix) {
  const std::string name = "ga-" + std::string(group);
  const std::string services = to_string(prefix.server_address());
  const std::string broadcast = to_string(prefix.broadcast());
  std::string out;
  out += "# Written by ga-cert export --swanctl: ESP between the members of the group " + std::string(group) + ".\n";
  out += "connections {\n  " + name + " {\n";
  out += "    version = 2\n";
  // Any member, found when the first packet is for it: so the peer is no address and no name.
  out += "    remote_addrs = %any\n";
  out += "    proposals = aes128gcm16-prfsha256-ecp256\n";
  out += "    rekey_time = 4h\n    dpd_delay = 30s\n    mobike = no\n";
  out += "    local {\n      auth = pubkey\n      certs = " + name + ".pem\n    }\n";
  out += "    remote {\n      auth = pubkey\n      cacerts = " + name + ".pem\n    }\n";
  out += "    children {\n      " + name + " {\n";
  out += "        mode = transport\n        esp_proposals = aes128gcm16-ecp256\n";
  out += "        remote_ts = " + to_string(prefix) + "\n";
  out += "        rekey_time = 1h\n        start_action = trap\n      }\n    }\n  }\n";
  // Not by ESP: nobody has these addresses.
  out += "  " + name + "-local {\n    version = 2\n    remote_addrs = 127.0.0.1\n    children {\n      " + name +
         "-local {\n        mode = pass\n        local_ts = 0.0.0.0/0\n        remote_ts = " + services + "/32, " +
         broadcast + "/32\n        start_action = trap\n      }\n    }\n  }\n";
  out += "}\n";
  return out;
}

}  // namespace ipop::authority
