#pragma once

#include <string>
#include <system_error>

namespace ipop {

/// What can be wrong with input, in the words that a counter or a message uses.
enum class Errc {
  truncated = 1,   ///< fewer octets than the format needs
  malformed,       ///< a field contradicts the format
  unsupported,     ///< well formed, but a type, version or option that is not ours
  too_large,       ///< longer than the format or a limit allows
  bad_checksum,    ///< checksum, tag or signature does not match
  not_authorized,  ///< authentic, but not entitled to this
  expired,         ///< its time is over or has not come
  conflict,        ///< another value or owner is there already
  not_found,       ///< no such thing
  exhausted,       ///< a bound (entries, counter, attempts) is reached
  out_of_range,    ///< a number outside its documented range
};

std::error_code make_error_code(Errc code);

}  // namespace ipop

template <>
struct std::is_error_code_enum<ipop::Errc> : std::true_type {};
