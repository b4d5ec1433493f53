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

// Between the changes and the brace that ends them, so that it is JSON as a whole.
constexpr std::string_view proof_begins = ", \"proof\": \"";
constexpr std::string_view proof_ends = "\"}";

Bytes text_of_changes(std::string_view changes, std::string_view asked) {
  return to_bytes(as_bytes("ipop-dhcp changes for " + std::string(asked) + "\n" + std::string(changes)));
}

}  // namespace

std::string sign_changes(std::string json, std::string_view asked, const crypto::PrivateKey& key) {
  json.resize(json.rfind('}'));
  Bytes proof;
  ByteWriter writer(proof);
  writer.write(ByteSpan(key.public_key().point()));
  writer.write(ByteSpan(key.sign(text_of_changes(json, asked))));
  return json + std::string(proof_begins) + to_base64(proof) + std::string(proof_ends);
}

Result<crypto::Digest256> check_changes(std::string_view json, std::string_view asked) {
  const auto begins = json.rfind(proof_begins);
  if (begins == std::string_view::npos || !json.ends_with(proof_ends))
    return {Errc::malformed, "the first server's answer is not signed; is it an older version?"};
  const std::string_view changes = json.substr(0, begins);
  const std::string_view text = json.substr(begins + proof_begins.size());
  const auto octets = parse_base64(text.substr(0, text.size() - proof_ends.size()));
  if (!octets) return {Errc::malformed, "no base64 in the first server's proof"};
  ByteReader in(*octets);
  const crypto::PublicKey key(in.take_array<crypto::PublicKey::size>());
  const auto signature = in.take_array<std::tuple_size_v<crypto::Signature>>();
  if (!in.done()) return {Errc::malformed, "the first server's proof has another length"};
  const auto parsed = crypto::VerificationKey::of(key);
  if (!parsed || !parsed->verify(text_of_changes(changes, asked), signature))
    return {Errc::bad_checksum, "the signature of the first server's answer"};
  return parsed->fingerprint();
}

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
