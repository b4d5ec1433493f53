#include "layerfs/mounting.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.hpp"
#include "io/run_process.hpp"
#include "io/unique_fd.hpp"
#include "layerfs/fuse_server.hpp"
#include "layerfs/tree_writer.hpp"

namespace ipop::layerfs {
namespace {

using layers::MountStep;

constexpr std::size_t largest_table = std::size_t{16} << 20U;
// What hangs: a mount takes milliseconds.
constexpr Duration mount_limit = 60s;

/// mountinfo's `\040` and the like.
std::string unescape_octal(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool is_escape =
        word[i] == '\\' && word.size() - i >= 4 &&
        std::all_of(word.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                    word.begin() + static_cast<std::ptrdiff_t>(i) + 4, [](char c) { return c >= '0' && c <= '7'; });
    if (!is_escape) {
      out += word[i];
      continue;
    }
    out += static_cast<char>((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0'));
    i += 3;
  }
  return out;
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + '/' + program).c_str(), X_OK) == 0) return true;
  return false;
}

Result<void> run_program(const std::vector<std::string>& command) {
  const auto result = io::run_process(command, mount_limit);
  if (!result) return result.error();
  if (result->status == 0) return {};
  std::string line = result->output.substr(0, result->output.find('\n'));
  if (line.empty()) line = "it ended with " + std::to_string(result->status);
  return {Errc::malformed, command.front() + ": " + line};
}

/// A directory that the layers below lend their owner and mode: the merged root has those of the upper one.
Result<void> make_writable(const MountStep& step) {
  const std::string tree = step.to + layers::tree_of_writable;
  const std::string work = step.to + layers::work_of_writable;
  const bool is_new = !io::exists(tree);
  for (const std::string& path : {tree, work})
    if (auto made = io::make_directories(path, 0755); !made) return made;
  struct stat status {};
  if (!is_new || ::stat(step.from.c_str(), &status) != 0) return {};
  if (::geteuid() == 0) (void)!::chown(tree.c_str(), status.st_uid, status.st_gid);
  if (::chmod(tree.c_str(), status.st_mode & 07777U) != 0) return io::last_error("making " + tree);
  return {};
}

Result<void> overlay(const MountStep& step) {
  std::string lowers;
  for (const std::string& lower : step.lowers)
    lowers += (lowers.empty() ? "" : ":") + lower;
  std::string options = "lowerdir=" + lowers;
  if (!step.upper.empty()) options += ",upperdir=" + step.upper + ",workdir=" + step.work;
  if (!step.options.empty()) options += ',' + step.options;
  if (auto made = io::make_directories(step.to, 0755); !made) return made;
  if (step.kind == MountStep::Kind::fuse_overlay) return run_program({"fuse-overlayfs", "-o", options, step.to});
  // mount(2) takes one page of options.
  if (options.size() >= 4096)
    return {Errc::too_large, "the layers' paths are too long for one mount: a shorter --store helps"};
  if (::mount("ga-layer", step.to.c_str(), "overlay", 0, options.c_str()) != 0) {
    auto error = io::last_error("mounting " + step.to);
    if (errno == EPERM || errno == ENODEV || errno == EINVAL)
      return std::move(error).in("this kernel mounts no overlay here");
    return error;
  }
  return {};
}

Result<void> detach(const std::string& where) {
  if (::umount2(where.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return {};
  if (errno != EPERM) return io::last_error("unmounting " + where);
  const FuseServers servers(where);
  auto done = run_program({"fusermount3", "-u", where});
  // What is below it is busy until they have ended.
  if (done) servers.wait(mount_limit);
  return done;
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
  std::vector<Mount> out;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> parts;
    for (std::string word; words >> word;)
      parts.push_back(std::move(word));
    const auto dash = std::ranges::find(parts, "-");
    if (parts.size() < 5 || parts.end() - dash < 4) continue;
    out.push_back({unescape_octal(parts[4]), dash[1], unescape_octal(dash[3])});
  }
  return out;
}

Result<std::vector<Mount>> mounts_of_process() {
  const auto text = io::read_file("/proc/self/mountinfo", largest_table);
  if (!text) return text.error();
  return parse_mounts(*text);
}

std::string mounted_over(const std::vector<Mount>& mounts, const std::string& upper) {
  for (const Mount& mount : mounts) {
    const std::string options = ',' + mount.options + ',';
    if (mount.type == "overlay" && options.find(",upperdir=" + upper + ',') != std::string::npos) return mount.where;
  }
  return {};
}

MountRights rights_of_process() {
  MountRights out;
  out.uid = ::geteuid();
  out.gid = ::getegid();
  // user_namespaces(7): the first namespace maps every number to itself.
  const auto map = io::read_file("/proc/self/uid_map", 65'536);
  std::istringstream words(map.value_or("0 0 4294967295"));
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  words >> inside >> outside >> count;
  const bool first = inside == 0 && outside == 0 && count == 4'294'967'295U;
  out.is_root = ::geteuid() == 0 && first;
  out.in_user_namespace = ::geteuid() == 0 && !first;
  const io::UniqueFd fuse(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  out.has_fuse = static_cast<bool>(fuse);
  out.has_squashfuse = out.has_fuse && is_installed("squashfuse");
  out.has_fuse_overlayfs = out.has_fuse && is_installed("fuse-overlayfs") && is_installed("fusermount3");
  return out;
}

Result<void> carry_out(const MountStep& step) {
  switch (step.kind) {
    case MountStep::Kind::attach_loop:
      if (auto made = io::make_directories(step.to, 0755); !made) return made;
      // What is set-uid is so in the merged tree: this mount is nobody's way in.
      return run_program({"mount", "-t", "squashfs", "-o", "loop,ro,nodev,nosuid", step.from, step.to});
    case MountStep::Kind::attach_fuse:
      if (auto made = io::make_directories(step.to, 0755); !made) return made;
      return run_program({"squashfuse", step.from, step.to});
    case MountStep::Kind::make_writable: return make_writable(step);
    case MountStep::Kind::overlay:
    case MountStep::Kind::fuse_overlay: return overlay(step);
    case MountStep::Kind::detach: return detach(step.to);
    // Unpacking compares with the manifest, which the caller has.
    case MountStep::Kind::unpack: break;
  }
  return {Errc::unsupported, "no step of a mount: " + layers::to_string(step)};
}

}  // namespace ipop::layerfs
