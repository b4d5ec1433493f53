// Overlay::State: who is a member, and the revocation list on its way.

#include <utility>

#include "crypto/revocation_list.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {

void Overlay::State::handle_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> trust) {
  trust_ = std::move(trust);
  if (const crypto::RevocationList* list = trust_->revocations()) {
    Bytes octets;
    encode(*list, octets);
    spread_.set_list(now, list->number(), std::move(octets));
  }
  // Before the channels of whom it names end: so the revoked machine hears of it too.
  send_list_messages(now);
  table_.handle_trust(now, trust_);
  admit_level_peers(now);
  settle(now);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const ListNumber& number) {
  if (trust_->kind() == crypto::GroupKind::open) {
    counters_.add("drop_list_in_open_group");
    return;
  }
  spread_.handle_message(now, link.peer, number);
  send_list_messages(now, channel);
  wake_by(spread_.poll_timeout());
  admit_level_peers(now);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const ListRequest& request) {
  spread_.handle_message(now, link.peer, request);
  send_list_messages(now, channel);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId /*channel*/, const ListPiece& piece) {
  if (trust_->kind() == crypto::GroupKind::open) {
    counters_.add("drop_list_in_open_group");
    return;
  }
  const NodeId peer = link.peer;
  if (const auto list = spread_.handle_message(now, peer, piece)) adopt(now, peer, *list);
  send_list_messages(now);
  wake_by(spread_.poll_timeout());
  admit_level_peers(now);
}

void Overlay::State::adopt(TimePoint now, const NodeId& from, ByteSpan octets) {
  auto list = crypto::decode_revocation_list(octets);
  auto newer = list ? trust_->with_revocations(*std::move(list))
                    : Result<std::shared_ptr<const crypto::TrustStore>>(std::move(list).error());
  if (!newer) {
    counters_.add("drop_list_refused");
    journal_.add(now, from, "its revocation list is refused: " + newer.error().message());
    spread_.refuse(from);
    // Who can't give a list that counts can't be told from one who holds it back.
    if (const Link* link = links_.find(from); link != nullptr && !link->admitted) {
      close_link(now, from, CloseReason::unneeded, "its revocation list is refused");
    }
    return;
  }
  trust_ = *std::move(newer);
  spread_.set_list(now, trust_->revocation_number(), to_bytes(octets));
  send_list_messages(now);
  table_.handle_trust(now, trust_);
  counters_.add("revocation_lists");
  outputs_.push(TrustChanged{trust_});
  dirty_ = true;
}

void Overlay::State::admit_level_peers(TimePoint now) {
  for (const auto& [peer, link] : std::as_const(links_).all()) {
    if (!link.admitted && !link.paths.empty() && spread_.is_level(peer)) admit(now, *links_.find(peer));
  }
}

void Overlay::State::send_list_messages(TimePoint now, std::optional<crypto::ChannelId> asked) {
  for (const RevocationSpread::Send& send : spread_.take_messages()) {
    Link* link = links_.find(send.peer);
    if (link == nullptr) continue;
    if (asked && link->paths.find(*asked) != nullptr) {
      send_message(now, *link, *asked, send.message);
    } else {
      speak(now, *link, send.message);
    }
  }
}

void Overlay::State::repeat_list_messages(TimePoint now) {
  spread_.handle_timeout(now);
  send_list_messages(now);
  for (const NodeId& peer : spread_.take_silent()) {
    const Link* link = links_.find(peer);
    if (link == nullptr || link->admitted) continue;
    counters_.add("links_not_admitted");
    close_link(now, peer, CloseReason::unneeded, "it told no revocation number");
  }
}

}  // namespace ipop::overlay
