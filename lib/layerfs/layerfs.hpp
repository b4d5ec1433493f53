#pragma once

// Layers where they are files: trees are read and written, images and archives made and opened, mounts made. What is
// decided about them is in lib/layers.
//
//   beneath.hpp         opens names below a directory, and never through a link
//   tree_reader.hpp     a directory as a list of entries
//   tree_writer.hpp     a list of entries as a directory
//   file_copy.hpp       octets from file to file, with their sum
//   home_archive.hpp    a home as a tar, written and read by libarchive
//   sandbox.hpp         a process that can do nothing but fill one directory
//   squashfs_image.hpp  images by squashfs-tools
//   mounting.hpp        the steps of a mount plan

#include "layerfs/beneath.hpp"
#include "layerfs/file_copy.hpp"
#include "layerfs/home_archive.hpp"
#include "layerfs/mounting.hpp"
#include "layerfs/sandbox.hpp"
#include "layerfs/squashfs_image.hpp"
#include "layerfs/tree_reader.hpp"
#include "layerfs/tree_writer.hpp"
