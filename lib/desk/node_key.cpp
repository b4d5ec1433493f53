#include "desk/node_key.hpp"

#include <thread>

#include "base/group_files.hpp"
#include "io/directory_lock.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"

namespace ipop::desk {
namespace {

constexpr std::size_t max_key = 16'384;
constexpr Duration wait_for_node = 5s;
constexpr Duration pause = 50ms;

Result<crypto::PrivateKey> make_key(const std::string& path) {
  auto key = crypto::PrivateKey::generate();
  if (!key) return key;
  if (auto written = io::write_file_atomically(path, key->to_pem(), 0600); !written) return std::move(written).error();
  return key;
}

}  // namespace

Result<crypto::PrivateKey> load_node_key(const std::string& state_directory, bool may_make) {
  const std::string path = NodeFiles(state_directory).key();
  const TimePoint end = io::monotonic_now() + wait_for_node;
  while (true) {
    const auto pem = io::read_secret_file(path, max_key);
    if (pem) {
      auto key = crypto::PrivateKey::from_pem(*pem);
      if (!key) return std::move(key).error().in(path);
      return key;
    }
    if (pem.error().code != std::errc::no_such_file_or_directory) return pem.error();
    if (!may_make) return crypto::PrivateKey::generate();
    if (auto made = io::make_directories(state_directory, 0700); !made) return std::move(made).error();
    const auto lock = io::DirectoryLock::take(state_directory);
    // The key may have come between the look and the lock.
    if (lock && !io::exists(path)) return make_key(path);
    if (lock) continue;
    const bool is_busy = lock.error().code == std::errc::device_or_resource_busy;
    if (!is_busy || io::monotonic_now() >= end) return lock.error();
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace ipop::desk
