#include "pings/ping_matrix_layout.hpp"

#include <algorithm>
#include <tuple>

namespace ipop::pings {
namespace {

// Light to dark blue for time, pale to dark orange and then black for loss: ColorBrewer's Blues and Oranges
// (Harrower and Brewer 2003), which are told apart with any kind of colour blindness and in print.
constexpr std::array<CellStyle, cell_kinds> styles{{
    {"#ffffff", "#555555", "no data"},
    {"#dddddd", "#555555", "itself"},
    {"#b4b4b4", "#222222", "not pinged: silent or without address"},
    {"#eff5fb", "#222222", "up to 10 ms"},
    {"#d2e3f3", "#222222", "up to 30 ms"},
    {"#a9cce6", "#222222", "up to 100 ms"},
    {"#74b0d8", "#222222", "up to 300 ms"},
    {"#4288bf", "#ffffff", "above 300 ms"},
    {"#fdcf9b", "#222222", "up to 5 % lost"},
    {"#fd9f45", "#222222", "up to 33 % lost"},
    {"#e4660c", "#ffffff", "up to 66 % lost"},
    {"#9a3403", "#ffffff", "above 66 % lost"},
    {"#000000", "#ffffff", "lost in every run"},
}};

/// The groups of a long axis: the least loss of each, the worst first.
struct GroupRule {
  double least = 0;
  std::string_view title{};
};
constexpr std::array<GroupRule, 4> group_rules{
    {{0.5, "half lost or more"}, {0.05, "5 to 50 % lost"}, {1e-9, "below 5 % lost"}, {-1, "nothing lost"}}};

// Members of the first groups stand in the order of their loss, all others in that of their names.
constexpr std::size_t groups_by_loss = 2;

std::size_t group_of(const MatrixMember& member) {
  std::size_t group = 0;
  while (group + 1 < group_rules.size() && member.loss < group_rules[group].least)
    ++group;
  return group;
}

void add_groups(MatrixAxis& axis) {
  if (axis.members.size() <= most_named) return;
  for (std::size_t i = 0; i < axis.members.size(); ++i) {
    const std::string_view title = group_rules[group_of(axis.members[i])].title;
    if (axis.groups.empty() || axis.groups.back().title != title) axis.groups.push_back({title, i, 0});
    ++axis.groups.back().count;
  }
}

}  // namespace

const CellStyle& style_of(CellKind kind) {
  return styles[static_cast<std::size_t>(kind)];
}

CellKind kind_of(const PingPair& pair) {
  if (pair.runs() == 0) return CellKind::not_pinged;
  if (pair.lost_throughout()) return CellKind::lost_throughout;
  const double loss = pair.loss();
  if (loss > 0.6667) return CellKind::lost_above_66;
  if (loss > 0.3334) return CellKind::lost_to_66;
  if (loss > 0.05) return CellKind::lost_to_33;
  if (loss > 0) return CellKind::lost_to_5;
  const auto time = pair.mean_round_trip;
  if (time <= std::chrono::milliseconds(10)) return CellKind::within_10_ms;
  if (time <= std::chrono::milliseconds(30)) return CellKind::within_30_ms;
  if (time <= std::chrono::milliseconds(100)) return CellKind::within_100_ms;
  if (time <= std::chrono::milliseconds(300)) return CellKind::within_300_ms;
  return CellKind::above_300_ms;
}

MatrixAxis column_axis(const PingSummary& summary) {
  struct Sum {
    std::uint64_t lost = 0;
    std::uint64_t sent = 0;
  };
  std::vector<Sum> sums(summary.members.size());
  for (const PingPair& pair : summary.pairs) {
    for (const std::size_t member : {pair.from, pair.to}) {
      sums[member].lost += pair.lost_pings();
      sums[member].sent += std::uint64_t{pair.runs()} * pings_a_run;
    }
  }
  MatrixAxis out;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const bool measured = sums[i].sent > 0;
    const double loss = measured ? static_cast<double>(sums[i].lost) / static_cast<double>(sums[i].sent) : 0;
    out.members.push_back({i, loss, measured});
  }
  const bool named = out.members.size() <= most_named;
  const auto rank = [&](const MatrixMember& entry) {
    const PingMember& member = summary.members[entry.member].member;
    const std::size_t group = named ? groups_by_loss : group_of(entry);
    // Names and addresses put the machines of one site beside each other, where its round trips show as a block.
    return std::tuple(group, group < groups_by_loss ? -entry.loss : 0.0, member.name.empty(),
                      std::string_view(member.name), member.address, member.id);
  };
  std::ranges::sort(out.members, [&](const MatrixMember& a, const MatrixMember& b) { return rank(a) < rank(b); });
  add_groups(out);
  return out;
}

MatrixAxis row_axis(const PingSummary& summary, const MatrixAxis& columns) {
  MatrixAxis out;
  for (const MatrixMember& entry : columns.members)
    if (summary.members[entry.member].has_log) out.members.push_back(entry);
  add_groups(out);
  return out;
}

}  // namespace ipop::pings
