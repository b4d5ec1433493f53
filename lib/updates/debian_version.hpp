#pragma once

#include <compare>
#include <string_view>

namespace ipop::updates {

/// Which of two versions of a Debian package is the newer one, as Debian's policy orders them (5.6.12).
std::weak_ordering compare_debian_versions(std::string_view a, std::string_view b);

}  // namespace ipop::updates
