#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::layerfs {

/// Makes a squashfs of `directory` (zstd, blocks of 1 MiB) that is on disk when this returns. `made` is its own time,
/// so that one tree gives one image. What an ordinary user makes belongs to root in the image. Errors:
/// std::errc::no_such_file_or_directory (squashfs-tools is not installed), malformed with mksquashfs' last line.
Result<void> make_squashfs(const std::string& directory, const std::string& image, WallTime made, int level);

/// Unpacks an image whose sum was checked to a new directory, for somebody who can't mount it. An ordinary user gets no
/// owners, devices and attributes of others. Errors: those above.
Result<void> unpack_squashfs(const std::string& image, const std::string& directory);

}  // namespace ipop::layerfs
