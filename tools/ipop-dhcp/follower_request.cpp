#include "follower_request.hpp"

#include "base/base64.hpp"
#include "crypto/verification_key.hpp"

namespace ipop::ipop_dhcp {
namespace {

constexpr std::string_view scheme = "Ipop-Follower ";
constexpr std::chrono::seconds proof_slack = std::chrono::minutes(10);

Bytes text_of(std::int64_t after, WallTime now) {
  return to_bytes(as_bytes("ipop-dhcp changes " + std::to_string(after) + " " + std::to_string(now.seconds)));
}

}  // namespace

std::string make_follower_proof(const crypto::PrivateKey& key, std::int64_t after, WallTime now) {
  Bytes out;
  ByteWriter writer(out);
  writer.write(ByteSpan(key.public_key().point()));
  writer.write(static_cast<std::uint64_t>(now.seconds));
  writer.write(ByteSpan(key.sign(text_of(after, now))));
  return std::string(scheme) + to_base64(out);
}

Result<crypto::Digest256> check_follower_proof(std::string_view proof, std::int64_t after, WallTime now) {
  if (!proof.starts_with(scheme)) return {Errc::malformed, "no proof of a server that follows"};
  const auto octets = parse_base64(proof.substr(scheme.size()));
  if (!octets) return {Errc::malformed, "no base64 in the proof"};
  ByteReader in(*octets);
  const crypto::PublicKey key(in.take_array<crypto::PublicKey::size>());
  const WallTime when{static_cast<std::int64_t>(in.read<std::uint64_t>())};
  const auto signature = in.take_array<std::tuple_size_v<crypto::Signature>>();
  if (!in.done()) return {Errc::malformed, "the proof has another length"};
  const auto parsed = crypto::VerificationKey::of(key);
  if (!parsed || !parsed->verify(text_of(after, when), signature)) return {Errc::bad_checksum, "the proof's signature"};
  if (when < now - proof_slack || now + proof_slack < when)
    return {Errc::expired, "the clocks of the two servers differ by more than ten minutes"};
  return parsed->fingerprint();
}

}  // namespace ipop::ipop_dhcp
