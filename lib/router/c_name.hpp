#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::router {

/// `C128000001` for 10.128.0.1: C and the last three octets in three digits each.
///
/// The first octet is left out, so this form is unambiguous only in prefixes of /8 and longer.
std::string c_name(net::Ipv4Address address);
/// The C-name of an address of `prefix`: in prefixes wider than /8 all four octets stand in it
/// (`C010128000001`), since the first octet is not the prefix's alone.
std::string c_name(net::Ipv4Address address, const net::Ipv4Prefix& prefix);
/// The address of a C-name (any case) inside `prefix`; the first octet is the prefix's. Prefixes
/// wider than /8 take only the 12-digit form. Nullopt: another form, an octet above 255, an
/// address outside of the prefix.
std::optional<net::Ipv4Address> parse_c_name(std::string_view label, const net::Ipv4Prefix& prefix);

/// True for C and 9 or 12 digits: labels that a member can't choose for himself.
bool looks_like_c_name(std::string_view label);

/// A name of a member's own choice in the form that is claimed: lower case. Nullopt unless it is
/// 1 to 63 letters, digits and hyphens, with no hyphen at either end (RFC 952, RFC 1123 section
/// 2.1), and no C-name.
std::optional<std::string> normal_host_name(std::string_view text);

}  // namespace ipop::router
