// The AEAD of `plain_node`, an ipop-node that copies packets where the real one seals and opens them: what all the rest
// costs. Found before the library's own choice when that program is linked; no shipped program has it.

#include <algorithm>

#include "crypto/aead.hpp"

namespace ipop::crypto {
namespace {

class NoCipher final : public Aead {
 public:
  void seal_to(std::uint64_t /*counter*/, ByteSpan /*header*/, ByteSpan plaintext, std::byte* out) override {
    if (out != plaintext.data()) std::copy(plaintext.begin(), plaintext.end(), out);
    std::fill_n(out + plaintext.size(), tag_size, std::byte{});
  }
  bool open_to(std::uint64_t /*counter*/, ByteSpan /*header*/, ByteSpan sealed, std::byte* out) override {
    if (sealed.size() < tag_size) return false;
    const ByteSpan plaintext = sealed.first(sealed.size() - tag_size);
    if (out != plaintext.data()) std::copy(plaintext.begin(), plaintext.end(), out);
    return true;
  }
};

class NoCipherFactory final : public AeadFactory {
 public:
  std::unique_ptr<Aead> make(const AeadKey& /*key*/) override { return std::make_unique<NoCipher>(); }
  [[nodiscard]] std::string_view name() const override { return "none"; }
};

}  // namespace

std::unique_ptr<AeadFactory> make_best_aead_factory() {
  return std::make_unique<NoCipherFactory>();
}

std::unique_ptr<AeadFactory> make_fastest_aead_factory(const std::function<std::uint64_t()>& /*nanoseconds*/) {
  return make_best_aead_factory();
}

std::unique_ptr<AeadFactory> make_named_aead_factory(std::string_view /*name*/) {
  return make_best_aead_factory();
}

}  // namespace ipop::crypto
