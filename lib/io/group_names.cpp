#include "io/group_names.hpp"

#include <algorithm>
#include <filesystem>

namespace ipop::io {

Result<std::vector<std::string>> group_names(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().stem().string();
    if (it->path().extension() == ".toml" && is_group_name(name)) out.push_back(std::move(name));
  }
  if (error && error != std::errc::no_such_file_or_directory) return make_error(error, "reading " + directory);
  std::ranges::sort(out);
  return out;
}

Result<bool> has_group(const std::string& name, const std::string& directory) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(GroupFiles(name, directory).config(), error);
  if (error && status.type() == std::filesystem::file_type::none) return make_error(error, "reading " + directory);
  return status.type() != std::filesystem::file_type::not_found;
}

}  // namespace ipop::io
