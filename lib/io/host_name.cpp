#include "io/host_name.hpp"

#include <array>
#include <unistd.h>

namespace ipop::io {

std::string host_name() {
  std::array<char, 256> name{};  // Linux allows 64
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  const std::string whole = name.data();
  return whole.substr(0, whole.find('.'));
}

}  // namespace ipop::io
