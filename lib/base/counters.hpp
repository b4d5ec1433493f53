#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ipop {

/// Named counters of drops and events, shown by `ipop-ctl status` and as metrics.
///
/// Names are `snake_case`, `drop_` first where something was refused: `drop_arp_truncated`.
/// Only names from the code come in, never text from the network, so the map stays bounded.
class Counters {
 public:
  void add(std::string_view name, std::uint64_t count = 1) {
    const auto it = values_.find(name);
    if (it != values_.end()) {
      it->second += count;
    } else {
      values_.emplace(std::string(name), count);
    }
  }
  [[nodiscard]] std::uint64_t get(std::string_view name) const {
    const auto it = values_.find(name);
    return it == values_.end() ? 0 : it->second;
  }
  /// Adds all of `other`.
  void merge(const Counters& other) {
    for (const auto& [name, value] : other.values_)
      add(name, value);
  }
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> values_;
};

}  // namespace ipop
