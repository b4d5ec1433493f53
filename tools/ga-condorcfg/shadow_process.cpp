#include "shadow_process.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <sys/types.h>

#include "io/file.hpp"

namespace ipop::ga_condorcfg {
namespace {

namespace fs = std::filesystem;

// A command line of /proc is at most a few pages.
constexpr std::size_t largest_proc_file = 65'536;

/// Whether `process`, a folder of /proc, is the shadow of `job`: `condor_shadow 12.0 --schedd=...`, and of HTCondor,
/// whose processes began as root. The first word may have a path.
bool is_shadow_of(const fs::path& process, const std::string& job) {
  const auto words = io::read_file((process / "cmdline").string(), largest_proc_file);
  if (!words) return false;
  std::string_view rest = *words;
  const std::string_view program = rest.substr(0, rest.find('\0'));
  if (program.substr(program.rfind('/') + 1) != "condor_shadow") return false;
  bool names_job = false;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    names_job = names_job || word == job;
  }
  const auto status = io::read_file((process / "status").string(), largest_proc_file);
  return names_job && status && status->find("\nUid:\t0\t") != std::string::npos;
}

}  // namespace

bool end_shadow(const std::string& job) {
  bool found = false;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    pid_t process = 0;
    const auto [last, wrong] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (wrong != std::errc() || last != name.data() + name.size() || !is_shadow_of(it->path(), job)) continue;
    found = ::kill(process, SIGKILL) == 0 || found;
  }
  return found;
}

}  // namespace ipop::ga_condorcfg
