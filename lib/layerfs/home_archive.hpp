#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "layerfs/tree_writer.hpp"
#include "layers/entry.hpp"

namespace ipop::layerfs {

/// Writes the tree as a tar (pax, zstd), in the order of `entries`, for `tar` to read as well; names are written as
/// shown_path shows them, and sockets, which a tar can't hold, are left to the manifest. Errors: errno; conflict when a
/// file is not what its entry says.
Result<void> write_archive(const std::string& directory, const std::vector<layers::Entry>& entries, int out);

/// Takes the octets of the files out of an archive that write_archive made, into `directory`: 0, 1, 2 and so on in the
/// order of the files in `entries`. For run_confined: the archive may be anybody's.
///
/// What is in it must be what `entries` says, name for name: an archive has no names of its own to give. More than
/// `most_octets` is a bomb. Errors: malformed, too_large, errno.
Result<void> take_octets(int archive, const std::vector<layers::Entry>& entries, int directory,
                         std::uint64_t most_octets);

/// A MakeFile that moves those files to their places, once their sums are right. Errors: bad_checksum.
MakeFile moving_from(int directory);

}  // namespace ipop::layerfs
