#pragma once

namespace ipop::io {

/// Keeps secrets in memory out of core dumps and from other processes of the same user, and makes
/// writing to a closed pipe an error in place of a signal.
void harden_process();

/// Whether this process is in the network namespace of the machine's first process, which is assumed where that
/// can't be seen. False in a container or namespace whose interfaces the machine's services do not know.
bool shares_network_of_init();

/// How many files and sockets this process may have open at a time (RLIMIT_NOFILE).
unsigned open_files_limit();

/// The processors that this process may use; one at least.
unsigned usable_processors();

/// Whether this process may change interfaces and packet filter (CAP_NET_ADMIN).
bool may_administer_network();

/// Whether this process runs as root.
bool is_root();

}  // namespace ipop::io
