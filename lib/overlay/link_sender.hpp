#pragma once

#include <optional>
#include <span>
#include <utility>

#include "base/counters.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/link_message.hpp"
#include "overlay/links.hpp"
#include "overlay/relaying.hpp"

namespace ipop::overlay {

/// Seals what goes over links, and notes at the path and for the relaying that it went.
///
/// It is no machine but a part of their owner: a step that Overlay does from many places, on three machines at once.
class LinkSender {
 public:
  using Content = crypto::ChannelTable::Content;  ///< data: somebody would notice its loss
  enum class AnswerComes { here, anywhere };      ///< over the path, or another way, if any does

  LinkSender(crypto::ChannelTable& table, Links& links, Relaying& relaying)
      : table_(table), links_(links), relaying_(relaying) {}

  /// False: nothing went.
  bool send(TimePoint now, const Link& link, Path& path, std::span<const ByteSpan> payloads, Content content,
            AnswerComes answer = AnswerComes::here);
  /// What the two ends tell each other; it is no reason to expect anything.
  void send(TimePoint now, crypto::ChannelId channel, const LinkMessage& message);
  /// The same to a peer, over `channel` if the link has it, else over any path; nothing without a link.
  void tell(TimePoint now, const NodeId& peer, const std::optional<crypto::ChannelId>& channel,
            const LinkMessage& message);

  /// The earliest deadline of a path over which something went since the last call.
  std::optional<TimePoint> take_deadline() { return std::exchange(due_, std::nullopt); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  crypto::ChannelTable& table_;
  Links& links_;
  Relaying& relaying_;
  std::optional<TimePoint> due_;
  Counters counters_;
};

}  // namespace ipop::overlay
