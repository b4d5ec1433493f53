#pragma once

// What a matrix of pairs shows where, before it is drawn. Only ping_matrix.cpp and its test need it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pings/ping_report.hpp"

namespace ipop::pings {

/// What the colour of a cell says; the darker the later within its kind.
enum class CellKind : std::uint8_t {
  no_data,
  self,
  not_pinged,
  within_10_ms,
  within_30_ms,
  within_100_ms,
  within_300_ms,
  above_300_ms,
  lost_to_5,
  lost_to_33,
  lost_to_66,
  lost_above_66,
  lost_throughout,
};
inline constexpr std::size_t cell_kinds = 13;

struct CellStyle {
  std::string_view fill{};
  std::string_view ink{};  ///< of text on it
  std::string_view meaning{};
};
const CellStyle& style_of(CellKind kind);
CellKind kind_of(const PingPair& pair);
/// Some pings, or all, were lost.
constexpr bool is_loss(CellKind kind) {
  return kind >= CellKind::lost_to_5;
}

/// A member's place on the axes, and its loss over all pairs that it is part of.
struct MatrixMember {
  std::size_t member = 0;  ///< of PingSummary::members
  double loss = 0;         ///< 0 to 1
  bool measured = false;
};
/// Members that stand together on an axis.
struct MatrixGroup {
  std::string_view title{};
  std::size_t first = 0;
  std::size_t count = 0;
};
/// The order of one axis.
struct MatrixAxis {
  std::vector<MatrixMember> members{};
  std::vector<MatrixGroup> groups{};  ///< none when members are named one by one
  [[nodiscard]] bool is_named() const { return groups.empty(); }
};

/// Above this, members have no names on the axis.
inline constexpr std::size_t most_named = 40;

/// The columns: all members, in the order that to_svg() describes.
MatrixAxis column_axis(const PingSummary& summary);
/// The rows: members with a log, in the order of the columns.
MatrixAxis row_axis(const PingSummary& summary, const MatrixAxis& columns);

}  // namespace ipop::pings
