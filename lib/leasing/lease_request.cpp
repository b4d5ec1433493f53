#include "leasing/lease_request.hpp"

#include <algorithm>
#include <utility>

#include "crypto/verification_key.hpp"

namespace ipop::leasing {
namespace {

constexpr std::string_view request_magic = "ipop-lease-request";
constexpr std::uint8_t request_version = 1;

Bytes signed_part(const LeaseRequest& request) {
  Bytes out;
  ByteWriter writer(out);
  writer.write(as_bytes(request_magic));
  writer.write(request_version);
  writer.write(static_cast<std::uint8_t>(request.action));
  writer.write_sized8(as_bytes(request.name_space));
  writer.write(ByteSpan(request.node.octets()));
  writer.write(request.sequence);
  writer.write(request.address.value_or(net::Ipv4Address()).value());
  writer.write_sized8(as_bytes(request.host_name));
  writer.write(ByteSpan(request.key.point()));
  writer.write_sized16(request.certificate);
  return out;
}

struct Claimant {
  Requester who{};
  crypto::VerificationKey key;
};

/// The node that the key, or in a closed group the certificate, stands for; that it signed is looked at later.
Result<Claimant> identify(const LeaseRequest& request, const crypto::TrustStore& trust, WallTime now) {
  if (trust.kind() == crypto::GroupKind::open) {
    const auto key = crypto::VerificationKey::of(request.key);
    if (!key) return {Errc::bad_checksum, "the key is no point of the curve"};
    return Claimant{{key->node_id(), {}, std::nullopt}, *key};
  }
  if (request.certificate.empty()) return {Errc::not_authorized, "the group is closed: a certificate is needed"};
  const auto certificate = crypto::Certificate::from_der(request.certificate);
  if (!certificate) return certificate.error();
  if (certificate->public_key() != request.key) return {Errc::not_authorized, "the certificate is another key's"};
  auto peer = trust.verify(*certificate, now);
  if (!peer) return std::move(peer).error();
  return Claimant{{peer->id, std::move(peer->user), peer->key}, crypto::VerificationKey::of(*certificate)};
}

}  // namespace

std::string_view to_string(LeaseAction action) {
  switch (action) {
    case LeaseAction::obtain: return "obtain";
    case LeaseAction::renew: return "renew";
    case LeaseAction::release: return "release";
  }
  return "unknown";
}

bool is_host_name(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= LeaseRequest::max_host_name && std::ranges::all_of(text, fits) &&
         text.front() != '-' && text.back() != '-';
}

void sign(LeaseRequest& request, const crypto::PrivateKey& key) {
  request.key = key.public_key();
  request.signature = key.sign(signed_part(request));
}

Result<Requester> check(const LeaseRequest& request, const crypto::TrustStore& trust, WallTime now) {
  auto claimant = identify(request, trust, now);
  if (!claimant) return std::move(claimant).error();
  if (claimant->who.node != request.node) return {Errc::not_authorized, "the node is not that of the key"};
  if (!claimant->key.verify(signed_part(request), request.signature))
    return {Errc::bad_checksum, "the signature of the request"};
  return std::move(claimant->who);
}

Bytes encode(const LeaseRequest& request) {
  Bytes out = signed_part(request);
  append(out, request.signature);
  return out;
}

Result<LeaseRequest> decode_lease_request(ByteSpan octets) {
  if (octets.size() > LeaseRequest::max_octets) return {Errc::too_large, "lease request"};
  ByteReader in(octets);
  const ByteSpan magic = in.take(request_magic.size());
  const auto version = in.read<std::uint8_t>();
  LeaseRequest out;
  const auto action = in.read<std::uint8_t>();
  out.name_space = as_text(in.take_sized8());
  out.node = NodeId(in.take_array<NodeId::size>());
  out.sequence = in.read<std::uint64_t>();
  const net::Ipv4Address address(in.read<std::uint32_t>());
  out.host_name = as_text(in.take_sized8());
  out.key = crypto::PublicKey(in.take_array<crypto::PublicKey::size>());
  out.certificate = to_bytes(in.take_sized16());
  out.signature = in.take_array<std::tuple_size_v<crypto::Signature>>();
  if (!in.ok()) return {Errc::truncated, "lease request"};
  if (as_text(magic) != request_magic) return {Errc::malformed, "not a lease request"};
  if (version != request_version) return {Errc::unsupported, "lease request version"};
  if (action < 1 || action > 3) return {Errc::unsupported, "lease request action"};
  if (in.remaining() != 0) return {Errc::malformed, "octets after the lease request"};
  if (out.certificate.size() > LeaseRequest::max_certificate) return {Errc::too_large, "certificate"};
  if (!out.host_name.empty() && !is_host_name(out.host_name)) return {Errc::malformed, "host name of a lease request"};
  out.action = LeaseAction{action};
  if (!address.is_unspecified()) out.address = address;
  return out;
}

}  // namespace ipop::leasing
