#pragma once

#include <string>
#include <string_view>

namespace ipop::leasing {

/// The description (WSDL 1.1) of the service at `url`.
std::string wsdl(std::string_view url);

}  // namespace ipop::leasing
