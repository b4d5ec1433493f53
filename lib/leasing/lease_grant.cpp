#include "leasing/lease_grant.hpp"

#include <tuple>

#include "crypto/verification_key.hpp"

namespace ipop::leasing {
namespace {

constexpr std::string_view grant_magic = "ipop-lease-grant";
constexpr std::uint8_t grant_version = 1;

void write_content(const LeaseGrant& grant, ByteWriter& writer) {
  writer.write(grant_version);
  writer.write(grant.address.value());
  writer.write(ByteSpan(grant.node.octets()));
  writer.write(static_cast<std::uint64_t>(grant.issued.seconds));
  writer.write(static_cast<std::uint64_t>(grant.expires.seconds));
  writer.write(ByteSpan(grant.server.point()));
}

Bytes granted_text(const LeaseGrant& grant, std::string_view name_space) {
  Bytes out;
  ByteWriter writer(out);
  writer.write(as_bytes(grant_magic));
  writer.write_sized8(as_bytes(name_space));
  write_content(grant, writer);
  return out;
}

}  // namespace

void sign(LeaseGrant& grant, std::string_view name_space, const crypto::PrivateKey& server) {
  grant.server = server.public_key();
  grant.signature = server.sign(granted_text(grant, name_space));
}

Result<void> check(const LeaseGrant& grant, std::string_view name_space, const crypto::Digest256& server) {
  const auto key = crypto::VerificationKey::of(grant.server);
  if (!key || key->fingerprint() != server) return {Errc::not_authorized, "the grant of another server"};
  if (!key->verify(granted_text(grant, name_space), grant.signature))
    return {Errc::bad_checksum, "the signature of the grant"};
  return {};
}

void encode(const LeaseGrant& grant, Bytes& out) {
  ByteWriter writer(out);
  write_content(grant, writer);
  writer.write(ByteSpan(grant.signature));
}

Result<LeaseGrant> decode_lease_grant(ByteSpan octets) {
  ByteReader in(octets);
  const auto version = in.read<std::uint8_t>();
  LeaseGrant out;
  out.address = net::Ipv4Address(in.read<std::uint32_t>());
  out.node = NodeId(in.take_array<NodeId::size>());
  const auto issued = in.read<std::uint64_t>();
  const auto expires = in.read<std::uint64_t>();
  out.server = crypto::PublicKey(in.take_array<crypto::PublicKey::size>());
  out.signature = in.take_array<std::tuple_size_v<crypto::Signature>>();
  if (!in.ok()) return {Errc::truncated, "lease grant"};
  if (version != grant_version) return {Errc::unsupported, "lease grant version"};
  if (in.remaining() != 0) return {Errc::malformed, "octets after the lease grant"};
  // Later than any clock: as for a record's times.
  if (issued >> 40U != 0 || expires >> 40U != 0) return {Errc::malformed, "times of a lease grant"};
  out.issued = WallTime{static_cast<std::int64_t>(issued)};
  out.expires = WallTime{static_cast<std::int64_t>(expires)};
  return out;
}

}  // namespace ipop::leasing
