#include "io/accounts.hpp"

#include <array>
#include <pwd.h>

namespace ipop::io {

Result<std::uint32_t> uid_of_user(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  // getpwnam_r(3): enough for every entry met in practice; a longer one is ERANGE.
  std::array<char, 16384> room{};
  const int status = ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (found != nullptr) return std::uint32_t{entry.pw_uid};
  const std::string what = "this machine has no user \"" + name + "\"";
  if (status == 0) return make_error(make_error_code(Errc::not_found), what);
  return make_error(std::error_code(status, std::generic_category()), what);
}

}  // namespace ipop::io
