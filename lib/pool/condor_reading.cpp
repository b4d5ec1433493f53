#include "pool/condor_reading.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

namespace ipop::pool {
namespace {

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view next_line(std::string_view& text) {
  const std::string_view out = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), out.size() + 1));
  return out;
}

/// `KEY = value`; nothing for other lines.
std::optional<std::pair<std::string_view, std::string_view>> parse_assignment(std::string_view line) {
  const auto mark = line.find('=');
  if (mark == std::string_view::npos || line.starts_with('#')) return std::nullopt;
  const std::string_view key = without_spaces(line.substr(0, mark));
  if (key.empty() || key.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  return std::pair{key, without_spaces(line.substr(mark + 1))};
}

/// `/etc/condor/config.d/60-own, line 4, use SECURITY:STRONG+0`
void take_place(std::string_view place, ReadKey& out) {
  constexpr std::string_view line_mark = ", line ";
  constexpr std::string_view use_mark = ", use ";
  if (const auto use = place.rfind(use_mark); use != std::string_view::npos) {
    const std::string_view name = place.substr(use + use_mark.size());
    out.metaknob = name.substr(0, name.find('+'));
    place = place.substr(0, use);
  }
  if (const auto line = place.rfind(line_mark); line != std::string_view::npos) {
    const std::string_view number = place.substr(line + line_mark.size());
    std::from_chars(number.data(), number.data() + number.size(), out.line);
    place = place.substr(0, line);
  }
  out.file = place;
}

std::set<std::string> words_of_list(std::string_view value) {
  std::set<std::string> out;
  constexpr std::string_view between = ", \t";
  while (true) {
    value.remove_prefix(std::min(value.find_first_not_of(between), value.size()));
    if (value.empty()) return out;
    const auto end = std::min(value.find_first_of(between), value.size());
    out.insert(in_lower_case(value.substr(0, end)));
    value.remove_prefix(end);
  }
}

/// Whether `read` says what was written. HTCondor prints its own spelling of a default (true for True).
bool is_kept(std::string_view key, std::string_view written, std::string_view read) {
  constexpr std::array<std::string_view, 4> growing{"daemon_list", "startd_attrs", "job_transform_names",
                                                    "immutable_job_attrs"};
  if (in_lower_case(written) == in_lower_case(read)) return true;
  if (std::ranges::find(growing, key) == growing.end()) return false;
  return std::ranges::includes(words_of_list(read), words_of_list(written));
}

/// What was written that `key` speaks of too, for one daemon or level of access: `STARTD.ALLOW_DAEMON` and
/// `ALLOW_DAEMON_STARTD` for ALLOW_DAEMON, `SEC_READ_ENCRYPTION` for SEC_DEFAULT_ENCRYPTION. All in lower case.
std::string general_key(std::string_view key, const std::map<std::string, OverriddenKey>& wanted) {
  if (const auto dot = key.rfind('.'); dot != std::string_view::npos) key.remove_prefix(dot + 1);
  std::string out(key);
  if (wanted.contains(out)) return out;
  if (key.starts_with("allow_")) return out.substr(0, out.rfind('_'));
  if (!key.starts_with("sec_")) return out;
  constexpr std::string_view what[] = {"authentication", "authentication_methods", "encryption", "integrity",
                                       "crypto_methods"};
  for (const std::string_view it : what)
    if (key.ends_with("_" + std::string(it))) return "sec_default_" + std::string(it);
  return out;
}

}  // namespace

CondorReading parse_condor_reading(std::string_view text) {
  constexpr std::string_view place_mark = " # at: ";
  CondorReading out;
  ReadKey* last = nullptr;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.starts_with(place_mark)) {
      if (last != nullptr) take_place(line.substr(place_mark.size()), *last);
      last = nullptr;
    } else if (const auto found = line.starts_with(' ') ? std::nullopt : parse_assignment(line)) {
      last = &out[in_lower_case(found->first)];
      *last = {std::string(found->first), std::string(found->second)};
    }
  }
  return out;
}

std::string value_in_config(std::string_view text, std::string_view key) {
  std::string out;
  while (!text.empty()) {
    const auto found = parse_assignment(next_line(text));
    if (found && in_lower_case(found->first) == in_lower_case(key)) out = found->second;
  }
  return out;
}

std::vector<OverriddenKey> find_overridden(const WrittenConfig& config, const CondorReading& alone,
                                           const CondorReading& all) {
  std::map<std::string, OverriddenKey> wanted;
  for (std::string_view left = config.templates; !left.empty();) {
    const auto found = parse_assignment(without_spaces(next_line(left)));
    const auto read = found ? alone.find(in_lower_case(found->first)) : alone.end();
    if (read != alone.end()) wanted[read->first] = {read->second.key, read->second.value, {}, true};
  }
  for (const auto& [key, read] : alone) {
    if (!read.file.ends_with(config.name)) continue;
    // What a role or the recommended security consists of is not a matter of taste.
    const bool may_be = read.metaknob.starts_with("POLICY:") || read.metaknob.starts_with("FEATURE:");
    wanted[key] = {read.key, read.value, {}, may_be};
  }
  // A value that is the default also has that for its place.
  for (std::string_view left = config.text; !left.empty();) {
    const auto found = parse_assignment(next_line(left));
    if (!found) continue;
    const std::string key = in_lower_case(found->first);
    const auto read = alone.find(key);
    wanted[key] = {std::string(found->first), read == alone.end() ? std::string(found->second) : read->second.value};
  }
  std::vector<OverriddenKey> out;
  for (const auto& [key, read] : all) {
    const auto same = alone.find(key);
    if (same != alone.end() && !wanted.contains(key) && same->second.value == read.value) continue;
    const auto it = wanted.find(wanted.contains(key) ? key : general_key(key, wanted));
    if (it == wanted.end() || is_kept(it->first, it->second.value, read.value)) continue;
    out.push_back(it->second);
    out.back().read = read;
  }
  for (const auto& [key, value] : wanted) {
    // HTCondor leaves out of its list what a file has made empty again.
    if (all.contains(key) || value.value.empty()) continue;
    out.push_back(value);
    out.back().read.key = value.written;
  }
  return out;
}

}  // namespace ipop::pool
