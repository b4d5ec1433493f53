#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/trust_store.hpp"
#include "overlay/link_message.hpp"
#include "overlay/revocation_spread.hpp"

namespace ipop::overlay {

/// Who is a member, as far as the links need to know: the trust store that holds, the revocation list on its way from
/// peer to peer, and which peers have told enough of theirs for a link to be used.
class Membership {
 public:
  struct Tell {
    NodeId peer{};
    std::optional<crypto::ChannelId> channel{};  ///< the one over which somebody asked; if it is gone, any
    LinkMessage message{};
  };
  /// A newer list came from a peer, and trust() is another.
  struct Adopted {};
  /// No link to the peer can be used, unless it is already: it does not tell which list it has, or gave none that
  /// counts.
  struct Unfit {
    NodeId peer{};
    std::string why{};
    std::string detail{};  ///< for the journal, if there is any
  };
  using Output = std::variant<Tell, Adopted, Unfit>;

  [[nodiscard]] const std::shared_ptr<const crypto::TrustStore>& trust() const { return trust_; }
  [[nodiscard]] bool is_open() const { return trust_->kind() == crypto::GroupKind::open; }
  /// The peer's list is no newer than ours; always in an open group.
  [[nodiscard]] bool is_level(const NodeId& peer) const { return is_open() || spread_.is_level(peer); }

  /// The owner of the node says who is a member; an open group's rule until then.
  void handle_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> trust);
  void handle_linked(TimePoint now, const NodeId& peer);
  void handle_lost(const NodeId& peer) { spread_.handle_lost(peer); }
  /// `channel`: the path over which it came; its other end may be another instance than that of the path in use.
  void handle_message(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const ListNumber& number);
  void handle_message(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const ListRequest& request);
  void handle_message(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const ListPiece& piece);

  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return spread_.poll_timeout(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void adopt(TimePoint now, const NodeId& from, ByteSpan octets);
  void tell(std::optional<crypto::ChannelId> asked = std::nullopt);
  /// Lists mean nothing in an open group.
  [[nodiscard]] bool drops_list();

  std::shared_ptr<const crypto::TrustStore> trust_ = crypto::TrustStore::open_group();
  RevocationSpread spread_;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Membership>);

}  // namespace ipop::overlay
