#include "fleet/package_file.hpp"

#include <algorithm>
#include <charconv>

#include "settings/wording.hpp"

namespace ipop::fleet {
namespace {

constexpr std::string_view suffix = ".deb";
constexpr std::string_view release_mark = "+deb";
constexpr std::size_t longest_name = 200;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool consists_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_digit(c) || is_letter(c) || others.find(c) != std::string_view::npos;
  });
}

/// deb-version(7): the end of a part is before all but ~, letters are before what is none.
int rank(std::string_view text, std::size_t at) {
  if (at >= text.size() || is_digit(text[at])) return 0;
  if (text[at] == '~') return -1;
  return is_letter(text[at]) ? text[at] : text[at] + 256;
}

std::string_view take_digits(std::string_view& text) {
  while (text.size() > 1 && text[0] == '0' && is_digit(text[1]))
    text.remove_prefix(1);
  const auto end = std::ranges::find_if_not(text, is_digit) - text.begin();
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end));
  text.remove_prefix(digits.size());
  return digits == "0" ? std::string_view() : digits;
}

std::strong_ordering compare_parts(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    std::size_t at = 0;
    while ((at < a.size() && !is_digit(a[at])) || (at < b.size() && !is_digit(b[at]))) {
      if (const auto order = rank(a, at) <=> rank(b, at); order != 0) return order;
      ++at;
    }
    a.remove_prefix(std::min(at, a.size()));
    b.remove_prefix(std::min(at, b.size()));
    const std::string_view left = take_digits(a);
    const std::string_view right = take_digits(b);
    if (const auto order = left.size() <=> right.size(); order != 0) return order;
    if (const auto order = left <=> right; order != 0) return order;
  }
  return std::strong_ordering::equal;
}

struct VersionParts {
  std::string_view epoch;
  std::string_view upstream;
  std::string_view revision;
};

VersionParts parts_of(std::string_view version) {
  VersionParts out{"0", version, {}};
  if (const auto colon = version.find(':'); colon != std::string_view::npos) {
    out.epoch = version.substr(0, colon);
    out.upstream = version.substr(colon + 1);
  }
  if (const auto dash = out.upstream.rfind('-'); dash != std::string_view::npos) {
    out.revision = out.upstream.substr(dash + 1);
    out.upstream = out.upstream.substr(0, dash);
  }
  return out;
}

}  // namespace

Result<PackageFile> parse_package_file(std::string_view path) {
  PackageFile out{std::string(path)};
  const std::string name = out.file();
  const auto first = name.find('_');
  const auto second = first == std::string::npos ? first : name.find('_', first + 1);
  if (name.ends_with(suffix) && second != std::string::npos && name.size() <= longest_name) {
    out.name = name.substr(0, first);
    out.version = name.substr(first + 1, second - first - 1);
    out.architecture = name.substr(second + 1, name.size() - second - 1 - suffix.size());
  }
  if (!consists_of(out.name, "+-.") || !consists_of(out.version, "+-.~") || !consists_of(out.architecture, "-"))
    return settings::malformed(settings::in_quotes(name.substr(0, longest_name)) +
                               " is not called as a package is: NAME_VERSION_ARCHITECTURE.deb");
  return out;
}

std::string release_of(const PackageFile& package) {
  const auto at = package.version.rfind(release_mark);
  if (at == std::string::npos) return {};
  const std::string rest = package.version.substr(at + release_mark.size());
  return rest.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin()));
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  const VersionParts left = parts_of(a);
  const VersionParts right = parts_of(b);
  if (const auto order = compare_parts(left.epoch, right.epoch); order != 0) return order;
  if (const auto order = compare_parts(left.upstream, right.upstream); order != 0) return order;
  return compare_parts(left.revision, right.revision);
}

std::optional<PackageFile> choose_package(std::span<const PackageFile> packages, std::string_view name,
                                          std::string_view release, std::string_view architecture) {
  std::optional<PackageFile> out;
  for (const PackageFile& package : packages) {
    const bool is_meant = package.name == name && release_of(package) == release &&
                          (package.architecture == architecture || package.architecture == "all");
    if (is_meant && (!out || compare_versions(out->version, package.version) < 0)) out = package;
  }
  return out;
}

}  // namespace ipop::fleet
