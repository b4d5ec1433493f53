#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "overlay/link_message.hpp"

namespace ipop::overlay {

/// Carries the revocation list of a closed group from peer to peer.
///
/// Both ends of a new link tell the number of their list; whoever has the older one fetches the newer
/// one before the link is used. A list that becomes ours is told to every peer at once, whole where it
/// fits one message, and again until the peer is known to have it. Lists are octets here: whether one
/// counts is for its receiver to say.
///
/// Two peers may give a list at a time, and who gives it slowly makes room for the next after his turn:
/// a peer that trickles one keeps nobody from the list.
class RevocationSpread {
 public:
  struct Send {
    NodeId peer{};
    LinkMessage message{};
  };

  static constexpr Duration retry_first = std::chrono::milliseconds(300);
  static constexpr Duration retry_longest = std::chrono::seconds(8);
  /// Octets of a list in one message, and pieces that answer one request.
  static constexpr std::size_t piece_size = 1000;
  static constexpr std::size_t pieces_a_request = 32;
  static constexpr std::size_t most_downloads = 2;
  /// How long a download keeps its place while others wait; doubles each time the same peer has it
  /// again, so that a long list comes over a bad path as well.
  static constexpr Duration turn = std::chrono::seconds(10);
  /// By then a peer has told its number: of five questions and as many words of its own one arrives.
  static constexpr Duration number_within = std::chrono::seconds(8);

  /// Our own list: told to all peers. Number 0 and no octets: none yet.
  void set_list(TimePoint now, std::uint64_t number, Bytes list);
  void handle_linked(TimePoint now, const NodeId& peer);
  void handle_lost(const NodeId& peer);

  void handle_message(TimePoint now, const NodeId& peer, const ListNumber& message);
  void handle_message(TimePoint now, const NodeId& peer, const ListRequest& message);
  /// The whole list of `peer`, once its last piece is here. Tell with set_list() that it counts, or with
  /// refuse() that it does not.
  [[nodiscard]] std::optional<Bytes> handle_message(TimePoint now, const NodeId& peer, const ListPiece& message);
  /// What `peer` offers is no list of ours: its number counts no longer.
  void refuse(const NodeId& peer);

  /// The peer told its number, and ours is no older.
  [[nodiscard]] bool is_level(const NodeId& peer) const;

  /// Repeats what was not answered.
  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  /// Peers that did not tell their number in time, each once: no link to them can be used.
  [[nodiscard]] std::vector<NodeId> take_silent();
  /// Messages to send, in order.
  [[nodiscard]] std::vector<Send> take_messages();

 private:
  struct Peer {
    std::optional<std::uint64_t> number{};  ///< of its list, as far as it told
    bool refused = false;
    unsigned tries = 0;
    unsigned turns = 0;                      ///< downloads that it began
    std::optional<TimePoint> due{};          ///< when it is told, or asked, again
    std::optional<TimePoint> silent_from{};  ///< when it counts as silent, unless it tells its number
  };
  /// A list on its way.
  struct Download {
    std::uint64_t number = 0;
    TimePoint turn_ends{};
    std::size_t total = 0;
    Bytes octets{};
  };

  void hear_number(const NodeId& peer, Peer& state, std::uint64_t number);
  void tell(const NodeId& peer, Peer& state);
  void ask(TimePoint now, const NodeId& peer, Peer& state);
  void drop_downloads(TimePoint now);
  [[nodiscard]] std::map<NodeId, Peer>::iterator next_source();
  void fetch_next(TimePoint now);
  void schedule(TimePoint now, Peer& state);
  [[nodiscard]] bool needs_ours(const Peer& state) const { return !state.number || *state.number < number_; }
  [[nodiscard]] bool has_newer(const Peer& state) const {
    return !state.refused && state.number && *state.number > number_;
  }

  std::uint64_t number_ = 0;
  Bytes list_;
  std::map<NodeId, Peer> peers_;
  std::map<NodeId, Download> downloads_;  ///< by the peer that gives it
  std::vector<NodeId> silent_;
  std::vector<Send> messages_;
};

}  // namespace ipop::overlay
