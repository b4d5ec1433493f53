#pragma once

#include <algorithm>
#include <memory>

#include "crypto/aead.hpp"

namespace ipop::test_support {

/// Text in the clear behind a tag of zeros: a fuzzer gets past the arithmetic to the logic.
class OpenAead final : public crypto::Aead {
 public:
  void seal_to(std::uint64_t /*counter*/, ByteSpan /*header*/, ByteSpan plaintext, std::byte* out) override {
    if (plaintext.data() != out) std::ranges::copy(plaintext, out);
    std::fill_n(out + plaintext.size(), tag_size, std::byte{});
  }
  bool open_to(std::uint64_t /*counter*/, ByteSpan /*header*/, ByteSpan sealed, std::byte* out) override {
    const ByteSpan tag = sealed.last(tag_size);
    if (!std::ranges::all_of(tag, [](std::byte octet) { return octet == std::byte{}; })) return false;
    if (sealed.data() != out) std::ranges::copy(sealed.first(sealed.size() - tag_size), out);
    return true;
  }
};

class OpenAeads final : public crypto::AeadFactory {
 public:
  std::unique_ptr<crypto::Aead> make(const crypto::AeadKey& /*key*/) override { return std::make_unique<OpenAead>(); }
  [[nodiscard]] std::string_view name() const override { return "open"; }
};

}  // namespace ipop::test_support
