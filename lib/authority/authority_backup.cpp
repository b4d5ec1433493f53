#include "authority/authority_backup.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/group_files.hpp"
#include "groups/group_config.hpp"

namespace ipop::authority {
namespace {

constexpr std::string_view backup_title = "ga-cert authority backup ";
constexpr std::string_view backup_version = "1";
constexpr std::array<std::string_view, 4> kept_files{AuthorityFiles::key_name, AuthorityFiles::certificate_name,
                                                     AuthorityFiles::policy_name, AuthorityFiles::ledger_name};
constexpr std::string_view kept_group_end = ".toml";
constexpr std::string_view kept_requests = AuthorityFiles::request_folder;
constexpr std::string_view kept_request_end = AuthorityFiles::request_end;
constexpr std::size_t max_kept_files = 2000;
constexpr std::size_t request_key_digits = 64;

/// What is written into a directory has a name that the files of an authority and its groups have, and no other.
bool is_kept_file(std::string_view name) {
  if (std::ranges::find(kept_files, name) != kept_files.end()) return true;
  if (name.starts_with(AuthorityBackup::groups) && name.ends_with(kept_group_end)) {
    name.remove_prefix(AuthorityBackup::groups.size());
    name.remove_suffix(kept_group_end.size());
    return groups::check_group_name(name).has_value();
  }
  if (!name.starts_with(kept_requests) || !name.ends_with(kept_request_end)) return false;
  name.remove_prefix(kept_requests.size());
  name.remove_suffix(kept_request_end.size());
  return name.size() == request_key_digits && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

template <class Number>
std::optional<Number> backup_number(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool good = error == std::errc() && end == text.data() + text.size();
  return good ? std::optional(out) : std::nullopt;
}

/// Takes a line off `rest`; none: there is no whole one.
std::optional<std::string_view> take_backup_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto out = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return out;
}

Error not_a_backup(std::string_view what) {
  return make_error(Errc::malformed, "no backup of an authority: " + std::string(what));
}

}  // namespace

const std::string* AuthorityBackup::file(std::string_view wanted) const {
  const auto it = std::ranges::find(files, wanted, &File::name);
  return it == files.end() ? nullptr : &it->octets;
}

Bytes encode(const AuthorityBackup& backup) {
  std::string out = std::string(backup_title) + std::string(backup_version) + "\n" + backup.name + " " +
                    std::to_string(backup.at.seconds) + "\n";
  for (const auto& file : backup.files)
    out += std::to_string(file.octets.size()) + " " + file.name + "\n" + file.octets + "\n";
  return to_bytes(as_bytes(out));
}

Result<AuthorityBackup> decode_authority_backup(ByteSpan octets) {
  std::string_view rest = as_text(octets);
  const auto first = take_backup_line(rest);
  if (!first || !first->starts_with(backup_title)) return not_a_backup("its first line is another one");
  if (first->substr(backup_title.size()) != backup_version) return {Errc::unsupported, "a backup of a later release"};
  AuthorityBackup out;
  const auto second = take_backup_line(rest);
  const auto space = second ? second->find(' ') : std::string_view::npos;
  if (space == std::string_view::npos) return not_a_backup("its second line is no name and time");
  out.name = std::string(second->substr(0, space));
  const auto at = backup_number<std::int64_t>(second->substr(space + 1));
  if (!at || !groups::check_group_name(out.name)) return not_a_backup("its second line is no name and time");
  out.at = WallTime{*at};
  while (!rest.empty()) {
    const auto line = take_backup_line(rest);
    const auto gap = line ? line->find(' ') : std::string_view::npos;
    const auto size = gap == std::string_view::npos ? std::nullopt : backup_number<std::size_t>(line->substr(0, gap));
    if (!size || *size >= rest.size() || rest[*size] != '\n') return not_a_backup("a file is not whole");
    const std::string_view name = line->substr(gap + 1);
    if (!is_kept_file(name) || out.file(name) != nullptr || out.files.size() == max_kept_files)
      return not_a_backup("it has a file that no authority has");
    out.files.push_back({std::string(name), std::string(rest.substr(0, *size))});
    rest.remove_prefix(*size + 1);
  }
  for (const std::string_view name : kept_files)
    if (out.file(name) == nullptr) return not_a_backup(std::string(name) + " is missing");
  return out;
}

}  // namespace ipop::authority
