#include "updates/repositories.hpp"

#include <algorithm>
#include <array>

namespace ipop::updates {
namespace {

// Each makes something of an unsigned or weakly signed repository count as trusted; sources.list(5).
constexpr std::array<std::string_view, 4> options_without_signature = {"trusted", "allow-insecure", "allow-weak",
                                                                       "allow-downgrade-to-insecure"};
// apt takes whatever else it does not know as a no.
constexpr std::array<std::string_view, 6> words_for_no = {"no", "false", "without", "off", "disable", "0"};

std::string folded(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return out;
}

std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::size_t end = std::min(text.find_first_of(ends), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  const std::size_t end = text.find_last_not_of(" \t\r");
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

bool allows_unsigned(std::string_view option, std::string_view value) {
  return std::ranges::find(options_without_signature, folded(option)) != options_without_signature.end() &&
         std::ranges::find(words_for_no, folded(value)) == words_for_no.end();
}

/// `deb [option=value option=value] URI ...`
bool line_allows_unsigned(std::string_view line) {
  const std::size_t open = line.find('[');
  if (open == std::string_view::npos || without_blanks(line).starts_with('#')) return false;
  std::string_view options = line.substr(open + 1);
  options = options.substr(0, options.find(']'));
  while (!options.empty()) {
    std::string_view option = take_until(options, " \t");
    const std::string_view name = take_until(option, "=");
    if (allows_unsigned(name, option)) return true;
  }
  return false;
}

/// `Option: value`
bool field_allows_unsigned(std::string_view line) {
  if (line.starts_with('#')) return false;
  const std::string_view name = take_until(line, ":");
  return allows_unsigned(without_blanks(name), without_blanks(line));
}

}  // namespace

Result<std::vector<Repository>> parse_indextargets(std::string_view output) {
  std::vector<Repository> out;
  while (!output.empty()) {
    std::string_view line = take_until(output, "\n");
    if (std::ranges::count(line, '\t') != 2) return {Errc::malformed, "apt says of its lists what is not understood"};
    Repository one;
    one.entry = take_until(line, "\t");
    one.codename = take_until(line, "\t");
    one.site = line;
    // apt leaves what a repository does not say as it was asked.
    if (one.codename.starts_with('$')) one.codename.clear();
    out.push_back(std::move(one));
  }
  return out;
}

Result<void> check_releases(const std::vector<Repository>& repositories, std::string_view release) {
  if (repositories.empty()) return {Errc::not_found, "apt has no repository whose lists were read"};
  for (const Repository& one : repositories) {
    const std::string_view name = one.codename;
    if (name == release || (name.starts_with(release) && name.substr(release.size()).starts_with('-'))) continue;
    return {Errc::not_authorized, one.entry + ": " + one.site + " is for " +
                                      (name.empty() ? std::string("no release that it names") : one.codename) +
                                      ", and this machine is of " + std::string(release)};
  }
  return {};
}

Result<void> check_sources(std::string_view text, std::string_view file) {
  const bool has_fields = file.ends_with(".sources");
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_until(text, "\n");
    if (has_fields ? field_allows_unsigned(line) : line_allows_unsigned(line)) {
      return {Errc::not_authorized, std::string(file) + ", line " + std::to_string(number) +
                                        ": an option there takes packages that nobody has signed"};
    }
  }
  return {};
}

}  // namespace ipop::updates
