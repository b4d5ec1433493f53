#pragma once

#include <optional>
#include <vector>

#include "base/machine.hpp"
#include "crypto/channel_table.hpp"

namespace ipop::crypto {

/// What a channel table puts out, in order. Payloads of one channel are given out together, and before any news that
/// came after them; packets that go out one by one are given out together while they go to the same carrier.
class ChannelOutputs {
 public:
  using Output = ChannelTable::Output;

  /// A payload that came over a channel.
  void receive(ChannelId id, Bytes payload);
  /// A packet of the table's own. It waits for the end of the batch: flush().
  void transmit(const Carrier& to, Bytes packet);
  /// News, behind all that was received.
  void emit(Output output);

  /// The end of a batch of inputs: all that waits is given out, what goes over the wire last.
  void flush();
  [[nodiscard]] std::optional<Output> poll() { return outputs_.poll(); }
  /// What was not given out is lost.
  void clear();

 private:
  void flush_received();

  std::vector<ChannelTable::Received> received_;
  std::vector<ChannelTable::Transmit> transmits_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::crypto
