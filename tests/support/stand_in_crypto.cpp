#include "support/stand_in_crypto.hpp"

#include <cassert>
#include <cstring>

namespace ipop::test_support {
namespace {

using crypto::AeadKey;
using crypto::HandshakeRole;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  // The finalizer of SplitMix64 over a running value: every input bit reaches every output bit.
  std::uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U)));
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

std::uint64_t mix(std::uint64_t start, ByteSpan octets) {
  std::uint64_t out = mix(start, octets.size());
  while (octets.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), sizeof(word));
    out = (out ^ word) * 0xff51afd7ed558ccdU;
    out ^= out >> 29U;
    octets = octets.subspan(8);
  }
  std::uint64_t word = 0;
  if (!octets.empty()) std::memcpy(&word, octets.data(), octets.size());
  return mix(out, word);
}

/// A flight: node id, number, a certificate where one is shown, zeros up to the size.
Bytes make_flight(std::size_t size, const NodeId& id, std::uint64_t number,
                  const StandInCertificate* certificate = nullptr) {
  Bytes out;
  out.reserve(size);
  ByteWriter to(out);
  to.write(id.octets());
  to.write(number);
  if (certificate != nullptr) {
    to.write(certificate->authority);
    to.write(certificate->key);
    to.write_sized8(as_bytes(certificate->user));
  }
  to.write_zeros(size - out.size());
  return out;
}

/// Why the group does not admit the holder, or nothing.
std::string refusal_of(const StandInCertificate& certificate, const crypto::TrustStore& trust) {
  const crypto::Certificate* authority = trust.authority();
  const crypto::Digest256 wanted = authority != nullptr ? authority->fingerprint() : crypto::Digest256{};
  if (certificate.authority != wanted) return "stand-in: certificate is of another authority";
  if (trust.is_revoked(certificate.key, certificate.user)) return "stand-in: certificate is revoked";
  return {};
}

class StandInHandshake final : public crypto::Handshake {
 public:
  StandInHandshake(const NodeId& self, const StandInCertificate& certificate, HandshakeRole role, std::uint64_t nonce,
                   std::shared_ptr<const crypto::TrustStore> trust)
      : self_(self), certificate_(certificate), role_(role), nonce_(nonce), trust_(std::move(trust)) {}

  State advance(ByteSpan incoming) override {
    append(incoming_, incoming);
    if (state_ != State::running) return state_;
    if (role_ == HandshakeRole::client) {
      if (!started_) outgoing_ = make_flight(stand_in_client_hello, self_, nonce_);
      started_ = true;
      if (!take_flight(stand_in_server_flight, true)) return state_;
      if (!failure_.empty()) return state_ = State::failed;
      peer_nonce_ = number_;
      append(outgoing_, make_flight(stand_in_client_flight, self_, mix(nonce_, peer_nonce_), &certificate_));
      state_ = State::done;
    } else if (!started_) {
      if (!take_flight(stand_in_client_hello, false)) return state_;
      started_ = true;
      peer_nonce_ = number_;
      hello_id_ = peer_.id;
      outgoing_ = make_flight(stand_in_server_flight, self_, nonce_, &certificate_);
    } else if (take_flight(stand_in_client_flight, true)) {
      if (number_ != mix(peer_nonce_, nonce_) || peer_.id != hello_id_) {
        failure_ = "stand-in: flights do not belong together";
      }
      state_ = failure_.empty() ? State::done : State::failed;
    }
    return state_;
  }

  Bytes take_outgoing() override { return std::exchange(outgoing_, {}); }
  [[nodiscard]] std::string failure() const override { return failure_; }
  [[nodiscard]] const crypto::PeerIdentity& peer() const override {
    assert(state_ == State::done);
    return peer_;
  }

  [[nodiscard]] crypto::AeadSuite suite() const override { return crypto::AeadSuite::aes_128_gcm; }
  [[nodiscard]] crypto::SessionKeys export_keys(ByteSpan context) const override {
    const std::uint64_t secret = shared_secret(context);
    const AeadKey client_writes = make_key(mix(secret, 1));
    const AeadKey server_writes = make_key(mix(secret, 2));
    if (role_ == HandshakeRole::client) return {client_writes, server_writes};
    return {server_writes, client_writes};
  }
  [[nodiscard]] crypto::Digest256 export_lane_secret(ByteSpan context) const override {
    Bytes octets;
    ByteWriter(octets).write(mix(shared_secret(context), 3));
    return crypto::sha256(octets);
  }

 private:
  [[nodiscard]] std::uint64_t shared_secret(ByteSpan context) const {
    const bool is_client = role_ == HandshakeRole::client;
    std::uint64_t secret = is_client ? mix(nonce_, peer_nonce_) : mix(peer_nonce_, nonce_);
    secret = mix(secret, is_client ? self_.octets() : peer_.id.octets());
    secret = mix(secret, is_client ? peer_.id.octets() : self_.octets());
    return mix(secret, context);
  }

  bool take_flight(std::size_t size, bool has_certificate) {
    if (incoming_.size() < size) return false;
    ByteReader in(ByteSpan(incoming_).first(size));
    peer_.id = NodeId(in.take_array<NodeId::size>());
    number_ = in.read<std::uint64_t>();
    if (has_certificate) take_certificate(in);
    incoming_.erase(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(size));
    return true;
  }

  void take_certificate(ByteReader& in) {
    StandInCertificate certificate;
    certificate.authority = in.take_array<sizeof(crypto::Digest256)>();
    certificate.key = in.take_array<sizeof(crypto::Digest256)>();
    certificate.user = as_text(in.take_sized8());
    failure_ = refusal_of(certificate, *trust_);
    peer_.key = certificate.key;
    peer_.user = certificate.user;
  }

  static AeadKey make_key(std::uint64_t secret) {
    AeadKey out;
    const std::uint64_t more = mix(secret, 3);
    std::memcpy(out.key.data(), &secret, sizeof(secret));
    std::memcpy(out.key.data() + sizeof(secret), &more, sizeof(more));
    return out;
  }

  NodeId self_;
  const StandInCertificate& certificate_;  // of the factory, which outlives its handshakes
  HandshakeRole role_;
  std::uint64_t nonce_;
  std::shared_ptr<const crypto::TrustStore> trust_;
  std::uint64_t peer_nonce_ = 0;
  std::uint64_t number_ = 0;
  NodeId hello_id_{};
  bool started_ = false;
  State state_ = State::running;
  std::string failure_;
  crypto::PeerIdentity peer_{};
  Bytes incoming_;
  Bytes outgoing_;
};

class StandInAead final : public crypto::Aead {
 public:
  explicit StandInAead(const AeadKey& key) : key_(mix(0, key.key)) {}

  void seal_to(std::uint64_t counter, ByteSpan header, ByteSpan plaintext, std::byte* out) override {
    const auto tag = tag_of(counter, header, plaintext);
    if (plaintext.data() != out) std::ranges::copy(plaintext, out);
    std::ranges::copy(tag, out + plaintext.size());
  }
  bool open_to(std::uint64_t counter, ByteSpan header, ByteSpan sealed, std::byte* out) override {
    if (sealed.size() < tag_size) return false;
    const ByteSpan plaintext = sealed.first(sealed.size() - tag_size);
    if (!equal(tag_of(counter, header, plaintext), sealed.last(tag_size))) return false;
    if (plaintext.data() != out) std::ranges::copy(plaintext, out);
    return true;
  }

 private:
  [[nodiscard]] std::array<std::byte, tag_size> tag_of(std::uint64_t counter, ByteSpan header, ByteSpan text) const {
    const std::uint64_t sum = mix(mix(mix(key_, counter), header), text);
    const std::uint64_t more = mix(sum, key_);
    std::array<std::byte, tag_size> out{};
    std::memcpy(out.data(), &sum, sizeof(sum));
    std::memcpy(out.data() + sizeof(sum), &more, sizeof(more));
    return out;
  }

  std::uint64_t key_;
};

}  // namespace

std::unique_ptr<crypto::Handshake> StandInHandshakeFactory::make(
    HandshakeRole role, WallTime /*wall*/, const std::shared_ptr<const crypto::TrustStore>& trust) {
  return std::make_unique<StandInHandshake>(self_, certificate_, role, rng_.next(), trust);
}

std::unique_ptr<crypto::Aead> StandInAeadFactory::make(const AeadKey& key) {
  return std::make_unique<StandInAead>(key);
}

}  // namespace ipop::test_support
