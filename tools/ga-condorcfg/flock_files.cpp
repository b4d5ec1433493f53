#include "flock_files.hpp"

#include <algorithm>
#include <filesystem>

#include "io/file.hpp"

namespace ipop::ga_condorcfg {
namespace {

constexpr std::size_t largest_pass = 16'384;

}  // namespace

Result<std::vector<pool::FlockPartner>> load_flock_partners(const Context& context) {
  std::vector<std::string> paths;
  std::error_code error;
  const std::string directory = flock_directory(context);
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    paths.push_back(it->path().string());
  std::ranges::sort(paths);
  std::vector<pool::FlockPartner> out;
  for (const std::string& path : paths) {
    const auto text = io::read_file(path, largest_pass);
    if (!text) return text.error();
    auto pass = pool::parse_flock_pass(*text, path);
    if (!pass) return std::move(pass).error();
    out.push_back(pass->partner);
  }
  return out;
}

std::string flock_directory(const Context& context) {
  return context.options.condor + "/grid-appliance/flock";
}

std::string flock_file(const Context& context, const std::string& domain) {
  return flock_directory(context) + "/" + domain;
}

std::string flock_token_file(const Context& context, const std::string& domain) {
  return context.options.condor + "/tokens.d/grid-appliance-" + domain;
}

}  // namespace ipop::ga_condorcfg
