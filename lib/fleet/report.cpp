#include "fleet/report.hpp"

#include <algorithm>
#include <charconv>

#include "base/base64.hpp"
#include "base/group_files.hpp"
#include "control/rpc.hpp"

namespace ipop::fleet {
namespace {

constexpr std::string_view mark = "@ga ";
constexpr std::size_t longest_word = 100;
constexpr std::size_t longest_reason = 300;
constexpr std::size_t most_packages = 16;
constexpr std::size_t most_changes = 32;

/// The first word of `text`, which goes on behind it.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

void read_number(std::string_view text, std::uint64_t& out) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) out = value;
}

/// What `ipop-ctl status --json` wrote, in one line.
std::optional<node::StatusAnswer> read_status(std::string_view json) {
  const auto message = control::decode_message("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + std::string(json) + "}");
  if (!message) return std::nullopt;
  const auto* answer = std::get_if<control::AnswerMessage>(&*message);
  if (answer == nullptr || !answer->answer) return std::nullopt;
  const auto* status = std::get_if<node::StatusAnswer>(&*answer->answer);
  return status != nullptr ? std::optional(*status) : std::nullopt;
}

NodeReport* node_of(Report& report, std::string_view group) {
  const auto found = std::ranges::find(report.nodes, group, &NodeReport::group);
  if (found != report.nodes.end()) return &*found;
  if (!is_group_name(group) || report.nodes.size() == most_nodes) return nullptr;
  report.nodes.push_back({std::string(group)});
  return &report.nodes.back();
}

void read_node_line(std::string_view key, std::string_view value, Report& out) {
  NodeReport* node = node_of(out, take_word(value));
  if (node == nullptr) return;
  if (key == "replaced") {
    node->is_replaced = true;
  } else if (key == "silent") {
    node->silent = value.substr(0, longest_reason);
  } else {
    node->status = read_status(value);
    if (!node->status) node->silent = "its answer is not understood";
  }
}

std::optional<std::string> read_text(std::string_view base64) {
  const auto octets = parse_base64(base64);
  if (!octets) return std::nullopt;
  return std::string(as_text(*octets));
}

/// What is asked for an installation, and what became of it. False: it is another line.
bool read_change_line(std::string_view key, std::string_view value, Report& out) {
  if (key == "config") {
    out.files.config = read_text(value);
  } else if (key == "settings") {
    out.files.settings = read_text(value);
  } else if (key == "certificate") {
    out.files.has_certificate = value == "yes";
  } else if (key == "enabled") {
    out.files.is_enabled = value == "yes";
  } else if (key == "source") {
    out.source = read_text(value).value_or("");
  } else if (key == "key") {
    out.key = value.substr(0, longest_word);
  } else if (key == "did") {
    if (out.did.size() < most_changes) out.did.emplace_back(value.substr(0, longest_reason));
  } else if (key == "failed") {
    out.failed = value.substr(0, longest_reason);
  } else {
    return false;
  }
  return true;
}

void read_line(std::string_view key, std::string_view value, Report& out) {
  std::uint64_t seconds = 0;
  if (read_change_line(key, value, out)) return;
  if (key == "root") {
    out.is_root = value == "yes";
  } else if (key == "system") {
    out.system = value.substr(0, longest_word);
  } else if (key == "codename") {
    out.codename = value.substr(0, longest_word);
  } else if (key == "architecture") {
    out.architecture = value.substr(0, longest_word);
  } else if (key == "package") {
    const std::string_view name = take_word(value).substr(0, longest_word);
    if (out.packages.size() < most_packages) out.packages.emplace(name, value.substr(0, longest_word));
  } else if (key == "load") {
    out.load = take_word(value).substr(0, longest_word);
  } else if (key == "processors") {
    read_number(value, out.processors);
  } else if (key == "memory") {
    read_number(take_word(value), out.memory);
    read_number(value, out.available_memory);
  } else if (key == "uptime") {
    read_number(value, seconds);
    // More than a century is nobody's.
    constexpr std::uint64_t most = 4'000'000'000;
    out.uptime = std::chrono::seconds(std::min(seconds, most));
  } else if (key == "node" || key == "silent" || key == "replaced") {
    read_node_line(key, value, out);
  }
}

}  // namespace

std::uint64_t NodeReport::counter(const std::string& name) const {
  if (!status) return 0;
  const auto found = status->counters.find(name);
  return found != status->counters.end() ? found->second : 0;
}

const NodeReport* Report::find_node(std::string_view group) const {
  const auto found = std::ranges::find(nodes, group, &NodeReport::group);
  return found != nodes.end() ? &*found : nullptr;
}

Result<Report> parse_report(std::string_view text) {
  Report out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(mark)) continue;
    line.remove_prefix(mark.size());
    const std::string_view key = take_word(line);
    if (key == "end") return out;
    read_line(key, line, out);
  }
  return {Errc::malformed, "its answer is none, or is cut off"};
}

}  // namespace ipop::fleet
