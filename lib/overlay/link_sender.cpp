#include "overlay/link_sender.hpp"

#include <utility>

#include "base/machine.hpp"

namespace ipop::overlay {

bool LinkSender::send(TimePoint now, const Link& link, Path& path, std::span<const ByteSpan> payloads, Content content,
                      AnswerComes answer) {
  const auto sealed = table_.seal(now, path.channel, payloads, content);
  if (!sealed) {
    counters_.add("drop_seal_failed", payloads.size());
    links_.journal().add(now, link.peer, "sealing failed: " + sealed.error().message());
    return false;
  }
  std::size_t octets = 0;
  for (const ByteSpan payload : payloads)
    octets += payload.size();
  relaying_.handle_sent(now, octets);
  if (answer == AnswerComes::here) {
    path.liveness.handle_sent(now);
  } else {
    path.liveness.handle_routed(now);
  }
  if (content == Content::data) path.proof.handle_data(now);
  due_ = earliest(earliest(due_, path.liveness.deadline()), path.proof.deadline());
  return true;
}

void LinkSender::send(TimePoint now, crypto::ChannelId channel, const LinkMessage& message) {
  Bytes payload;
  encode(message, payload);
  const ByteSpan span(payload);
  if (!table_.seal(now, channel, {&span, 1})) counters_.add("drop_seal_failed");
}

void LinkSender::tell(TimePoint now, const NodeId& peer, const std::optional<crypto::ChannelId>& channel,
                      const LinkMessage& message) {
  const Link* link = std::as_const(links_).table().find(peer);
  if (link == nullptr) return;
  if (channel && link->has_path(*channel)) {
    send(now, *channel, message);
  } else if (const Path* path = link->paths.speaking()) {
    send(now, path->channel, message);
  }
}

}  // namespace ipop::overlay
