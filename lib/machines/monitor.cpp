#include "machines/monitor.hpp"

namespace ipop::machines {

std::string monitor_line(std::string_view command) {
  return R"({"execute":")" + std::string(command) + R"("})";
}

std::optional<MonitorAnswer> parse_monitor_answer(std::string_view line) {
  // QEMU writes one object a line, and what these commands answer begins with its only key of interest.
  if (line.starts_with(R"({"return")")) return MonitorAnswer{true, {}};
  if (!line.starts_with(R"({"error")")) return std::nullopt;
  constexpr std::string_view key = R"("desc": ")";
  const auto at = line.find(key);
  if (at == std::string_view::npos) return MonitorAnswer{false, "QEMU refused"};
  std::string why;
  for (std::size_t i = at + key.size(); i < line.size() && line[i] != '"'; ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    why += line[i];
  }
  return MonitorAnswer{false, why};
}

}  // namespace ipop::machines
