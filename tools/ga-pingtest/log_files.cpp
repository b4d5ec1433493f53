#include "log_files.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "io/appended_file.hpp"

namespace ipop::ga_pingtest {

Result<std::string> read_log(const std::string& path, std::uint64_t limit) {
  auto text = io::read_end_of_file(path, limit);
  if (!text) return text;
  if (text->size() >= limit) return text;
  const auto older = io::read_end_of_file(path + ".1", limit - text->size());
  if (older) text->insert(0, *older);
  return text;
}

Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  std::filesystem::directory_iterator it(path, error);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".log") || name.ends_with(".log.1")) out.push_back(it->path().string());
  }
  if (error) return make_error(error, "reading " + path);
  std::ranges::sort(out);
  return out;
}

}  // namespace ipop::ga_pingtest
