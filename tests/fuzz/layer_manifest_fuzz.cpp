#include <cstdint>
#include <cstdlib>

#include "layers/difference.hpp"
#include "layers/envelope.hpp"
#include "layers/manifest.hpp"
#include "layers/merged_view.hpp"
#include "layers/stack.hpp"
#include "layers/traces.hpp"

using namespace ipop;
using namespace ipop::layers;

namespace {

/// What was taken has one form, and all that is done with it keeps it a tree.
void check_manifest_text(std::string_view text) {
  const auto manifest = parse_manifest(text, "m");
  if (!manifest) return;
  if (to_string(*manifest) != text) std::abort();
  MergedView view;
  view.add_layer(manifest->entries);
  view.add_layer(manifest->entries);
  (void)changes_of(manifest->entries, view);
  const auto kept = without_traces(manifest->entries, find_traces(manifest->entries, true));
  if (!check_entries(kept)) std::abort();
}

/// Nothing is right that was not signed.
void check_envelope_text(std::string_view text) {
  static const auto key = crypto::PrivateKey::from_seed(as_bytes("site"));
  static const auto site = crypto::make_self_signed(key, "site", as_bytes("12345678"), WallTime{}, WallTime{1});
  const auto envelope = parse_envelope(text, "m");
  if (envelope && check_signer(*envelope, {{site}, {}}, std::nullopt)) std::abort();
}

void check_stack_text(std::string_view text) {
  const auto stack = parse_stack(text, "s");
  if (stack && *parse_stack(to_string(*stack), "s") != *stack) std::abort();
}

}  // namespace

// The first octet says what the rest is: a manifest, a manifest with a signature, or a stack.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 3) {
    case 0: check_manifest_text(rest); break;
    case 1: check_envelope_text(rest); break;
    default: check_stack_text(rest);
  }
  return 0;
}
