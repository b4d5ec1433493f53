#include "crypto/channel_outputs.hpp"

#include <algorithm>

namespace ipop::crypto {

void ChannelOutputs::receive(ChannelId id, Bytes payload) {
  // A batch is mostly of one peer; a few peers are found by looking back.
  const auto open_group = std::ranges::find(received_, id, &ChannelTable::Received::id);
  if (open_group != received_.end()) {
    open_group->payloads.push_back(std::move(payload));
  } else {
    ChannelTable::Received& group = received_.emplace_back();
    group.id = id;
    group.payloads.push_back(std::move(payload));
  }
}

void ChannelOutputs::transmit(const Carrier& to, Bytes packet) {
  if (transmits_.empty() || transmits_.back().to != to) {
    ChannelTable::Transmit& group = transmits_.emplace_back();
    group.to = to;
  }
  transmits_.back().packets.push_back(std::move(packet));
}

void ChannelOutputs::emit(Output output) {
  flush_received();
  outputs_.push(std::move(output));
}

void ChannelOutputs::flush() {
  flush_received();
  for (ChannelTable::Transmit& group : transmits_)
    outputs_.push(std::move(group));
  transmits_.clear();
}

void ChannelOutputs::flush_received() {
  for (ChannelTable::Received& group : received_)
    outputs_.push(std::move(group));
  received_.clear();
}

void ChannelOutputs::clear() {
  received_.clear();
  transmits_.clear();
  outputs_.clear();
}

}  // namespace ipop::crypto
