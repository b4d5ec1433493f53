#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/private_key.hpp"
#include "dht/message.hpp"
#include "overlay/connect_to_me.hpp"
#include "overlay/link_message.hpp"
#include "overlay/packet.hpp"
#include "support/sim_network.hpp"
#include "support/stand_in_crypto.hpp"

namespace ipop::test_support {

/// What a hostile member does beyond holding its links; each is one function of HostileMember.
enum class Lie : std::uint8_t {
  observed,    ///< pings and pongs: everybody is seen at an address of our choice
  neighbours,  ///< its status names ids that nobody has, next to whoever reads it
  answers,     ///< connect-to-me answers that nobody asked for, of invented sources
  requests,    ///< connect-to-me requests of invented sources, whose candidates are the victim's ports
  relays,      ///< requests of its own that offer invented members as relays
  lists,       ///< a revocation list with a high number, given an octet at a time
  hand_overs,  ///< records of invented owners, handed over to every peer for every position
  gets,        ///< questions to the DHT in the name of a victim
  queries,     ///< questions about nodes in the name of a victim, to one of them
  watches,     ///< watches of a key in the name of a victim, and changes of that key
  floods,      ///< packets for `targets` over all others as relays, as many as it likes
  endless,     ///< routed packets to places where nobody is, that may go as far as their layout can say
  denial,      ///< as a replica: whatever is asked for is not there, whatever is brought is stored
  silence,     ///< nothing is passed on and nothing is answered
  mangled,     ///< what it hears is said again, to whoever it likes, with octets changed, cut off or added
  count_,
};
using Lies = std::bitset<static_cast<std::size_t>(Lie::count_)>;
Lies telling(Lie lie);
/// Some of them, by chance; never `mangled`, which leaves no room for the others.
Lies some_lies(Rng& rng);

/// A member of the ring that works against it: it has a key (in a closed group a certificate) and proper
/// links, and fills every field that it may fill with what hurts. It knows what no attacker could: where
/// all others are.
class HostileMember final : public SimHost {
 public:
  struct Config {
    NodeId self{};
    std::string name_space{};
    std::uint64_t seed = 0;
    std::optional<StandInCertificate> certificate{};
    Lies lies{};
    /// How often each lie is told: so many messages a second.
    unsigned a_second = 50;
    std::vector<net::Endpoint> contacts{};  ///< honest nodes, to be linked to
    std::size_t links_wanted = 1000;
    std::optional<net::Endpoint> victim{};  ///< outside the ring; `requests` names it
    std::vector<NodeId> targets{};  ///< whom `answers`, `gets`, `queries` and `watches` are about; none: every peer
  };

  static constexpr unsigned ticks_a_second = 10;

  explicit HostileMember(Config config);

  void start(TimePoint now, WallTime wall);
  void handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets) override;
  void handle_timeout(TimePoint now) override;
  Outgoing take_outgoing(TimePoint now) override;
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const override;

  [[nodiscard]] const NodeId& id() const { return config_.self; }
  [[nodiscard]] std::size_t links() const { return links_.size(); }
  void set_lies(const Lies& lies) { config_.lies = lies; }
  void set_targets(std::vector<NodeId> targets) { config_.targets = std::move(targets); }
  void add_contact(const net::Endpoint& contact) { config_.contacts.push_back(contact); }
  /// What the attack cost so far: octets of the datagrams that carried a routed lie, and lies told.
  [[nodiscard]] std::uint64_t octets_spent() const { return octets_; }
  [[nodiscard]] std::uint64_t lies_told() const { return told_; }

 private:
  struct Link {
    crypto::ChannelId channel{};
    net::Endpoint endpoint{};
    std::uint32_t sequence = 0;
    std::uint32_t list_offset = 0;
  };

  void tick(TimePoint now);
  void seek_links(TimePoint now);
  void hear(TimePoint now, const NodeId& peer, ByteSpan payload);
  void pass_on(TimePoint now, const NodeId& previous, overlay::RoutedPacket packet);
  void deny(TimePoint now, const overlay::RoutedPacket& packet);
  void send_status(TimePoint now, const NodeId& peer, Link& link);

  // One lie each.
  [[nodiscard]] std::optional<net::Endpoint> observed_of(const Link& link);
  [[nodiscard]] std::vector<NodeId> neighbours_for(const NodeId& peer);
  void tell_answer(TimePoint now, const NodeId& target);
  void tell_request(TimePoint now);
  void tell_relays(TimePoint now);
  void tell_list(TimePoint now, Link& link);
  void tell_hand_over(TimePoint now, const NodeId& target);
  void tell_get(TimePoint now, const NodeId& target);
  void tell_query(TimePoint now, const NodeId& target);
  void tell_watch(TimePoint now, const NodeId& target);
  void tell_flood(TimePoint now, const NodeId& target);
  void tell_endless(TimePoint now);
  void tell_mangled(TimePoint now, ByteSpan heard);

  [[nodiscard]] bool tells(Lie lie) const { return config_.lies.test(static_cast<std::size_t>(lie)); }
  [[nodiscard]] NodeId invented();
  [[nodiscard]] NodeId beside(const NodeId& id);
  [[nodiscard]] const NodeId* any_target();
  void say(TimePoint now, const Link& link, const overlay::LinkMessage& message);
  /// Over the link that is nearest to the destination, as an honest member would.
  void route(TimePoint now, const overlay::RoutedPacket& packet, const std::optional<NodeId>& previous);

  Config config_;
  SeededRng rng_;
  StandInHandshakeFactory handshakes_;
  StandInAeadFactory aeads_;
  crypto::Basis basis_;
  crypto::ChannelTable table_;
  WallTime wall_{};
  std::map<NodeId, Link> links_;
  std::map<net::Endpoint, TimePoint> asked_;  ///< contacts, and when each is asked again
  std::optional<TimePoint> next_tick_;
  unsigned mangled_in_tick_ = 0;
  TimePoint next_status_{};
  std::uint64_t octets_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace ipop::test_support
