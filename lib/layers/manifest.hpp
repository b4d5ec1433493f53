#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "layers/entry.hpp"

namespace ipop::layers {

/// Base and modules are read-only squashfs images; a home is what a member writes, and travels as an archive.
enum class LayerKind { base, module, home };

std::string_view to_string(LayerKind kind);
Result<LayerKind> parse_layer_kind(std::string_view word);

/// 1 to 32 of a-z 0-9 -, no hyphen at an end: a name is also that of files.
Result<void> check_layer_name(std::string_view name);

/// All that a release says of itself (docs/layers.md draws the text).
struct Manifest {
  std::string name{};
  LayerKind kind = LayerKind::module;
  std::uint64_t number = 1;  ///< rises with each release of this name; from 1
  WallTime made{};
  std::uint64_t payload_size = 0;
  crypto::Digest256 payload{};  ///< SHA-256 of the image or archive that it belongs to
  std::vector<Entry> entries{};

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// Octets of the longest manifest that is read: a million entries of usual length.
constexpr std::size_t largest_manifest = std::size_t{256} << 20U;

/// The text, lines in one form only: parse_manifest gives the same value, and to_string of that the same text.
std::string to_string(const Manifest& manifest);
/// Errors (malformed, truncated, unsupported, too_large): one line with `file`, line number, what is wrong.
Result<Manifest> parse_manifest(std::string_view text, std::string_view file);

/// The octets of all files; each hard link's once.
std::uint64_t octets_of_files(const std::vector<Entry>& entries);

}  // namespace ipop::layers
