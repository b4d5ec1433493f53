#include <array>
#include <cstring>

#include "crypto/aead.hpp"
#include "crypto/aead_nonce.hpp"
#include "crypto/hash.hpp"

#ifdef GA_HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

namespace ipop::crypto {

#ifdef GA_HAVE_IPSEC_MB
namespace {

using Manager = std::shared_ptr<IMB_MGR>;

const std::uint8_t* octets_of(ByteSpan span) {
  return reinterpret_cast<const std::uint8_t*>(span.data());
}

class IpsecMbAead final : public Aead {
 public:
  IpsecMbAead(Manager manager, const AeadKey& key) : manager_(std::move(manager)), salt_(key.salt) {
    IMB_AES128_GCM_PRE(manager_.get(), key.key.data(), &key_);
  }
  ~IpsecMbAead() override {
    wipe(std::as_writable_bytes(std::span(&key_, 1)));
    wipe(std::as_writable_bytes(std::span(&context_, 1)));
  }
  IpsecMbAead(const IpsecMbAead&) = delete;
  IpsecMbAead& operator=(const IpsecMbAead&) = delete;

  void seal_to(std::uint64_t counter, ByteSpan header, ByteSpan plaintext, std::byte* out) override {
    const auto nonce = make_nonce(salt_, counter);
    auto* to = reinterpret_cast<std::uint8_t*>(out);
    const std::uint8_t* from = plaintext.empty() ? to : octets_of(plaintext);
    IMB_AES128_GCM_ENC(manager_.get(), &key_, &context_, to, from, plaintext.size(), octets_of(nonce),
                       octets_of(header), header.size(), to + plaintext.size(), tag_size);
  }

  bool open_to(std::uint64_t counter, ByteSpan header, ByteSpan sealed, std::byte* out) override {
    if (sealed.size() < tag_size) return false;
    const auto nonce = make_nonce(salt_, counter);
    const std::size_t size = sealed.size() - tag_size;
    auto* to = reinterpret_cast<std::uint8_t*>(out);
    std::array<std::byte, tag_size> tag{};
    IMB_AES128_GCM_DEC(manager_.get(), &key_, &context_, to, octets_of(sealed), size, octets_of(nonce),
                       octets_of(header), header.size(), reinterpret_cast<std::uint8_t*>(tag.data()), tag_size);
    const bool good = equal_secret(tag, sealed.last(tag_size));
    // The library has deciphered before it knew the tag: forged text must not stay behind.
    if (!good) wipe(std::span(out, size));
    return good;
  }

 private:
  Manager manager_;
  std::array<std::byte, 4> salt_;
  alignas(64) gcm_key_data key_{};
  alignas(64) gcm_context_data context_{};
};

class IpsecMbAeadFactory final : public AeadFactory {
 public:
  explicit IpsecMbAeadFactory(Manager manager) : manager_(std::move(manager)) {}
  std::unique_ptr<Aead> make(const AeadKey& key) override {
    // A peer without instructions for AES is the slower one of the two.
    if (key.suite != AeadSuite::aes_128_gcm) return others_->make(key);
    return std::make_unique<IpsecMbAead>(manager_, key);
  }
  [[nodiscard]] std::string_view name() const override { return "ipsec-mb"; }
  [[nodiscard]] std::string_view library_of(AeadSuite suite) const override {
    return suite == AeadSuite::aes_128_gcm ? name() : others_->name();
  }

 private:
  Manager manager_;
  std::unique_ptr<AeadFactory> others_ = make_openssl_aead_factory();
};

}  // namespace

std::unique_ptr<AeadFactory> make_ipsec_mb_aead_factory() {
  // Without these the library emulates the instructions, slower than OpenSSL and not in constant time.
  constexpr std::uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_SSE4_2;
  if ((imb_get_feature_flags() & needed) != needed) return nullptr;
  Manager manager(alloc_mb_mgr(0), [](IMB_MGR* object) {
    if (object != nullptr) free_mb_mgr(object);
  });
  if (!manager) return nullptr;
  init_mb_mgr_auto(manager.get(), nullptr);
  if (imb_get_errno(manager.get()) != 0) return nullptr;
  return std::make_unique<IpsecMbAeadFactory>(std::move(manager));
}
#else
std::unique_ptr<AeadFactory> make_ipsec_mb_aead_factory() {
  return nullptr;
}
#endif

}  // namespace ipop::crypto
