#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "crypto/private_key.hpp"

namespace ipop::node {

/// The group's revocation list in the DHT, for whoever comes back while all that it links to were away
/// as well: reads it after joining and daily, and keeps it there.
///
/// A list stands in values of its own: a head under `ga-revocations`, which says its number and size,
/// and pieces under `ga-revocations/0` and so on. docs/wire/revocation.md. Any member may write them and
/// none is trusted: the authority's signature decides about a list that was put together. A list that
/// takes more than 24 pieces is not kept; it travels over links alone.
class RevocationArchive {
 public:
  static constexpr std::string_view head_key = "ga-revocations";
  static constexpr std::size_t piece_octets = 1000;  ///< of the list; with its number a value of 1,008
  static constexpr std::size_t max_pieces = 24;      ///< of the 64 values that a member may store
  static constexpr std::chrono::seconds lifetime = std::chrono::hours(72);
  static constexpr std::chrono::seconds renew_below = std::chrono::hours(36);  ///< what is left of it
  static constexpr Duration first_look = std::chrono::seconds(20);  ///< after joining, +- half: not all at once
  static constexpr Duration look_every = std::chrono::hours(24);    ///< +- half
  static constexpr Duration after_list = std::chrono::minutes(10);  ///< +- 90 %: the first who looks writes for all
  static constexpr Duration next_look = std::chrono::seconds(30);   ///< after a head that led to nothing

  struct Get {  ///< answered by handle_values()
    std::string key;
  };
  struct Put {
    std::string key;
    Bytes value{};
  };
  struct Found {  ///< not checked: it may be anything
    Bytes list{};
  };
  using Output = std::variant<Get, Put, Found>;

  /// A living value under a key that was asked for.
  struct Value {
    crypto::PublicKey owner{};
    Bytes octets{};
    std::chrono::seconds left{};  ///< until it ends
  };

  explicit RevocationArchive(Rng& rng) : rng_(rng) {}

  void handle_joined(TimePoint now);
  /// The list that holds, encoded. `write` puts it into the DHT at once: it was brought to this node.
  void handle_list(TimePoint now, std::uint64_t number, Bytes list, bool write);
  /// The answer to the last Get; without values where there are none, or no answer.
  void handle_values(TimePoint now, const std::string& key, const std::vector<Value>& values);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return asked_ ? std::nullopt : look_at_; }

 private:
  /// A newer list that somebody wrote, as far as its pieces are here.
  struct Candidate {
    crypto::PublicKey owner{};
    std::uint64_t number = 0;
    std::size_t size = 0;
    Bytes list{};
  };

  void ask(std::string key);
  void take_head(const std::vector<Value>& values);
  void take_piece(TimePoint now, const std::vector<Value>& values);
  void give_up(TimePoint now);
  void write();

  Rng& rng_;
  std::uint64_t number_ = 0;
  Bytes list_{};
  std::optional<TimePoint> look_at_;
  std::optional<std::string> asked_;
  std::optional<Candidate> candidate_;
  std::set<crypto::PublicKey> useless_;  ///< whose newer head led to no list that counts; bounded
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::node
