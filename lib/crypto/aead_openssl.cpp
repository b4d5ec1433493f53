#include <array>
#include <cassert>

#include "crypto/aead.hpp"
#include "crypto/aead_nonce.hpp"
#include "crypto/hash.hpp"
#include "crypto/openssl_ptr.hpp"

namespace ipop::crypto {
namespace {

/// A context's key schedule is computed once: setting the key for every packet costs more than
/// sealing it. A session uses an Aead in one direction only, so each context is made at its first use.
class OpensslAead final : public Aead {
 public:
  explicit OpensslAead(const AeadKey& key) : key_(key) {}
  ~OpensslAead() override { wipe(key_.key); }
  OpensslAead(const OpensslAead&) = delete;
  OpensslAead& operator=(const OpensslAead&) = delete;

  void seal_to(std::uint64_t counter, ByteSpan header, ByteSpan plaintext, std::byte* out) override {
    const auto nonce = make_nonce(key_.salt, counter);
    auto* to = reinterpret_cast<unsigned char*>(out);
    EVP_CIPHER_CTX* context = ready(sealing_, 1);
    int size = 0;
    bool made = EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, octets_of(nonce)) == 1 &&
                EVP_EncryptUpdate(context, nullptr, &size, octets_of(header), static_cast<int>(header.size())) == 1;
    if (!plaintext.empty()) {
      made =
          made && EVP_EncryptUpdate(context, to, &size, octets_of(plaintext), static_cast<int>(plaintext.size())) == 1;
    }
    made = made && EVP_EncryptFinal_ex(context, to + plaintext.size(), &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_size), to + plaintext.size()) == 1;
    assert(made);
    static_cast<void>(made);
  }

  bool open_to(std::uint64_t counter, ByteSpan header, ByteSpan sealed, std::byte* out) override {
    if (sealed.size() < tag_size) return false;
    const auto nonce = make_nonce(key_.salt, counter);
    const ByteSpan ciphertext = sealed.first(sealed.size() - tag_size);
    std::array<unsigned char, tag_size> tag{};
    std::memcpy(tag.data(), sealed.last(tag_size).data(), tag_size);
    auto* to = reinterpret_cast<unsigned char*>(out);
    EVP_CIPHER_CTX* context = ready(opening_, 0);
    int size = 0;
    bool good = EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, octets_of(nonce)) == 1 &&
                EVP_DecryptUpdate(context, nullptr, &size, octets_of(header), static_cast<int>(header.size())) == 1;
    if (!ciphertext.empty()) {
      good = good &&
             EVP_DecryptUpdate(context, to, &size, octets_of(ciphertext), static_cast<int>(ciphertext.size())) == 1;
    }
    // The final call writes nothing in this mode but wants a place.
    std::array<unsigned char, 16> rest{};
    good = good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), tag.data()) == 1 &&
           EVP_DecryptFinal_ex(context, rest.data(), &size) == 1;
    if (!good) wipe(std::span(out, ciphertext.size()));
    return good;
  }

 private:
  EVP_CIPHER_CTX* ready(CipherContextPtr& context, int encrypts) const {
    if (!context) {
      context.reset(EVP_CIPHER_CTX_new());
      const auto* octets = reinterpret_cast<const unsigned char*>(key_.key.data());
      const EVP_CIPHER* cipher =
          key_.suite == AeadSuite::chacha20_poly1305 ? EVP_chacha20_poly1305() : EVP_aes_128_gcm();
      const bool made = context && EVP_CipherInit_ex(context.get(), cipher, nullptr, octets, nullptr, encrypts) == 1;
      assert(made);
      static_cast<void>(made);
    }
    return context.get();
  }

  AeadKey key_;
  CipherContextPtr sealing_;
  CipherContextPtr opening_;
};

class OpensslAeadFactory : public AeadFactory {
 public:
  std::unique_ptr<Aead> make(const AeadKey& key) override { return std::make_unique<OpensslAead>(key); }
  [[nodiscard]] std::string_view name() const override { return "openssl"; }
};

class Chacha20AeadFactory final : public OpensslAeadFactory {
 public:
  [[nodiscard]] std::span<const AeadSuite> offers() const override {
    static constexpr std::array only = {AeadSuite::chacha20_poly1305};
    return only;
  }
  [[nodiscard]] std::string_view name() const override { return to_string(AeadSuite::chacha20_poly1305); }
  [[nodiscard]] std::string_view library_of(AeadSuite /*suite*/) const override { return OpensslAeadFactory::name(); }
};

}  // namespace

std::unique_ptr<AeadFactory> make_openssl_aead_factory() {
  return std::make_unique<OpensslAeadFactory>();
}

std::unique_ptr<AeadFactory> make_chacha20_aead_factory() {
  return std::make_unique<Chacha20AeadFactory>();
}

}  // namespace ipop::crypto
