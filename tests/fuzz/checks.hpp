#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "base/bytes.hpp"
#include "base/counters.hpp"

namespace ipop::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

inline bool is_inside(ByteSpan inner, ByteSpan outer) {
  const auto at = [](const std::byte* octet) { return reinterpret_cast<std::uintptr_t>(octet); };
  return at(inner.data()) >= at(outer.data()) && at(inner.data()) - at(outer.data()) <= outer.size() &&
         inner.size() <= outer.size() - (at(inner.data()) - at(outer.data()));
}

/// By how much counters grew.
class Growth {
 public:
  Growth(const Counters& before, const Counters& after) : before_(before), after_(after) {
    for (const auto& [name, value] : before.all())
      require(after.get(name) >= value, "counters only grow");
  }
  [[nodiscard]] std::uint64_t of(std::string_view name) const { return after_.get(name) - before_.get(name); }
  [[nodiscard]] std::uint64_t of(std::initializer_list<std::string_view> names) const {
    std::uint64_t out = 0;
    for (const std::string_view name : names)
      out += of(name);
    return out;
  }

 private:
  const Counters& before_;
  const Counters& after_;
};

}  // namespace ipop::fuzz
