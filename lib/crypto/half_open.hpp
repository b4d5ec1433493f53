#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/expiring_map.hpp"
#include "base/time.hpp"
#include "crypto/carrier.hpp"
#include "crypto/session.hpp"

namespace ipop::crypto {

/// The handshakes that strangers have taken up: how many there may be, and which one gives way.
///
/// A stranger has proved by a cookie that it is where it seems to be, and nothing else. Nobody is turned away:
/// the oldest handshake of the network that took up most in the last moments makes room, so that a crowd
/// crowds out itself. docs/decisions/0027
class HalfOpen {
 public:
  struct Limits {
    std::size_t all = 512;
    std::size_t working = 80;  ///< those that hold a TLS object, by far the largest part of one
  };
  /// A handshake that a network took up counts so long, those before it first.
  static constexpr Duration weighs_for = 5s;
  /// Of a network: after a flood it is as any other in five minutes.
  static constexpr int heaviest = 60;
  static constexpr std::size_t remembered_networks = 4096;

  explicit HalfOpen(Limits limits) : limits_(limits) {}

  void add(TimePoint now, Spi spi, const Carrier& from);
  /// It holds a TLS object. Nothing for one that is not here.
  void set_working(Spi spi);
  /// It ended, or is not a stranger's any more. Nothing for one that is not here.
  void remove(Spi spi);
  /// It ended well: its network's share is given back.
  void give_back(Spi spi);
  void clear();

  /// Who has to give way; call until it gives nothing, and remove each.
  [[nodiscard]] std::optional<Spi> one_too_many(TimePoint now) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t working() const { return working_; }

 private:
  struct Entry {
    Carrier network{};
    std::uint64_t order = 0;
    bool works = false;
  };
  struct Network {
    TimePoint light_at{};  ///< when nothing of what it took up counts any more
    std::map<std::uint64_t, Spi> by_age{};
  };

  [[nodiscard]] std::optional<std::uint64_t> oldest(const Network& network, bool only_working) const;

  Limits limits_;
  std::map<Spi, Entry> entries_;
  std::map<Carrier, Network> networks_;                            // those with entries
  ExpiringMap<Carrier, TimePoint> light_at_{remembered_networks};  // those without
  TimePoint latest_{};                                             // when something was added
  std::uint64_t last_order_ = 0;
  std::size_t working_ = 0;
};

}  // namespace ipop::crypto
