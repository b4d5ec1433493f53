#include "base/group_files.hpp"

#include <algorithm>

namespace ipop {
namespace {

constexpr std::size_t longest_group_name = 32;
constexpr std::string_view entrance_suffix = "-enrol";

}  // namespace

bool is_group_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > longest_group_name) return false;
  return std::ranges::all_of(name, [&](char c) { return c == '-' || is_letter(c); }) && is_letter(name.front()) &&
         is_letter(name.back());
}

std::string AuthorityFiles::request_name(std::string_view key) {
  return std::string(request_folder) + std::string(key) + std::string(request_end);
}

std::string AuthorityFiles::issued(std::string_view serial) const {
  return issued() + "/" + std::string(serial) + ".pem";
}

std::string AuthorityFiles::in_directory(std::string_view name) const {
  return directory_ + "/" + std::string(name);
}

std::string open_copy(std::string_view config) {
  return std::string(config) + ".open";
}

std::string entrance_name_of(std::string_view closed) {
  return std::string(closed) + std::string(entrance_suffix);
}

std::optional<std::string> closed_group_of(std::string_view entrance) {
  if (!entrance.ends_with(entrance_suffix) || entrance.size() == entrance_suffix.size()) return std::nullopt;
  entrance.remove_suffix(entrance_suffix.size());
  return std::string(entrance);
}

}  // namespace ipop
