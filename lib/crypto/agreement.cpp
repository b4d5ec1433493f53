#include "crypto/agreement.hpp"

#include "crypto/key_context.hpp"

namespace ipop::crypto {
namespace {

Digest256 key_context_of(const Agreement& agreement, const ChannelTable::Config& config) {
  const bool is_client = agreement.role == HandshakeRole::client;
  const Spi own = agreement.own.spi();
  const Spi remote = agreement.remote.spi();
  KeyContext context;
  context.context = config.context;
  context.suite = agreement.suite;
  context.client_id = is_client ? config.self : agreement.peer.id;
  context.server_id = is_client ? agreement.peer.id : config.self;
  context.client_spi = is_client ? own : remote;
  context.server_spi = is_client ? remote : own;
  return digest(context);
}

}  // namespace

Agreement agreement_of(const HandshakeExchange& exchange, const ChannelTable::Config& config) {
  const Handshake& handshake = exchange.handshake();
  Agreement out;
  out.own = exchange.own();
  out.remote = *exchange.remote();
  out.role = exchange.role();
  out.suite = handshake.suite();
  out.peer = handshake.peer();
  const Digest256 context = key_context_of(out, config);
  out.keys = handshake.export_keys(context);
  if (config.hands != 0 && has_room_for_lanes(out.remote.spi()))
    out.lane_secret.emplace(handshake.export_lane_secret(context), out.role, out.suite);
  return out;
}

}  // namespace ipop::crypto
