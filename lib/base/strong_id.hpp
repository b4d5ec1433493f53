#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace ipop {

/// A number that names one thing and mixes with no other: `using LinkId = StrongId<struct LinkTag, std::uint32_t>`.
template <class Tag, class T>
struct StrongId {
  T value{};

  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

}  // namespace ipop

template <class Tag, class T>
struct std::hash<ipop::StrongId<Tag, T>> {
  std::size_t operator()(const ipop::StrongId<Tag, T>& id) const noexcept { return std::hash<T>{}(id.value); }
};
