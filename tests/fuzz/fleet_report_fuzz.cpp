#include <cstdint>
#include <cstdlib>

#include "fleet/host.hpp"
#include "fleet/report.hpp"

using namespace ipop;
using namespace ipop::fleet;
// Whatever a host answers, and whatever a file of hosts holds: it is within its bounds, or refused in one line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto report = parse_report(text)) {
    if (report->nodes.size() > most_nodes || report->packages.size() > 16 || report->system.size() > 100) std::abort();
    for (const NodeReport& node : report->nodes)
      if (node.group.empty() || node.group.size() > 32 || report->find_node(node.group) != &node) std::abort();
  }
  std::vector<Host> hosts;
  if (const auto added = add_host_list(hosts, text, "fleet"); !added) {
    const std::string& message = added.error().context;
    if (!message.starts_with("fleet:") || message.find('\n') != std::string::npos) std::abort();
  }
  for (const Host& host : hosts)
    if (host.text().starts_with('-') || host.name().empty() || host.name().starts_with('-')) std::abort();
  return 0;
}
