#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::io {

/// The whole file. Errors: errno; too_large when it is longer than `limit` octets; the context
/// names the file.
Result<std::string> read_file(const std::string& path, std::size_t limit);

/// A file that nobody else may read: a regular file (no link), of our user, mode 0600 or tighter.
/// Errors: those of read_file; not_authorized with what is wrong and the command that mends it.
Result<std::string> read_secret_file(const std::string& path, std::size_t limit);

/// Replaces the file in one step: a reader sees the old octets or the new ones, also after a loss of
/// power. Errors: errno; the old file is untouched then and nothing is left beside it. A device or pipe
/// is written to and stays what it is.
Result<void> write_file_atomically(const std::string& path, std::string_view octets, mode_t mode);

/// Replaces what is in a file that is there, and keeps its place and mode: behind a symbolic link, and where
/// something is mounted on it. In one step where that is possible, else in place. Errors: errno.
Result<void> rewrite_file(const std::string& path, std::string_view octets);

/// Makes the directory and those above it; one that is there already keeps its mode.
Result<void> make_directories(const std::string& path, mode_t mode);
/// What make_directories() would say; nothing is made.
Result<void> check_directories(const std::string& path);
/// Whether this process may make files there; else errno says why.
bool may_write_in(const std::string& directory);

/// True when something is there, whatever it is.
bool exists(const std::string& path);

/// When what is in the file was written last. Errors: errno.
Result<WallTime> modification_time(const std::string& path);

/// A word that is another one after the file was replaced or written; empty where there is none.
std::string file_stamp(const std::string& path);

/// True when a file may be put there: nothing is there, or a file. Error: conflict with what is there.
Result<void> check_place(const std::string& path);

/// Takes away a file or an empty directory. Errors: errno.
Result<void> remove_file(const std::string& path);

/// Renames `path`, replacing what is at `to`. Errors: errno; conflict where a device or pipe is there, which stays.
Result<void> rename_file(const std::string& path, const std::string& to);

}  // namespace ipop::io
