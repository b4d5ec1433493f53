#pragma once

#include <string_view>
#include <system_error>

#include "cli/streams.hpp"

namespace ipop::cli {

/// Whether the system, or a node, refused because of who asks (EACCES, EPERM). A read-only file system refuses
/// everybody.
[[nodiscard]] bool is_refused(const std::error_code& code);

/// sudo(8) is in the PATH.
[[nodiscard]] bool has_sudo();

/// `  next: sudo COMMAND`, the command as it was typed; with su(1) where there is no sudo. `remark` stands behind it.
/// Nothing for root, whom another thing keeps from it.
void suggest_root(const Streams& streams, std::string_view remark = {});

}  // namespace ipop::cli
