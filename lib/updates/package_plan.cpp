#include "updates/package_plan.hpp"

#include <algorithm>
#include <array>

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "layers/word_reader.hpp"
#include "updates/debian_version.hpp"

namespace ipop::updates {
namespace {

constexpr std::string_view plan_line = "grid-appliance packages 1";
constexpr std::string_view none = "-";
constexpr std::size_t digits_of_name = 16;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view take_part(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// `NAME [FROM] (TO SOURCE...` behind the first word of a line of apt's.
Result<PackageStep> parse_step(std::string_view line) {
  PackageStep out;
  out.name = take_part(line);
  if (line.starts_with('[')) {
    const std::string_view from = take_part(line);
    if (!from.ends_with(']')) return {Errc::malformed, "apt says of " + out.name + " what is not understood"};
    out.from = from.substr(1, from.size() - 2);
  }
  if (out.name.empty() || !line.starts_with('(')) return {Errc::malformed, "apt says what is not understood"};
  out.to = take_part(line).substr(1);
  if (out.to.empty() || out.to == none || out.from == none)
    return {Errc::malformed, "apt says of " + out.name + " what is not understood"};
  return out;
}

}  // namespace

Result<PackagePlan> parse_simulation(std::string_view output) {
  PackagePlan out;
  while (!output.empty()) {
    std::string_view line = take_line(output);
    const std::string_view verb = take_part(line);
    if (verb == "Remv" || verb == "Purg")
      return {Errc::conflict, std::string(take_part(line)) + " would have to be removed, which an upgrade never does"};
    if (verb != "Inst") continue;
    auto step = parse_step(line);
    if (!step) return std::move(step).error();
    out.push_back(*std::move(step));
  }
  std::ranges::sort(out, {}, &PackageStep::name);
  return out;
}

Result<void> check_no_downgrade(const PackagePlan& plan) {
  for (const PackageStep& step : plan) {
    if (!step.from.empty() && compare_debian_versions(step.to, step.from) < 0)
      return {Errc::expired, step.name + " " + step.to + " is older than " + step.from + ", which is in use"};
  }
  return {};
}

std::string to_string(const PackagePlan& plan) {
  std::string out(plan_line);
  out += '\n';
  for (const PackageStep& step : plan) {
    out += step.name + ' ';
    out += step.from.empty() ? none : std::string_view(step.from);
    out += ' ' + step.to + '\n';
  }
  return out;
}

Result<PackagePlan> parse_plan(std::string_view text, std::string_view file) {
  layers::LineReader lines(text, file);
  if (lines.next() != plan_line) return lines.refuse("must be \"" + std::string(plan_line) + "\"", Errc::unsupported);
  PackagePlan out;
  for (std::string_view line = lines.next(); !lines.ended(); line = lines.next()) {
    std::array<std::string_view, 3> words;
    if (!layers::split_words(line, words) || words[2] == none)
      return lines.refuse("must be a package, its version and a newer one");
    out.push_back({std::string(words[0]), std::string(words[1] == none ? "" : words[1]), std::string(words[2])});
  }
  return out;
}

std::string name_of_plan(const PackagePlan& plan) {
  std::string versions;
  for (const PackageStep& step : plan)
    versions += step.name + ' ' + step.to + '\n';
  return to_hex(crypto::sha256(as_bytes(versions))).substr(0, digits_of_name);
}

std::uint64_t octets_of_packages(std::string_view records) {
  constexpr std::string_view archive = "Size: ";
  constexpr std::string_view unpacked = "Installed-Size: ";  // KiB
  constexpr std::uint64_t most = std::uint64_t{1} << 40U;
  std::uint64_t out = 0;
  while (!records.empty()) {
    const std::string_view line = take_line(records);
    std::uint64_t number = 0;
    if (line.starts_with(archive) && layers::parse_number(line.substr(archive.size()), number))
      out += std::min(number, most);
    if (line.starts_with(unpacked) && layers::parse_number(line.substr(unpacked.size()), number))
      out += std::min(number, most) * 1024;
  }
  return out;
}

}  // namespace ipop::updates
