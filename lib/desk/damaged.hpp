#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"

namespace ipop::desk {

/// A file of an authority can't be what it is: malformed, with its name.
inline Error damaged(const std::string& path, Error error) {
  return make_error(make_error_code(Errc::malformed), std::move(error).in(path).message());
}
inline Error damaged(const std::string& path, const char* what) {
  return damaged(path, make_error(make_error_code(Errc::malformed), what));
}

}  // namespace ipop::desk
