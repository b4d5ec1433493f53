#include "pool/condor_config.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

using namespace ipop;
using namespace ipop::firewall;
using namespace ipop::pool;

namespace {

CondorMachine example() {
  CondorMachine out;
  out.settings.is_manager = out.settings.is_worker = out.settings.is_submit = true;
  out.domain = "lab-abc";
  out.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
  out.address = net::Ipv4Address(10, 128, 0, 7);
  out.name = "w";
  out.dns_domain = "ipop";
  out.manager = net::Ipv4Address(10, 128, 0, 1);
  out.user = "alice";
  out.certificates = PoolCredentials{"/a", "/b", "/c", "/d"};
  out.partners = {{"sea-abc", net::Ipv4Address(10, 64, 0, 1), net::Ipv4Prefix(net::Ipv4Address(10, 64, 0, 0), 10)}};
  return out;
}

/// What HTCondor takes a text for: the line's key, or the line itself where it is no setting.
std::vector<std::string> shape(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find_first_of("|`;{}\\\r") != std::string_view::npos) std::abort();
    out.emplace_back(line.substr(0, line.find(" = ")));
  }
  return out;
}

}  // namespace

// S15: foreign texts are refused, or the configuration has exactly the keys that it always has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  static const std::vector<std::string> plain = shape(*to_condor_config(example()));
  CondorMachine machine = example();
  switch (data[0] % 8) {
    case 0: machine.name = text; break;
    case 1: machine.user = text; break;
    case 2: machine.domain = text; break;
    case 3: machine.dns_domain = text; break;
    case 4: machine.certificates->key = text; break;
    case 5: machine.settings.pool = text; break;
    case 6: machine.partners.front().domain = text; break;
    default: {
      const auto domain = pool_domain(text);
      if (!domain) return 0;
      machine.domain = *domain;
    }
  }
  // Without a user a few keys fewer are right.
  if (machine.user.empty()) return 0;
  const auto made = to_condor_config(machine);
  if (made && shape(*made) != plain) std::abort();
  if (made && (text.find_first_of("$|@\n") != std::string::npos)) std::abort();
  return 0;
}
