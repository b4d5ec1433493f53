#include "layerfs/squashfs_image.hpp"

#include <unistd.h>

#include "io/run_process.hpp"
#include "layerfs/file_copy.hpp"
#include "layers/entry.hpp"

namespace ipop::layerfs {
namespace {

// What hangs: gigabytes take minutes on a slow machine.
constexpr Duration limit = 2h;

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  const std::size_t before = text.rfind('\n');
  return layers::shown_path(before == std::string::npos ? text : text.substr(before + 1));
}

Result<int> run_tool(const std::vector<std::string>& command, std::string& output) {
  auto result = io::run_process(command, limit);
  if (!result) {
    if (result.error().code == std::errc::no_such_file_or_directory)
      return make_error(result.error().code, command.front() + " is needed (apt install squashfs-tools)");
    return std::move(result).error();
  }
  output = std::move(result->output);
  return result->status;
}

}  // namespace

Result<void> make_squashfs(const std::string& directory, const std::string& image, WallTime made, int level) {
  // A megabyte a block makes an image a tenth smaller than the default, whatever the level.
  std::vector<std::string> command{"mksquashfs",
                                   directory,
                                   image,
                                   "-noappend",
                                   "-comp",
                                   "zstd",
                                   "-Xcompression-level",
                                   std::to_string(level),
                                   "-b",
                                   "1M",
                                   "-mkfs-time",
                                   std::to_string(made.seconds),
                                   "-xattrs",
                                   "-no-progress",
                                   "-quiet"};
  if (::geteuid() != 0) command.emplace_back("-all-root");
  std::string output;
  const auto status = run_tool(command, output);
  if (!status) return status.error();
  if (*status != 0) return {Errc::malformed, "mksquashfs: " + last_line(output)};
  return sync_path(image);
}

Result<void> unpack_squashfs(const std::string& image, const std::string& directory) {
  const bool is_root = ::geteuid() == 0;
  std::vector<std::string> command{"unsquashfs", "-n", "-q", "-d", directory};
  if (!is_root) command.emplace_back("-user-xattrs");
  command.push_back(image);
  std::string output;
  const auto status = run_tool(command, output);
  if (!status) return status.error();
  // 2: some names could not be made, as devices by an ordinary user; the caller compares with the manifest.
  if (*status != 0 && *status != 2) return {Errc::malformed, "unsquashfs: " + last_line(output)};
  return {};
}

}  // namespace ipop::layerfs
