#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/hash.hpp"

namespace ipop::layers {

/// What a name of a tree is. A whiteout hides the name in the layers below; a hard link is a further name of a file
/// that stands earlier in the list.
enum class EntryKind : char {
  directory = 'd',
  file = 'f',
  symbolic_link = 'l',
  hard_link = 'h',
  character_device = 'c',
  block_device = 'b',
  fifo = 'p',
  socket = 's',
  whiteout = 'w',
};

/// One name of a tree with all that a layer keeps of it. Times are not compared and not kept here.
struct Entry {
  std::string path{};  ///< from the tree's root without a slash before it; `.` is the root itself
  EntryKind kind = EntryKind::file;
  std::uint32_t mode = 0;  ///< the lower 12 bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;      ///< of a file
  crypto::Digest256 digest{};  ///< of a file's octets
  std::string target{};        ///< of a symbolic link; for a hard link the path of the file's first name
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  bool opaque = false;     ///< a directory that hides all of the one below it
  std::string redirect{};  ///< a directory that was moved: where it is in the layers below (overlayfs' words)
  /// Extended attributes without those in which overlayfs keeps its own state.
  std::map<std::string, std::string> attributes{};

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// Bounds of a list: more names than a whole Debian with a desktop has (some 400,000), and what Linux gives a name.
constexpr std::size_t most_entries = 1'000'000;
constexpr std::size_t longest_path = 4096;
constexpr std::size_t longest_name = 255;
/// Linux' own bound for the value of one attribute (XATTR_SIZE_MAX), here for all of one name.
constexpr std::size_t most_attribute_octets = 65'536;

/// A path that can lead nowhere but below its tree: no slash at an end, no empty, `.` or `..` part, within the bounds.
Result<void> check_path(std::string_view path);

/// A list that is one tree: `.` first, names rising (octet by octet) and once each, every name in a directory that
/// stands before it, hard links to files that stand before them. Errors name the path.
Result<void> check_entries(std::span<const Entry> entries);

/// What is different about two entries of one path, in a few words; empty when nothing is.
std::string difference_between(const Entry& a, const Entry& b);

/// Set-uid, set-gid on a file, capabilities, and devices: what gives whoever calls it a right that he has not.
bool gives_rights(const Entry& entry);

/// What a name may be only when somebody who is trusted signed it, in a few words: what gives rights, and attributes
/// other than a user's own and ACLs. Empty: nobody needs to sign it.
std::string needs_signature(const Entry& entry);

/// The path as a person may see it: see escape_octets; a space stays one.
std::string shown_path(std::string_view path);

}  // namespace ipop::layers
