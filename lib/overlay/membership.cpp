#include "overlay/membership.hpp"

#include <utility>

#include "crypto/revocation_list.hpp"

namespace ipop::overlay {

void Membership::handle_trust_changed(TimePoint now) {
  given_ = 0;
  if (const crypto::RevocationList* list = basis_.trust()->revocations()) {
    Bytes octets;
    encode(*list, octets);
    spread_.set_list(now, list->number(), std::move(octets));
  }
  tell();
}

void Membership::handle_linked(TimePoint now, const NodeId& peer) {
  if (is_open()) return;
  spread_.handle_linked(now, peer);
  tell();
}

bool Membership::drops_list() {
  if (is_open()) counters_.add("drop_list_in_open_group");
  return is_open();
}

void Membership::handle_message(TimePoint now, const NodeId& peer, crypto::ChannelId channel,
                                const ListNumber& number) {
  if (drops_list()) return;
  spread_.handle_message(now, peer, number);
  tell(channel);
}

void Membership::handle_message(TimePoint now, const NodeId& peer, crypto::ChannelId channel,
                                const ListRequest& request) {
  spread_.handle_message(now, peer, request);
  tell(channel);
}

void Membership::handle_message(TimePoint now, const NodeId& peer, crypto::ChannelId /*channel*/,
                                const ListPiece& piece) {
  if (drops_list()) return;
  if (const auto list = spread_.handle_message(now, peer, piece)) judge(peer, *list);
  tell();
}

void Membership::handle_timeout(TimePoint now) {
  spread_.handle_timeout(now);
  tell();
  for (const NodeId& peer : spread_.take_silent()) {
    counters_.add("links_not_admitted");
    outputs_.push(Unfit{peer, "it told no revocation number", {}});
  }
}

void Membership::judge(const NodeId& from, ByteSpan octets) {
  auto list = crypto::decode_revocation_list(octets);
  // Another peer gave it as well, before the owner could say that it holds.
  if (list && given_ > basis_.trust()->revocation_number() && list->number() <= given_) return;
  auto newer = list ? basis_.trust()->with_revocations(*std::move(list))
                    : Result<std::shared_ptr<const crypto::TrustStore>>(std::move(list).error());
  if (!newer) {
    counters_.add("drop_list_refused");
    spread_.refuse(from);
    // Who can't give a list that counts can't be told from one who holds it back.
    outputs_.push(Unfit{from, "its revocation list is refused", newer.error().message()});
    return;
  }
  counters_.add("revocation_lists");
  given_ = (*newer)->revocation_number();
  outputs_.push(Newer{*std::move(newer)});
}

void Membership::tell(std::optional<crypto::ChannelId> asked) {
  for (RevocationSpread::Send& send : spread_.take_messages())
    outputs_.push(Tell{send.peer, asked, std::move(send.message)});
}

}  // namespace ipop::overlay
