#include "io/host_name.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace ipop::io {

std::string host_name() {
  std::array<char, 256> name{};  // Linux allows 64
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  const std::string whole = name.data();
  return whole.substr(0, whole.find('.'));
}

Result<void> set_host_name(const std::string& name) {
  if (::sethostname(name.data(), name.size()) != 0)
    return make_error({errno, std::system_category()}, "the machine's name " + name);
  return {};
}

}  // namespace ipop::io
