#pragma once

#include <string>

#include "pings/ping_report.hpp"

namespace ipop::pings {

/// The matrix of all pairs as an SVG 1.1 document: a row for each member with a log, a column for each
/// member, coloured by round trip and, where pings were lost, by loss.
///
/// Up to 40 members are named on the axes, in the order of their names. More are put in groups, the ones
/// with most loss first, with a bar of its loss beside each, and the worst are listed. What a cell
/// stands for is in its <title>; of a large matrix, of the worst 5000 cells. The colours differ in
/// lightness and between blue and orange, which all kinds of colour blindness tell apart.
[[nodiscard]] std::string to_svg(const PingSummary& summary);

}  // namespace ipop::pings
