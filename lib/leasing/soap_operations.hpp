#pragma once

// What the lease server can be asked, for the messages (soap.cpp) and their description (wsdl.cpp) alike.

#include <array>
#include <string_view>

#include "leasing/lease_request.hpp"

namespace ipop::leasing {

inline constexpr std::string_view service_space = "urn:ipop:lease-server:1";

struct SoapOperation {
  LeaseAction action;
  std::string_view request;
  std::string_view response;
};
inline constexpr std::array<SoapOperation, 3> soap_operations{{{LeaseAction::obtain, "Obtain", "ObtainResponse"},
                                                               {LeaseAction::renew, "Renew", "RenewResponse"},
                                                               {LeaseAction::release, "Release", "ReleaseResponse"}}};

}  // namespace ipop::leasing
