// Input: a log of ga-pingtest. What is read is written and read back as the same value; the report and its picture
// take all of it.

#include "pings/ping_log.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pings/ping_matrix.hpp"
#include "pings/ping_report.hpp"

using namespace ipop;
using namespace ipop::pings;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view log(reinterpret_cast<const char*>(octets), size);
  std::string_view rest = log;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (const auto result = parse_ping_line(line)) {
      const std::string written = to_line(*result);
      const auto again = parse_ping_line(std::string_view(written).substr(0, written.size() - 1));
      if (!again || *again != *result) std::abort();
    }
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  PingReport report;
  report.add(log);
  const PingSummary summary = report.take_summary();
  if (to_svg(summary).find("<script") != std::string::npos) std::abort();
  return 0;
}
