#include <algorithm>

#include "io/run_process.hpp"
#include "look.hpp"

namespace ipop::ga {

std::optional<SiblingAnswer> ask_sibling(std::vector<std::string> command, Duration limit) {
  command.front() = io::program_beside(command.front());
  const auto result = io::run_process(command, limit);
  if (!result) return std::nullopt;
  return SiblingAnswer{result->status, result->output};
}

Complaint complaint_of(const std::string& output, std::string_view program) {
  constexpr std::string_view mark = "  next: ";
  const std::string prefix = std::string(program) + ": ";
  Complaint out;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    if (out.problem.empty() && line.starts_with(prefix)) out.problem = line.substr(prefix.size());
    if (out.next.empty() && line.starts_with(mark)) out.next = line.substr(mark.size());
    at = end + 1;
  }
  if (out.problem.empty()) out.problem = output.substr(0, output.find('\n'));
  return out;
}

std::string value_of_key(const std::string& plain, std::string_view key) {
  std::size_t at = 0;
  while (at < plain.size()) {
    const std::size_t end = std::min(plain.find('\n', at), plain.size());
    const std::string_view line = std::string_view(plain).substr(at, end - at);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '\t')
      return std::string(line.substr(key.size() + 1));
    at = end + 1;
  }
  return {};
}

}  // namespace ipop::ga
