#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/basis.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/link_message.hpp"
#include "overlay/revocation_spread.hpp"

namespace ipop::overlay {

/// Who is a member, as far as the links need to know: the revocation list on its way from peer to peer, and which peers
/// have told enough of theirs for a link to be used. Which list holds, the basis says.
class Membership {
 public:
  struct Tell {
    NodeId peer{};
    std::optional<crypto::ChannelId> channel{};  ///< the one over which somebody asked; if it is gone, any
    LinkMessage message{};
  };
  /// A newer list came from a peer, and counts. It holds from handle_trust_changed() on.
  struct Newer {
    std::shared_ptr<const crypto::TrustStore> trust{};
  };
  /// No link to the peer can be used, unless it is already: it does not tell which list it has, or gave none that
  /// counts.
  struct Unfit {
    NodeId peer{};
    std::string why{};
    std::string detail{};  ///< for the journal, if there is any
  };
  using Output = std::variant<Tell, Newer, Unfit>;

  /// The basis outlives this.
  explicit Membership(const crypto::Basis& basis) : basis_(basis) {}

  [[nodiscard]] bool is_open() const { return basis_.trust()->kind() == crypto::GroupKind::open; }
  /// The peer's list is no newer than ours; always in an open group.
  [[nodiscard]] bool is_level(const NodeId& peer) const { return is_open() || spread_.is_level(peer); }

  /// The basis has another trust store: its list is the one to tell.
  void handle_trust_changed(TimePoint now);
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
  void judge(const NodeId& from, ByteSpan octets);
  void tell(std::optional<crypto::ChannelId> asked = std::nullopt);
  /// Lists mean nothing in an open group.
  [[nodiscard]] bool drops_list();

  const crypto::Basis& basis_;
  std::uint64_t given_ = 0;  ///< the number of the newest list that was put out
  RevocationSpread spread_;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Membership>);

}  // namespace ipop::overlay
