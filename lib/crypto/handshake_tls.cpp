#include <algorithm>
#include <array>
#include <cassert>
#include <span>

#include "base/log.hpp"
#include "crypto/certificate_native.hpp"
#include "crypto/frame_stream.hpp"
#include "crypto/handshake.hpp"
#include "crypto/hash.hpp"
#include "crypto/key_context.hpp"
#include "crypto/openssl_ptr.hpp"
#include "crypto/private_key_native.hpp"

namespace ipop::crypto {
namespace {

// RFC 5705, section 4: labels that are not registered begin so.
constexpr std::string_view keys_label = "EXPERIMENTAL grid-appliance channel";
constexpr std::string_view lanes_label = "EXPERIMENTAL grid-appliance lanes";

// Our flights are 700 to 1,300 octets.
constexpr long max_record = 2048;

std::string_view tls_name(AeadSuite suite) {
  return suite == AeadSuite::chacha20_poly1305 ? "TLS_CHACHA20_POLY1305_SHA256" : "TLS_AES_128_GCM_SHA256";
}

/// As SSL_CTX_set_ciphersuites wants them.
std::string tls_names(std::span<const AeadSuite> suites) {
  std::string out;
  for (const AeadSuite suite : suites)
    out.append(out.empty() ? "" : ":").append(tls_name(suite));
  return out;
}

/// What the verification callback needs and finds; lives as long as the SSL object.
struct Verification {
  WallTime wall{};
  std::shared_ptr<const TrustStore> trust{};
  PeerIdentity peer{};
  std::string failure{};
};

/// The group's rule. Returns the reason for a refusal, or nothing.
std::string check_peer(X509_STORE_CTX& store, Verification& verification) {
  X509* native = X509_STORE_CTX_get0_cert(&store);
  const auto* chain = X509_STORE_CTX_get0_untrusted(&store);
  if (native == nullptr) return "no certificate";
  if (chain != nullptr && sk_X509_num(chain) > 1) return "more than one certificate";
  X509_up_ref(native);
  const auto certificate = Certificate::from_native({X509Ptr(native)});
  if (!certificate) return "certificate: " + certificate.error().message();
  auto peer = verification.trust->verify(*certificate, verification.wall);
  if (!peer) return peer.error().message();
  verification.peer = std::move(*peer);
  return {};
}

int verify_peer(X509_STORE_CTX* store, void* /*unused*/) {
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& verification = *static_cast<Verification*>(SSL_get_app_data(ssl));
  verification.failure = check_peer(*store, verification);
  const bool good = verification.failure.empty();
  X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
  return good ? 1 : 0;
}

class TlsHandshake final : public Handshake {
 public:
  TlsHandshake(SSL_CTX& context, const Bytes& own_certificate, HandshakeRole role, WallTime wall,
               const std::shared_ptr<const TrustStore>& trust)
      : own_certificate_(own_certificate), role_(role), ssl_(SSL_new(&context)) {
    assert(ssl_ != nullptr);
    verification_.wall = wall;
    verification_.trust = trust;
    SSL_set_app_data(ssl_.get(), &verification_);
    BIO* incoming = BIO_new(BIO_s_mem());
    BIO* outgoing = BIO_new(BIO_s_mem());
    assert(incoming != nullptr && outgoing != nullptr);
    // An empty queue means "more will come", not "the end".
    BIO_set_mem_eof_return(incoming, -1);
    BIO_set_mem_eof_return(outgoing, -1);
    SSL_set_bio(ssl_.get(), incoming, outgoing);
    if (role == HandshakeRole::client) {
      SSL_set_connect_state(ssl_.get());
    } else {
      SSL_set_accept_state(ssl_.get());
    }
  }

  State advance(ByteSpan incoming) override {
    const ErrorQueueGuard guard;
    if (state_ == State::failed) return state_;
    if (!incoming.empty() &&
        BIO_write(SSL_get_rbio(ssl_.get()), incoming.data(), static_cast<int>(incoming.size())) <= 0) {
      return fail("no memory");
    }
    return state_ == State::running ? shake() : watch();
  }

  Bytes take_outgoing() override {
    BIO* outgoing = SSL_get_wbio(ssl_.get());
    Bytes out(static_cast<std::size_t>(BIO_ctrl_pending(outgoing)));
    if (!out.empty()) BIO_read(outgoing, out.data(), static_cast<int>(out.size()));
    return out;
  }

  [[nodiscard]] std::string failure() const override { return failure_; }

  [[nodiscard]] const PeerIdentity& peer() const override {
    assert(state_ == State::done);
    return verification_.peer;
  }

  [[nodiscard]] AeadSuite suite() const override {
    assert(state_ == State::done);
    const SSL_CIPHER* used = SSL_get_current_cipher(ssl_.get());
    assert(used != nullptr);
    const bool is_chacha20 = SSL_CIPHER_get_name(used) == tls_name(AeadSuite::chacha20_poly1305);
    return is_chacha20 ? AeadSuite::chacha20_poly1305 : AeadSuite::aes_128_gcm;
  }

  [[nodiscard]] SessionKeys export_keys(ByteSpan context) const override {
    std::array<std::byte, largest_key_block> room{};
    const auto block = std::span(room).first(key_block_size(suite()));
    export_to(keys_label, context, block);
    const SessionKeys out = keys_from(block, role_, suite());
    wipe(room);
    return out;
  }

  [[nodiscard]] Digest256 export_lane_secret(ByteSpan context) const override {
    Digest256 out{};
    export_to(lanes_label, context, out);
    return out;
  }

 private:
  void export_to(std::string_view label, ByteSpan context, std::span<std::byte> out) const {
    assert(state_ == State::done);
    const Bytes& peer_certificate = verification_.peer.certificate.der();
    const Digest256 full = role_ == HandshakeRole::client
                               ? with_certificates(context, own_certificate_, peer_certificate)
                               : with_certificates(context, peer_certificate, own_certificate_);
    const int made = SSL_export_keying_material(ssl_.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                                label.data(), label.size(), octets_of(full), full.size(), 1);
    assert(made == 1);
    static_cast<void>(made);
  }

  State shake() {
    const int result = SSL_do_handshake(ssl_.get());
    // Asked directly after the call: anything in between would change the answer.
    const int reason = SSL_get_error(ssl_.get(), result);
    if (result == 1) {
      state_ = State::done;
      return watch();
    }
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return state_;
    return fail(verification_.failure.empty() ? library_error() : verification_.failure);
  }

  /// After the end only an alert can come: a server that refuses us says so then.
  State watch() {
    std::byte octet{};
    const int result = SSL_read(ssl_.get(), &octet, 1);
    const int reason = SSL_get_error(ssl_.get(), result);
    if (result <= 0 && (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE)) return state_;
    return fail(result > 0 ? std::string("octets behind the handshake") : library_error());
  }

  State fail(const std::string& why) {
    failure_ = escape_text(why);
    state_ = State::failed;
    return state_;
  }

  static std::string library_error() {
    const unsigned long code = ERR_peek_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    return reason != nullptr ? std::string("TLS: ") + reason : std::string("TLS: closed by the peer");
  }

  const Bytes& own_certificate_;
  HandshakeRole role_;
  Verification verification_;
  SslPtr ssl_;
  State state_ = State::running;
  std::string failure_;
};

class TlsHandshakeFactory final : public HandshakeFactory {
 public:
  TlsHandshakeFactory(const PrivateKey& key, const Certificate& certificate, std::span<const AeadSuite> offers)
      : certificate_(certificate.der()), context_(SSL_CTX_new(TLS_method())) {
    const ErrorQueueGuard guard;
    SSL_CTX* context = context_.get();
    assert(context != nullptr);
    // Before key and certificate are set: the level judges them.
    SSL_CTX_set_security_level(context, 2);
    const bool made =
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_ciphersuites(context, tls_names(offers).c_str()) == 1 &&
        SSL_CTX_set1_groups_list(context, "X25519") == 1 && SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256") == 1 &&
        SSL_CTX_set1_client_sigalgs_list(context, "ECDSA+SHA256") == 1 &&
        SSL_CTX_use_certificate_ASN1(context, static_cast<int>(certificate_.size()),
                                     reinterpret_cast<const unsigned char*>(certificate_.data())) == 1 &&
        SSL_CTX_use_PrivateKey(context, key.native().key.get()) == 1 && SSL_CTX_set_num_tickets(context, 0) == 1;
    assert(made);
    static_cast<void>(made);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // There is no middlebox on this path, and its compatibility records only make the flights longer.
    SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    // The peer has the authority's certificate, or none is needed.
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    // A handshake that waits keeps no empty buffers of 16 KiB, and what it sends fits in a smaller one.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_send_fragment(context, max_record);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_quiet_shutdown(context, 1);
    SSL_CTX_set_max_cert_list(context, static_cast<long>(FrameStream::capacity / 2));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify_peer, nullptr);
  }

  /// RFC 8446, 5.1 and 4: records of the type handshake, the first message in them a client hello.
  [[nodiscard]] Beginning look_at(ByteSpan stream) const override {
    constexpr std::uint8_t record_handshake = 22;
    constexpr std::uint8_t message_client_hello = 1;
    constexpr std::size_t message_head = 4;
    Bytes message;
    ByteReader in(stream);
    while (in.remaining() >= 5) {
      const auto type = in.read<std::uint8_t>();
      const auto version = in.read<std::uint8_t>();
      in.read<std::uint8_t>();
      const auto size = in.read<std::uint16_t>();
      if (type != record_handshake || version != 3 || size == 0) return Beginning::nonsense;
      append(message, in.take(std::min<std::size_t>(size, in.remaining())));
      if (message.size() < message_head) continue;
      ByteReader head(message);
      if (head.read<std::uint8_t>() != message_client_hello) return Beginning::nonsense;
      const std::size_t high = head.read<std::uint8_t>();
      if (message.size() >= message_head + (high << 16U) + head.read<std::uint16_t>()) return Beginning::whole;
    }
    return Beginning::incomplete;
  }

  std::unique_ptr<Handshake> make(HandshakeRole role, WallTime wall,
                                  const std::shared_ptr<const TrustStore>& trust) override {
    const ErrorQueueGuard guard;
    return std::make_unique<TlsHandshake>(*context_, certificate_, role, wall, trust);
  }

 private:
  Bytes certificate_;
  SslContextPtr context_;
};

}  // namespace

std::unique_ptr<HandshakeFactory> make_tls_handshake_factory(const PrivateKey& key, const Certificate& certificate,
                                                             std::span<const AeadSuite> offers) {
  return std::make_unique<TlsHandshakeFactory>(key, certificate, offers);
}

}  // namespace ipop::crypto
