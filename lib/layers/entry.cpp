#include "layers/entry.hpp"

#include <algorithm>
#include <unordered_map>

#include "layers/path_text.hpp"

namespace ipop::layers {
namespace {

Error bad_entry(std::string_view path, std::string_view what) {
  return make_error(make_error_code(Errc::malformed), shown_path(path) + ": " + std::string(what));
}

Result<void> check_fields(const Entry& entry) {
  if (entry.mode > 07777U) return bad_entry(entry.path, "a mode above 7777");
  if (entry.kind == EntryKind::symbolic_link && (entry.target.empty() || entry.target.size() > longest_path))
    return bad_entry(entry.path, "a symbolic link to nothing, or to more than 4096 octets");
  if (!entry.redirect.empty()) {
    // Overlayfs' two forms: a path from the root of the layers, or a name beside where the directory was.
    const bool absolute = entry.redirect.front() == '/';
    const std::string_view from = std::string_view(entry.redirect).substr(absolute ? 1 : 0);
    if (!check_path(from) || (!absolute && from.find('/') != std::string_view::npos))
      return bad_entry(entry.path, "a redirect that is no path of a layer");
  }
  if (entry.target.find('\0') != std::string::npos) return bad_entry(entry.path, "a target with a zero octet");
  std::size_t octets = 0;
  for (const auto& [name, value] : entry.attributes) {
    if (name.empty() || name.size() > longest_name || name.find('\0') != std::string::npos)
      return bad_entry(entry.path, "an attribute without a name, or with one of more than 255 octets");
    octets += name.size() + value.size();
  }
  if (octets > most_attribute_octets) return bad_entry(entry.path, "more than 65536 octets of attributes");
  return {};
}

}  // namespace

Result<void> check_path(std::string_view path) {
  if (path.empty() || path.size() > longest_path) return bad_entry(path, "a path of 1 to 4096 octets is needed");
  if (path.find('\0') != std::string_view::npos) return bad_entry(path, "a path with a zero octet");
  if (path.front() == '/') return bad_entry(path, "an absolute path");
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "..") return bad_entry(path, "a path that climbs out");
    if (part.empty() || part == ".") return bad_entry(path, "a path with an empty part or a dot");
    if (part.size() > longest_name) return bad_entry(path, "a name of more than 255 octets");
    begin = end + 1;
  }
  return {};
}

Result<void> check_entries(std::span<const Entry> entries) {
  if (entries.empty() || entries.front().path != "." || entries.front().kind != EntryKind::directory)
    return {Errc::malformed, "the list does not begin with its root, a directory"};
  if (entries.size() > most_entries) return {Errc::too_large, "more than 1000000 names"};
  std::unordered_map<std::string_view, const Entry*> seen;
  std::string_view last;
  for (const Entry& entry : entries.subspan(1)) {
    if (auto path = check_path(entry.path); !path) return path;
    if (entry.path <= last) return bad_entry(entry.path, "stands behind a name that comes later");
    last = entry.path;
    const std::string_view parent = parent_of(entry.path);
    if (!parent.empty()) {
      const auto found = seen.find(parent);
      if (found == seen.end() || found->second->kind != EntryKind::directory)
        return bad_entry(entry.path, "is in no directory of this tree");
    }
    if (auto fields = check_fields(entry); !fields) return fields;
    if (entry.kind == EntryKind::hard_link) {
      const auto first = seen.find(entry.target);
      if (first == seen.end() || first->second->kind == EntryKind::directory ||
          first->second->kind == EntryKind::hard_link || first->second->kind == EntryKind::whiteout)
        return bad_entry(entry.path, "is linked to a name that is no file before it");
    }
    seen.emplace(entry.path, &entry);
  }
  return check_fields(entries.front());
}

std::string difference_between(const Entry& a, const Entry& b) {
  if (a.kind != b.kind) return "another kind";
  if (a.size != b.size) return "another size";
  if (a.digest != b.digest) return "other octets";
  if (a.target != b.target) return "another target";
  if (a.mode != b.mode) return "another mode";
  if (a.uid != b.uid || a.gid != b.gid) return "another owner";
  if (a.device_major != b.device_major || a.device_minor != b.device_minor) return "another device";
  if (a.attributes != b.attributes) return "other attributes";
  if (a.opaque != b.opaque || a.redirect != b.redirect) return "hides or moves otherwise";
  return {};
}

bool gives_rights(const Entry& entry) {
  constexpr std::uint32_t set_ids = 06000U;
  if (entry.kind == EntryKind::character_device || entry.kind == EntryKind::block_device) return true;
  if (entry.attributes.contains("security.capability")) return true;
  return entry.kind != EntryKind::directory && (entry.mode & set_ids) != 0;
}

std::string needs_signature(const Entry& entry) {
  if (entry.kind == EntryKind::character_device || entry.kind == EntryKind::block_device) return "is a device";
  if (gives_rights(entry)) return "runs with the rights of another";
  for (const auto& [name, value] : entry.attributes)
    if (!name.starts_with("user.") && !name.starts_with("system.posix_acl_"))
      return "has the attribute " + shown_path(name);
  return {};
}

std::string shown_path(std::string_view path) {
  std::string out;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(' ', begin), path.size());
    out += escape_octets(path.substr(begin, end - begin));
    if (end < path.size()) out += ' ';
    begin = end + 1;
  }
  return out;
}

}  // namespace ipop::layers
