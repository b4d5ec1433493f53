#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ipop::machines {

/// A line for QEMU's monitor (QMP, the QEMU Machine Protocol); the first must be `qmp_capabilities`.
std::string monitor_line(std::string_view command);

/// What a line of the monitor says: whether a command was done, or why not. None: a greeting or an event.
struct MonitorAnswer {
  bool done = false;
  std::string why{};  ///< empty when done
  friend bool operator==(const MonitorAnswer&, const MonitorAnswer&) = default;
};
std::optional<MonitorAnswer> parse_monitor_answer(std::string_view line);

}  // namespace ipop::machines
