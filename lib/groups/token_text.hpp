#pragma once

#include <string>
#include <string_view>

namespace ipop::groups {

/// A token as it was meant: mail breaks lines and adds blanks, and some keyboards and QR codes know only capitals.
std::string token_text(std::string_view typed);

}  // namespace ipop::groups
