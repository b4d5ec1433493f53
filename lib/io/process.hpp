#pragma once

namespace ipop::io {

/// Keeps secrets in memory out of core dumps and from other processes of the same user, and makes
/// writing to a closed pipe an error in place of a signal.
void harden_process();

/// Whether this process runs as root.
bool is_root();

}  // namespace ipop::io
