#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ipop {

enum class LogLevel { error, warning, info, debug };

std::string_view to_string(LogLevel level);

/// One event: words for a person, then key=value pairs.
///
/// A machine gives it out as an output and its owner writes it. What comes from the network or a
/// guest is never logged above debug.
struct LogLine {
  LogLevel level = LogLevel::info;
  std::string text;
  std::vector<std::pair<std::string, std::string>> fields{};
};

/// `text key=value key="two words"`, with control octets, quotes and octets above 126 escaped as
/// \xNN: one event is one line, whatever a field holds.
std::string format_line(const LogLine& line);

/// Foreign text made safe to print on a terminal, in the same way.
std::string escape_text(std::string_view text);

}  // namespace ipop
