#include "layerfs/fuse_server.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ipop::layerfs {
namespace {

bool serves(const std::filesystem::path& process, const std::string& where) {
  std::ifstream file(process / "cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');)
    words.push_back(std::move(word));
  return words.size() > 1 && words.back() == where && words.front().find("fuse") != std::string::npos;
}

}  // namespace

FuseServers::FuseServers(const std::string& where) {
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    pid_t pid = 0;
    const auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc() || rest != name.data() + name.size() || !serves(it->path(), where)) continue;
    io::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (process) processes_.push_back(std::move(process));
  }
}

void FuseServers::wait(Duration limit) const {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  for (const io::UniqueFd& process : processes_) {
    pollfd ended{process.get(), POLLIN, 0};
    (void)::poll(&ended, 1, static_cast<int>(milliseconds));
  }
}

}  // namespace ipop::layerfs
