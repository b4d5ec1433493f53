#include "apt.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "io/file.hpp"
#include "io/run_process.hpp"
#include "updates/repositories.hpp"

namespace ipop::ga_update {
namespace {

using namespace std::chrono_literals;

constexpr Duration limit_of_a_look = 5min;
constexpr Duration limit_of_lists = 10min;
constexpr Duration limit_of_download = 2h;
constexpr Duration limit_of_upgrade = 1h;
// What apt says while it upgrades a whole release.
constexpr std::size_t most_output = std::size_t{16} << 20U;
constexpr std::size_t largest_file = std::size_t{1} << 20U;

std::string without_blanks(std::string line) {
  line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r'))
    line.pop_back();
  return line;
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(without_blanks(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

/// Why `program` failed: what dpkg says, in two lines that name a package, or its archive, and the reason; else what
/// apt says.
std::string complaint_in(const std::string& output, const std::string& program) {
  const std::vector<std::string> lines = lines_in(output);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    constexpr std::string_view error = "dpkg: error processing ";
    if (!lines[i].starts_with(error)) continue;
    std::string what = lines[i].substr(error.size());
    what = what.substr(0, what.find(" (--"));
    return what.substr(what.find_last_of(" /") + 1) + ": " + lines[i + 1];
  }
  const auto is_error = [](const std::string& line) { return line.starts_with("E: "); };
  if (const auto line = std::ranges::find_if(lines, is_error); line != lines.end()) return line->substr(3);
  const auto line = std::find_if(lines.rbegin(), lines.rend(), [](const std::string& one) { return !one.empty(); });
  return program + " failed" + (line == lines.rend() ? std::string() : ": " + *line);
}

/// What the command prints, when it succeeds.
Result<std::string> say(const std::vector<std::string>& words, Duration limit) {
  std::vector<std::string> command = {"env",
                                      "LC_ALL=C",
                                      "DEBIAN_FRONTEND=noninteractive",
                                      "APT_LISTCHANGES_FRONTEND=none",
                                      "NEEDRESTART_SUSPEND=1",
                                      "UCF_FORCE_CONFFOLD=1"};
  command.insert(command.end(), words.begin(), words.end());
  auto result = io::run_process(command, limit, most_output);
  if (!result) return Error(std::move(result).error()).in(words.front());
  if (result->status != 0) return {Errc::conflict, complaint_in(result->output, words.front())};
  return std::move(result->output);
}

std::vector<std::string> apt_get(const std::string& archives, const std::vector<std::string>& words) {
  std::vector<std::string> out = {"apt-get", "--quiet"};
  for (const std::string& option :
       {std::string("APT::Get::AllowUnauthenticated=false"), std::string("Acquire::AllowInsecureRepositories=false"),
        std::string("Acquire::AllowWeakRepositories=false"),
        std::string("Acquire::AllowDowngradeToInsecureRepositories=false"),
        std::string("APT::Get::allow-downgrades=false"), std::string("APT::Get::allow-remove-essential=false"),
        std::string("APT::Update::Error-Mode=any"), std::string("DPkg::Lock::Timeout=60"),
        std::string("Dpkg::Use-Pty=false"), std::string("Dpkg::Options::=--force-confdef"),
        std::string("Dpkg::Options::=--force-confold"), "Dir::Cache::archives=" + archives}) {
    out.emplace_back("-o");
    out.push_back(option);
  }
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

/// The one upgrade that is looked at, downloaded and done. It removes nothing, and takes no more than it must.
std::vector<std::string> upgrade_with(std::vector<std::string> words) {
  words.insert(words.begin(), {"upgrade", "--with-new-pkgs", "--no-install-recommends"});
  return words;
}

/// `VARIABLE='VALUE'` in a line of what apt-config prints.
std::string value_in(const std::string& output, const std::string& variable) {
  for (const std::string& line : lines_in(output))
    if (line.starts_with(variable + "='") && line.ends_with('\''))
      return line.substr(variable.size() + 2, line.size() - variable.size() - 3);
  return {};
}

Result<void> check_file(const std::string& file) {
  const auto text = io::read_file(file, largest_file);
  return text ? updates::check_sources(*text, file) : Result<void>(text.error());
}

Result<std::string> release_of_machine() {
  const auto text = io::read_file("/etc/os-release", largest_file);
  if (!text) return text.error();
  for (const std::string& line : lines_in(*text)) {
    constexpr std::string_view key = "VERSION_CODENAME=";
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {Errc::not_found, "/etc/os-release names no release"};
}

}  // namespace

Result<void> Apt::refresh() const {
  const auto said = say(apt_get(archives_, {"update"}), limit_of_lists);
  return said ? Result<void>() : said.error();
}

Result<updates::PackagePlan> Apt::plan() const {
  const auto said = say(apt_get(archives_, upgrade_with({"--simulate"})), limit_of_a_look);
  return said ? updates::parse_simulation(*said) : said.error();
}

Result<std::uint64_t> Apt::octets(const updates::PackagePlan& plan) {
  std::vector<std::string> words = {"apt-cache", "show", "--no-all-versions"};
  for (const updates::PackageStep& step : plan)
    words.push_back(step.name + '=' + step.to);
  const auto said = say(words, limit_of_a_look);
  return said ? updates::octets_of_packages(*said) : Result<std::uint64_t>(said.error());
}

Result<void> Apt::download() const {
  const auto said = say(apt_get(archives_, upgrade_with({"--yes", "--download-only"})), limit_of_download);
  return said ? Result<void>() : said.error();
}

Result<void> Apt::upgrade() const {
  const auto said = say(apt_get(archives_, upgrade_with({"--yes", "--no-download"})), limit_of_upgrade);
  return said ? Result<void>() : said.error();
}

Result<void> check_sources_of_machine() {
  const auto said = say({"apt-config", "shell", "file", "Dir::Etc::sourcelist/f", "folder", "Dir::Etc::sourceparts/d"},
                        limit_of_a_look);
  if (!said) return said.error();
  if (const std::string file = value_in(*said, "file"); io::exists(file)) {
    if (auto good = check_file(file); !good) return good;
  }
  const std::filesystem::path folder = value_in(*said, "folder");
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.ends_with(".list") && !name.ends_with(".sources")) continue;
    if (auto good = check_file((folder / name).string()); !good) return good;
  }
  if (error && error != std::errc::no_such_file_or_directory) return make_error(error, folder.string());
  return {};
}

Result<void> check_releases_of_machine() {
  const auto release = release_of_machine();
  if (!release) return release.error();
  const auto said =
      say({"apt-get", "indextargets", "--format", std::string(updates::indextargets_format), "Created-By: Packages"},
          limit_of_a_look);
  if (!said) return said.error();
  const auto repositories = updates::parse_indextargets(*said);
  return repositories ? updates::check_releases(*repositories, *release) : Result<void>(repositories.error());
}

}  // namespace ipop::ga_update
