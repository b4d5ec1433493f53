#include "crypto/private_key.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "crypto/hash.hpp"
#include "crypto/private_key_native.hpp"
#include "crypto/verification_key.hpp"

namespace ipop::crypto {
namespace {

constexpr std::size_t coordinate_size = 32;
constexpr std::size_t uncompressed_size = 65;
constexpr std::string_view curve_name = "prime256v1";

// DER of SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 octets } up to the
// point (RFC 5480, section 2).
constexpr std::array<unsigned char, 26> spki_prefix = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

struct ParamsFree {
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
};
struct ParamBuilderFree {
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};

/// The curve, made once: making it costs as much as using it.
const EC_GROUP& curve() {
  static const GroupPtr group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  assert(group != nullptr);
  return *group;
}

/// A key object of the curve: with `scalar` a pair, without it only the public half.
KeyPtr import_key(ByteSpan point, const BIGNUM* scalar) {
  const std::unique_ptr<OSSL_PARAM_BLD, ParamBuilderFree> builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve_name.data(),
                                      curve_name.size()) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  if (scalar != nullptr && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) != 1) return nullptr;
  const std::unique_ptr<OSSL_PARAM, ParamsFree> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  EVP_PKEY* key = nullptr;
  const int selection = scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) return nullptr;
  return KeyPtr(key);
}

/// A public key of the curve, whichever: its parameters are copied in a tenth of the time in which they are read.
const EVP_PKEY& curve_key() {
  static const KeyPtr key = [] {
    std::array<std::byte, uncompressed_size> generator{};
    (void)EC_POINT_point2oct(&curve(), EC_GROUP_get0_generator(&curve()), POINT_CONVERSION_UNCOMPRESSED,
                             reinterpret_cast<unsigned char*>(generator.data()), generator.size(), nullptr);
    return import_key(generator, nullptr);
  }();
  assert(key != nullptr);
  return *key;
}

}  // namespace

std::optional<PublicKey> point_of_spki(ByteSpan spki) {
  constexpr std::size_t prefix_size = spki_prefix.size();
  if (spki.size() != prefix_size + uncompressed_size || spki[prefix_size] != std::byte{4} ||
      std::memcmp(spki.data(), spki_prefix.data(), prefix_size) != 0) {
    return std::nullopt;
  }
  std::array<std::byte, PublicKey::size> point{};
  point[0] = (spki.back() & std::byte{1}) == std::byte{1} ? std::byte{3} : std::byte{2};
  std::ranges::copy(spki.subspan(prefix_size + 1, coordinate_size), point.begin() + 1);
  return PublicKey(point);
}

KeyPtr key_of_spki(ByteSpan spki) {
  constexpr std::size_t prefix_size = spki_prefix.size();
  KeyPtr key(EVP_PKEY_new());
  if (spki.size() != prefix_size + uncompressed_size || !key ||
      EVP_PKEY_copy_parameters(key.get(), &curve_key()) != 1 ||
      EVP_PKEY_set1_encoded_public_key(key.get(), octets_of(spki.subspan(prefix_size)), uncompressed_size) != 1)
    return nullptr;
  return key;
}

Result<PublicKey> public_key_of(EVP_PKEY& key) {
  std::array<char, 32> group{};
  std::size_t group_size = 0;
  if (EVP_PKEY_is_a(&key, "EC") != 1 || EVP_PKEY_get_group_name(&key, group.data(), group.size(), &group_size) != 1 ||
      std::string_view(group.data(), group_size) != curve_name) {
    return Result<PublicKey>(Errc::unsupported, "not a P-256 key");
  }
  std::array<std::byte, uncompressed_size> encoded{};
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(&key, OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(encoded.data()),
                                      encoded.size(), &size) != 1) {
    return Result<PublicKey>(Errc::unsupported, "no public point");
  }
  std::array<std::byte, PublicKey::size> point{};
  if (size == uncompressed_size) {
    point[0] = (encoded[uncompressed_size - 1] & std::byte{1}) == std::byte{1} ? std::byte{3} : std::byte{2};
  } else if (size == PublicKey::size) {
    point[0] = encoded[0];
  } else {
    return Result<PublicKey>(Errc::unsupported, "no public point");
  }
  std::copy_n(encoded.begin() + 1, coordinate_size, point.begin() + 1);
  return PublicKey(point);
}

Result<Bytes> spki_of(const PublicKey& key) {
  const ErrorQueueGuard guard;
  const PointPtr point(EC_POINT_new(&curve()));
  Bytes out(spki_prefix.size() + uncompressed_size);
  std::memcpy(out.data(), spki_prefix.data(), spki_prefix.size());
  // The one-octet encoding of the point at infinity has another size, so 33 octets never give it.
  if (!point || EC_POINT_oct2point(&curve(), point.get(), octets_of(key.point()), PublicKey::size, nullptr) != 1 ||
      EC_POINT_point2oct(&curve(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                         reinterpret_cast<unsigned char*>(out.data()) + spki_prefix.size(), uncompressed_size,
                         nullptr) != uncompressed_size) {
    return Result<Bytes>(Errc::malformed, "not a point of P-256");
  }
  return out;
}

Result<Digest256> key_fingerprint_of(const PublicKey& key) {
  return spki_of(key).and_then([](Bytes&& spki) { return Result<Digest256>(sha256(spki)); });
}

Result<NodeId> node_id_of(const PublicKey& key) {
  return key_fingerprint_of(key).and_then(
      [](Digest256&& digest) { return Result<NodeId>(NodeId::from_prefix(digest)); });
}

bool verify(const PublicKey& key, ByteSpan data, const Signature& signature) {
  const auto parsed = VerificationKey::of(key);
  return parsed && parsed->verify(data, signature);
}

PrivateKey::PrivateKey(std::shared_ptr<const Native> native) : native_(std::move(native)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::PrivateKey(const PrivateKey&) = default;
PrivateKey& PrivateKey::operator=(const PrivateKey&) = default;
PrivateKey::~PrivateKey() = default;

Result<PrivateKey> PrivateKey::generate() {
  const ErrorQueueGuard guard;
  KeyPtr key(EVP_EC_gen(curve_name.data()));
  if (!key) return Result<PrivateKey>(Errc::exhausted, "no entropy for a key");
  auto point = public_key_of(*key);
  if (!point) return std::move(point).error();
  return PrivateKey(std::make_shared<const Native>(Native{std::move(key), *point}));
}

PrivateKey PrivateKey::from_seed(ByteSpan seed) {
  const ErrorQueueGuard guard;
  // 64 octets reduced by a 32-octet order leave no bias that could be measured.
  Bytes wide;
  for (const std::uint8_t half : {std::uint8_t{0}, std::uint8_t{1}}) {
    Bytes input;
    ByteWriter(input).write(half);
    append(input, seed);
    append(wide, sha256(input));
  }
  const EC_GROUP* group = &curve();
  const BignumContextPtr context(BN_CTX_new());
  const BignumPtr scalar(BN_bin2bn(octets_of(wide), static_cast<int>(wide.size()), nullptr));
  const BignumPtr bound(BN_dup(EC_GROUP_get0_order(group)));
  const PointPtr point(EC_POINT_new(group));
  std::array<std::byte, uncompressed_size> encoded{};
  const bool made = BN_sub_word(bound.get(), 1) == 1 &&
                    BN_mod(scalar.get(), scalar.get(), bound.get(), context.get()) == 1 &&
                    BN_add_word(scalar.get(), 1) == 1 &&
                    EC_POINT_mul(group, point.get(), scalar.get(), nullptr, nullptr, context.get()) == 1 &&
                    EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                       reinterpret_cast<unsigned char*>(encoded.data()), encoded.size(),
                                       context.get()) == encoded.size();
  assert(made);
  static_cast<void>(made);
  wipe(wide);
  KeyPtr key = import_key(encoded, scalar.get());
  assert(key != nullptr);
  const auto public_half = public_key_of(*key);
  return PrivateKey(std::make_shared<const Native>(Native{std::move(key), *public_half}));
}

const PublicKey& PrivateKey::public_key() const {
  return native_->public_key;
}

Signature PrivateKey::sign(ByteSpan data) const {
  const ErrorQueueGuard guard;
  const DigestContextPtr context(EVP_MD_CTX_new());
  std::array<unsigned char, 80> der{};
  std::size_t size = der.size();
  const bool made = EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, native_->key.get()) == 1 &&
                    EVP_DigestSign(context.get(), der.data(), &size, octets_of(data), data.size()) == 1;
  assert(made);
  static_cast<void>(made);
  const unsigned char* in = der.data();
  const EcdsaSignaturePtr pair(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(size)));
  assert(pair != nullptr);
  Signature out{};
  auto* octets = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), octets, coordinate_size);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), octets + coordinate_size, coordinate_size);
  return out;
}

}  // namespace ipop::crypto
