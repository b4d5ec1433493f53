#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "layers/manifest.hpp"

namespace ipop::layers {

/// A layer of this machine, and which of its releases lies in the stack.
struct StackLayer {
  std::string name{};
  LayerKind kind = LayerKind::module;
  std::uint64_t number = 0;   ///< the release in use; 0: none yet
  std::uint64_t before = 0;   ///< the one that `rollback` goes to; 0: none
  std::uint64_t highest = 0;  ///< the newest that was ever in use: nothing older comes in
  friend bool operator==(const StackLayer&, const StackLayer&) = default;
};

/// The layers of a machine, the lowest first. A base, when there is one, is the lowest.
struct Stack {
  std::vector<StackLayer> layers{};
  std::string development{};  ///< the module that is worked on; empty: none
  friend bool operator==(const Stack&, const Stack&) = default;
};

constexpr std::size_t most_layers = 64;  ///< overlayfs takes up to 500, a page of options fewer

[[nodiscard]] const StackLayer* find_layer(const Stack& stack, std::string_view name);

/// Both ways as the file `stack` of a store. Errors name file and line.
std::string to_string(const Stack& stack);
Result<Stack> parse_stack(std::string_view text, std::string_view file);

/// The stack in which this release is used. `known` is the payload's sum of the release of the same number that is in
/// the store, if any. Errors: expired (older than one that was in use), conflict (the number stands for other octets, a
/// second base, a name of another kind), exhausted (too many layers). A release that is in use already changes nothing.
Result<Stack> with_release(const Stack& stack, const Manifest& manifest,
                           const std::optional<crypto::Digest256>& known = std::nullopt);

/// The stack with the release before. Errors: not_found (no such layer, or nothing before).
Result<Stack> with_rollback(const Stack& stack, std::string_view name);

/// The stack while `name` is worked on; a new module is put on top. Errors: conflict (a base, or another one is worked
/// on), exhausted, malformed (the name).
Result<Stack> with_development(const Stack& stack, const std::string& name);

}  // namespace ipop::layers
