#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "leasebook/lease_book.hpp"

// A lease as fields of JSON; CSV is read as the same fields. For lease_json.cpp, lease_csv.cpp and lease_changes.cpp.

namespace ipop::ipop_dhcp {

using Json = nlohmann::ordered_json;

/// The error of a text that is not what it should be.
inline Error wrong(const std::string& what) {
  return make_error(make_error_code(Errc::malformed), what);
}
Error of_other_group(const std::string& place, const std::string& group, std::string_view ours);

/// A field of one of JSON's types, or none.
template <class T>
bool read(const Json& object, const char* key, T& out) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  if constexpr (std::is_same_v<T, bool>) {
    if (!found->is_boolean()) return false;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return false;
  } else {
    if (!found->is_number_integer() || (std::is_unsigned_v<T> && !found->is_number_unsigned())) return false;
  }
  out = found->get<T>();
  return true;
}

Json to_object(const leasebook::Lease& lease);
/// Errors: malformed, with `place`.
Result<leasebook::Lease> lease_of(const Json& object, const std::string& place);
/// Refuses what no server writes, and what would keep an address or a node from everybody: an end that is too far, a
/// sequence of tomorrow, text that is none.
Result<void> check_plausible(const leasebook::Lease& lease, WallTime now, const std::string& place);

}  // namespace ipop::ipop_dhcp
