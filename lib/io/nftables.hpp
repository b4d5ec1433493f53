#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ipop::io {

// The packet filter of this network namespace, through libnftables. Errors of all functions:
// operation_not_permitted (CAP_NET_ADMIN is needed), not_supported (a kernel without nftables), malformed
// with the library's own words for everything else.

/// The table `name` of the family inet as `nft --stateless list table` shows it; none when there is none.
Result<std::optional<std::string>> read_nft_table(std::string_view name);

/// Carries out `text` (the language of nft(8)) as one transaction: all of it, or nothing.
Result<void> run_nft(std::string_view text);

/// The table `name` as read_nft_table would show it after `text`, tried in a network namespace that is
/// gone afterwards: releases of nftables differ in how they show a rule. Needs CAP_SYS_ADMIN; without it,
/// and where namespaces are not allowed, `text` itself.
Result<std::string> shown_nft_table(std::string_view text, std::string_view name);

}  // namespace ipop::io
