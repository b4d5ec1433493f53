#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/carrier.hpp"
#include "overlay/liveness.hpp"
#include "overlay/path_proof.hpp"

namespace ipop::overlay {

/// One secured channel of a link: over an underlay endpoint or through a member.
struct Path {
  crypto::ChannelId channel{};
  LinkCarrier carrier{};
  bool initiated_here = false;
  bool to_bootstrap = false;  ///< opened to whoever is at a bootstrap endpoint
  bool has_carried = false;   ///< its first proof was seen to
  TimePoint opened{};
  std::uint64_t peer_instance = 0;  ///< Status::instance as told over it last; 0: nothing was
  Liveness liveness{};
  PathProof proof{};
  Duration round_trip{};                                     ///< smoothed; zero until measured
  crypto::AeadSuite suite = crypto::AeadSuite::aes_128_gcm;  ///< of the handshake that opened it

  [[nodiscard]] bool is_direct() const { return std::holds_alternative<net::Endpoint>(carrier); }
  /// Zero when direct.
  [[nodiscard]] NodeId relay() const {
    const auto* path = std::get_if<RelayPath>(&carrier);
    return path == nullptr ? NodeId{} : path->relay;
  }
  /// It has carried data, and nothing says that it does not at present.
  [[nodiscard]] bool is_sound() const { return proof.is_proven() && !proof.is_failing() && !liveness.is_suspect(); }
  void handle_round_trip(Duration measured) {
    // RFC 6298's weight for the smoothed value.
    round_trip = round_trip == Duration::zero() ? measured : round_trip + (measured - round_trip) / 8;
  }
};

/// The paths of one link, and which of them is in use.
///
/// The one in use (`primary`) is no member of its own: it is the proven path that was preferred last.
/// So a link has a primary exactly when it has a proven path, and one that goes leaves the next best in use.
class LinkPaths {
 public:
  static constexpr std::size_t max_paths = 4;

  [[nodiscard]] bool empty() const { return paths_.empty(); }
  [[nodiscard]] std::size_t size() const { return paths_.size(); }
  [[nodiscard]] auto begin() const { return paths_.begin(); }
  [[nodiscard]] auto end() const { return paths_.end(); }
  [[nodiscard]] auto begin() { return paths_.begin(); }
  [[nodiscard]] auto end() { return paths_.end(); }

  [[nodiscard]] Path* find(crypto::ChannelId channel);
  /// The path to send on; null while none is proven.
  [[nodiscard]] Path* primary();
  [[nodiscard]] const Path* primary() const;
  /// The primary when direct, else the first proven direct one, else null.
  [[nodiscard]] Path* direct();
  [[nodiscard]] const Path* direct() const;
  /// For what the two ends tell each other: the primary, else the latest path; null without a path.
  [[nodiscard]] const Path* speaking() const;
  [[nodiscard]] bool has_direct_on_trial() const;

  void add(Path path) {
    paths_.reserve(paths_.size() + 1);  // most links have one: room for a second is not kept
    paths_.push_back({std::move(path), 0});
  }
  void remove(crypto::ChannelId channel);

  /// A proven path is used before all others from now on; nothing for one that is not.
  void prefer(crypto::ChannelId channel);
  /// To call when a path was proven: takes it when it is direct and the one in use is relayed, or that
  /// one is not sound.
  void handle_proven(crypto::ChannelId channel);
  /// Leaves a primary that is not sound for one that is, if there is any.
  void fall_back();
  /// The one to keep when only one shall stay: sound and proven after the latest was opened, then
  /// direct, then in use. Null while none is proven.
  [[nodiscard]] const Path* best() const;
  /// One that makes room for another: the oldest that is not in use; null without paths.
  [[nodiscard]] const Path* spare() const;

 private:
  struct Ranked : Path {
    std::uint64_t preferred = 0;  ///< rises with each prefer()
  };
  [[nodiscard]] const Ranked* chosen() const;

  std::vector<Ranked> paths_;
  std::uint64_t preferences_ = 0;
};

}  // namespace ipop::overlay
