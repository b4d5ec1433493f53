#include "crypto/agreement.hpp"

#include "crypto/key_context.hpp"

namespace ipop::crypto {
namespace {

SessionKeys keys_of(const Agreement& agreement, const Handshake& handshake, const ChannelTable::Config& config,
                    bool is_lane) {
  const bool is_client = agreement.role == HandshakeRole::client;
  const Spi own = is_lane ? lane_of(agreement.own.spi()) : agreement.own.spi();
  const Spi remote = is_lane ? lane_of(agreement.remote.spi()) : agreement.remote.spi();
  KeyContext context;
  context.context = config.context;
  context.suite = agreement.suite;
  context.client_id = is_client ? config.self : agreement.peer.id;
  context.server_id = is_client ? agreement.peer.id : config.self;
  context.client_spi = is_client ? own : remote;
  context.server_spi = is_client ? remote : own;
  return handshake.export_keys(digest(context));
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
  out.keys = keys_of(out, handshake, config, false);
  // A peer whose SPI is odd leaves no room for one.
  if (config.lends_lanes && !is_lane(out.remote.spi())) out.lane = keys_of(out, handshake, config, true);
  return out;
}

}  // namespace ipop::crypto
