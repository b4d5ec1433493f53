#pragma once

#include <vector>

#include "health/findings.hpp"

namespace ipop::health {

/// What the node itself says that keeps it from its work. None of it is passed over: what is not of a kind that is
/// known here is shown as the node says it. Left out is what is seen in other facts: of its links (bootstrap), of its
/// certificate's end and renewal (certificate), of its lease (address).
std::vector<Finding> of_notices(const Facts& facts);

/// The notice that begins so; empty: there is none.
std::string find_notice(const Facts& facts, std::string_view beginning);

constexpr std::string_view revoked_notice = "this machine's certificate is revoked";
constexpr std::string_view renewal_notice = "this machine's certificate is due for renewal";
constexpr std::string_view certificate_notice = "this machine's certificate ";
constexpr std::string_view lease_notice = "the lease server gave no lease";
constexpr std::string_view links_notice = "no answer from any bootstrap node";

}  // namespace ipop::health
