#include "overlay/payload_sorting.hpp"

#include <utility>

namespace ipop::overlay {

SortedPayloads sort_payloads(std::vector<Bytes> payloads, bool is_direct, bool is_admitted) {
  SortedPayloads out;
  for (Bytes& payload : payloads) {
    if (payload.empty()) {
      ++out.empty;
      continue;
    }
    const std::byte first = payload.front();
    const bool passes_on = is_to_pass_on(first);
    if (!is_admitted && first != static_cast<std::byte>(LinkPayload::link_message)) {
      ++out.not_admitted;
    } else if (is_ip_packet(first)) {
      out.ip_packets.push_back(std::move(payload));
    } else if (!passes_on && first != static_cast<std::byte>(LinkPayload::relayed_final)) {
      out.control.push_back(std::move(payload));
    } else if (!is_direct) {
      ++out.nested;
    } else {
      (passes_on ? out.to_pass_on : out.relayed_here).push_back(std::move(payload));
    }
  }
  return out;
}

std::vector<Bytes> wrap_for_relay(const NodeId& peer, const std::vector<Bytes>& packets, bool is_data) {
  std::vector<Bytes> out(packets.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].reserve(RelayedView::header_size + packets[i].size());
    encode_relayed(is_data ? LinkPayload::relayed : LinkPayload::relayed_control, peer, packets[i], out[i]);
  }
  return out;
}

Unwrapped unwrap_relayed(const std::vector<Bytes>& payloads, const NodeId& self, const NodeId& relay) {
  Unwrapped out;
  for (const Bytes& payload : payloads) {
    const auto view = decode_relayed(payload);
    if (view && view->other != self && view->other != relay) {
      out.packets.push_back({view->other, view->inner});
    } else {
      ++out.malformed;
    }
  }
  return out;
}

}  // namespace ipop::overlay
