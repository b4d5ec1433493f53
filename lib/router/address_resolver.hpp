#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "dht/dht.hpp"
#include "net/ipv4_address.hpp"
#include "router/record_judge.hpp"

namespace ipop::router {

/// Who holds an address: a cache over lease records of the DHT.
///
/// An entry that is used again after ten minutes is asked for anew while it still serves; one
/// that is not used for ten more is forgotten. That an address has no holder is remembered for 5 to
/// 10 s. Only records that were checked (signature, time, owner) come in.
class AddressResolver {
 public:
  static constexpr std::size_t most_entries = 4096;
  static constexpr std::size_t most_asked = 256;            ///< addresses being asked for at one time
  static constexpr std::size_t most_doubted_holders = 256;  ///< the one doubted longest ago goes first

  struct Ask {  ///< get the lease record of `address`
    net::Ipv4Address address{};
  };
  struct Resolved {  ///< it is known, or known not to be known, who holds `address`
    net::Ipv4Address address{};
  };
  using Output = std::variant<Ask, Resolved>;

  enum class Knowledge {
    holder,   ///< the record was checked
    nobody,   ///< a majority of replicas had no record
    asking,   ///< a Resolved will follow
    unknown,  ///< the DHT could not be asked; a later call asks again
  };
  struct Entry {
    Knowledge knowledge = Knowledge::unknown;
    NodeId holder{};
    std::string name{};  ///< that the holder chose; empty: none
    WallTime expires{};  ///< of the lease
  };

  /// Both outlive the machine.
  AddressResolver(const RecordJudge& judge, Rng& rng);

  /// What is known of `address`; asks the DHT where that is nothing.
  const Entry& resolve(TimePoint now, net::Ipv4Address address);
  /// What is known, without asking.
  [[nodiscard]] const Entry* find(TimePoint now, net::Ipv4Address address) const;
  /// A packet contradicts the entry: asked for anew, at most every 5 s. True while an answer is due.
  bool doubt(TimePoint now, net::Ipv4Address address);
  /// Nothing leads to `holder`: it may have become another node, as a member does whose certificate is
  /// renewed. Its entries serve on, and are asked for anew at their next use where they are 2 s old.
  void doubt_holder(TimePoint now, const NodeId& holder);
  void handle_answer(TimePoint now, net::Ipv4Address address, dht::Outcome outcome,
                     const std::vector<dht::Record>& records);
  /// Others are members from now on: everything is asked for anew when it is wanted next.
  void handle_trust_changed() {
    entries_.clear();
    doubted_.clear();
    doubted_holders_.clear();
  }
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  /// Calls `visit(address, entry)` in the order of the addresses.
  template <class F>
  void for_each(F&& visit) const {
    entries_.for_each([&](net::Ipv4Address address, const Cached& cached) { visit(address, cached.entry); });
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t asked() const { return asked_.size(); }

 private:
  struct Cached {
    Entry entry{};
    TimePoint asked_at{};  // or answered, whichever was later
    TimePoint refresh_at{};
    TimePoint ends{};
  };

  [[nodiscard]] bool is_due(TimePoint now, const Cached& cached) const;
  bool ask(TimePoint now, net::Ipv4Address address);
  void remember(TimePoint now, net::Ipv4Address address, Entry entry, Duration fresh, Duration kept);

  const RecordJudge& judge_;
  Rng& rng_;
  OutputQueue<Output> outputs_;
  ExpiringMap<net::Ipv4Address, Cached> entries_;
  ExpiringMap<net::Ipv4Address, std::monostate, Endings::taken> asked_;  // until answered, or given up
  ExpiringMap<net::Ipv4Address, std::monostate> doubted_;                // not to be asked for again just yet
  ExpiringMap<NodeId, TimePoint> doubted_holders_;                       // when nothing led there last
};

}  // namespace ipop::router
