#include "pings/ping_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "pings/ping_matrix_layout.hpp"
#include "pings/ping_words.hpp"
#include "pings/svg_writer.hpp"

namespace ipop::pings {
namespace {

// All lengths are in SVG user units: pixels at 100 %.
constexpr double margin = 28;
constexpr double header = 104;
constexpr double large_side = 1000;
constexpr double bar_length = 56;
constexpr double legend_width = 270;
constexpr double line_height = 20;
constexpr std::size_t longest_label = 22;
constexpr std::size_t most_titles = 5000;
constexpr std::size_t most_listed = 10;
// A cell with loss in a large matrix is drawn at least this large, so that one pair among 250,000 is seen.
constexpr double least_mark = 3.2;
constexpr std::string_view ink = "#222222";
constexpr std::string_view pale_ink = "#666666";

std::string shortened(const std::string& text) {
  return text.size() <= longest_label ? text : text.substr(0, longest_label - 2) + "..";
}

class Matrix {
 public:
  explicit Matrix(const PingSummary& summary)
      : summary_(summary), columns_(column_axis(summary)), rows_(row_axis(summary, columns_)) {
    const auto column_count = static_cast<double>(std::max<std::size_t>(columns_.members.size(), 1));
    const auto row_count = static_cast<double>(std::max<std::size_t>(rows_.members.size(), 1));
    cell_width_ = columns_.is_named() ? std::clamp(640 / column_count, 22.0, 84.0) : large_side / column_count;
    cell_height_ = !rows_.is_named()     ? large_side / row_count
                   : columns_.is_named() ? cell_width_
                                         : std::clamp(640 / row_count, 18.0, 30.0);
    left_ = margin + (rows_.is_named() ? 26 + label_width(rows_) : 92);
    // Slanted labels are as high as they are wide, times the sine of 45 degrees.
    top_ = header + (columns_.is_named() ? 46 + label_width(columns_) * 0.72 : 76);
    width_ = column_count * cell_width_;
    height_ = row_count * cell_height_;
    for (const PingPair& pair : summary.pairs)
      pairs_[{pair.from, pair.to}] = &pair;
  }

  std::string text() {
    const double bars = columns_.is_named() ? 0 : bar_length + 22;
    // The last slanted label leans out to the right.
    const double lean = columns_.is_named() ? std::max(0.0, label_width(columns_) * 0.72 - cell_width_ / 2) : 0;
    legend_left_ = left_ + width_ + std::max({bars, lean, 0.0}) + 36;
    const double total_width = std::max(legend_left_ + legend_width + margin, 860.0);
    draw_header();
    draw_cells();
    draw_axis_names();
    draw_rows();
    draw_columns();
    const double legend_bottom = draw_legend();
    const double total_height = std::max(top_ + height_ + bars + 30, legend_bottom) + margin;
    return out_.finish(total_width, total_height);
  }

 private:
  [[nodiscard]] const PingMember& member(const MatrixMember& entry) const {
    return summary_.members[entry.member].member;
  }
  [[nodiscard]] std::string label(const MatrixMember& entry) const { return shortened(member_label(member(entry))); }
  [[nodiscard]] double label_width(const MatrixAxis& axis) const {
    std::size_t longest = 4;
    for (const MatrixMember& entry : axis.members)
      longest = std::max(longest, label(entry).size());
    return 7.4 * static_cast<double>(longest);
  }
  [[nodiscard]] const PingPair* pair(std::size_t row, std::size_t column) const {
    const auto it = pairs_.find({rows_.members[row].member, columns_.members[column].member});
    return it == pairs_.end() ? nullptr : it->second;
  }
  [[nodiscard]] CellKind kind(std::size_t row, std::size_t column) const {
    if (rows_.members[row].member == columns_.members[column].member) return CellKind::self;
    const PingPair* found = pair(row, column);
    return found == nullptr ? CellKind::no_data : kind_of(*found);
  }
  [[nodiscard]] double x_of(std::size_t column) const { return left_ + static_cast<double>(column) * cell_width_; }
  [[nodiscard]] double y_of(std::size_t row) const { return top_ + static_cast<double>(row) * cell_height_; }

  static std::string fill_of(CellKind kind) { return "fill=\"" + std::string(style_of(kind).fill) + "\""; }

  void draw_header() {
    out_.write_text(margin, 42, "font-size=\"22\" font-weight=\"bold\" fill=\"" + std::string(ink) + "\"",
                    "Pings between " + with_commas(summary_.members.size()) +
                        (summary_.members.size() == 1 ? " member" : " members"));
    const std::string soft = "font-size=\"14\" fill=\"" + std::string(pale_ink) + "\"";
    const std::string lost = std::to_string(summary_.pairs_lost_throughout) == "1"
                                 ? "1 pair lost in every run"
                                 : with_commas(summary_.pairs_lost_throughout) + " pairs lost in every run";
    out_.write_text(margin, 68, soft,
                    percent_text(summary_.by_received[pings_a_run], summary_.runs) + " of " +
                        with_commas(summary_.runs) + " runs without loss, " +
                        percent_text(summary_.by_received[0], summary_.runs) + " without any reply; " + lost);
    if (summary_.last_run.seconds > 0)
      out_.write_text(margin, 90, soft,
                      utc_text_of(summary_.first_run) + " to " + utc_text_of(summary_.last_run) + ", " +
                          with_commas(summary_.measured_pairs) + " pairs, " + std::to_string(pings_a_run) +
                          " pings a run");
  }

  void draw_cells() {
    out_.write_rect(left_, top_, width_, height_, "fill=\"#ffffff\" stroke=\"#999999\" stroke-width=\"1\"");
    if (columns_.is_named() && rows_.is_named()) {
      draw_named_cells();
    } else {
      draw_many_cells();
    }
  }

  void draw_named_cells() {
    const bool with_text = cell_width_ >= 46;
    for (std::size_t row = 0; row < rows_.members.size(); ++row) {
      for (std::size_t column = 0; column < columns_.members.size(); ++column) {
        const CellKind what = kind(row, column);
        if (what == CellKind::no_data) continue;
        const PingPair* found = pair(row, column);
        const double x = x_of(column);
        const double y = y_of(row);
        out_.write_rect(x + 0.5, y + 0.5, cell_width_ - 1, cell_height_ - 1, fill_of(what), title_of(row, column));
        const std::string attributes =
            "text-anchor=\"middle\" pointer-events=\"none\" fill=\"" + std::string(style_of(what).ink) + "\"";
        if (with_text && found != nullptr) {
          out_.write_text(x + cell_width_ / 2, y + cell_height_ / 2 + 4, attributes, cell_text(*found, what));
        } else if (what == CellKind::lost_throughout) {
          out_.write_text(x + cell_width_ / 2, y + cell_height_ / 2 + 4, attributes, "x");
        }
      }
    }
  }

  [[nodiscard]] std::string cell_text(const PingPair& pair, CellKind kind) const {
    if (kind == CellKind::not_pinged) return pair.silent > 0 ? "silent" : cell_width_ >= 76 ? "no address" : "none";
    if (kind == CellKind::lost_throughout) return "lost";
    if (is_loss(kind)) return percent_text(pair.lost_pings(), std::uint64_t{pair.runs()} * pings_a_run);
    return round_trip_text(pair.mean_round_trip);
  }

  /// One path a colour: runs of equal cells of a row are one rectangle.
  void draw_many_cells() {
    std::array<std::string, cell_kinds> paths;
    for (std::size_t row = 0; row < rows_.members.size(); ++row) {
      std::size_t column = 0;
      while (column < columns_.members.size()) {
        const CellKind what = kind(row, column);
        std::size_t end = column + 1;
        while (end < columns_.members.size() && kind(row, end) == what)
          ++end;
        if (what != CellKind::no_data)
          add_block(paths[static_cast<std::size_t>(what)], row, column, end - column, is_loss(what));
        column = end;
      }
    }
    for (std::size_t i = 0; i < cell_kinds; ++i) {
      if (paths[i].empty()) continue;
      out_.write_path(fill_of(static_cast<CellKind>(i)) + " shape-rendering=\"crispEdges\"", paths[i]);
    }
    draw_titles();
  }

  void add_block(std::string& path, std::size_t row, std::size_t column, std::size_t count, bool mark) const {
    double x = x_of(column);
    double y = y_of(row);
    double width = static_cast<double>(count) * cell_width_;
    double height = cell_height_;
    if (mark) {
      const double wider = std::max(0.0, least_mark - width);
      const double higher = std::max(0.0, least_mark - height);
      x -= wider / 2;
      width += wider;
      y -= higher / 2;
      height += higher;
    }
    path += "M" + svg_number(x) + " " + svg_number(y) + "h" + svg_number(width) + "v" + svg_number(height) + "h-" +
            svg_number(width) + "z";
  }

  /// What a person looks up in a large matrix are the pairs with loss.
  void draw_titles() {
    std::map<std::size_t, std::size_t> row_of;
    std::map<std::size_t, std::size_t> column_of;
    for (std::size_t i = 0; i < rows_.members.size(); ++i)
      row_of[rows_.members[i].member] = i;
    for (std::size_t i = 0; i < columns_.members.size(); ++i)
      column_of[columns_.members[i].member] = i;
    for (const PingPair* found : summary_.worst(most_titles)) {
      const std::size_t row = row_of[found->from];
      const std::size_t column = column_of[found->to];
      const double width = std::max(cell_width_, least_mark);
      const double height = std::max(cell_height_, least_mark);
      out_.write_rect(x_of(column) + (cell_width_ - width) / 2, y_of(row) + (cell_height_ - height) / 2, width, height,
                      "fill-opacity=\"0\"", title_of(row, column));
    }
  }

  [[nodiscard]] std::string title_of(std::size_t row, std::size_t column) const {
    const PingPair* found = pair(row, column);
    if (found == nullptr) return member_text(member(rows_.members[row]));
    return member_text(member(rows_.members[row])) + " to " + member_text(member(columns_.members[column])) + ": " +
           pair_text(*found);
  }

  void draw_axis_names() {
    const std::string bold = "font-size=\"13\" font-weight=\"bold\" fill=\"" + std::string(ink) + "\"";
    out_.write_text(left_ + width_ / 2, header + 10, "text-anchor=\"middle\" " + bold, "to");
    const double x = margin + 6;
    const double y = top_ + height_ / 2;
    out_.write_text(
        x, y, "text-anchor=\"middle\" transform=\"rotate(-90 " + svg_number(x) + " " + svg_number(y) + ")\" " + bold,
        "from");
  }

  void draw_rows() {
    const std::string end = "text-anchor=\"end\" fill=\"" + std::string(ink) + "\"";
    for (std::size_t i = 0; rows_.is_named() && i < rows_.members.size(); ++i)
      write_named(rows_.members[i], left_ - 8, y_of(i) + cell_height_ / 2 + 4, end);
    if (rows_.is_named()) return;
    for (const std::size_t tick : ticks(rows_)) {
      const double y = y_of(tick) + cell_height_ / 2;
      out_.write_text(left_ - 10, y + 4, end, std::to_string(tick + 1));
      out_.write_rect(left_ - 6, y - 0.5, 6, 1, "fill=\"#999999\"");
    }
    draw_bars(rows_, [&](std::size_t i, double length, const std::string& title) {
      out_.write_rect(left_ + width_ + 8, y_of(i), length, cell_height_, "fill=\"#e4660c\"", title);
    });
    for (const MatrixGroup& group : rows_.groups) {
      const double y = y_of(group.first);
      out_.write_rect(left_ - 50, y + 1, 4, std::max(static_cast<double>(group.count) * cell_height_ - 2, 1.0),
                      "fill=\"#888888\"", std::string(group.title) + ": " + std::to_string(group.count) + " members");
      if (group.first > 0) out_.write_rect(left_ - 50, y - 0.25, width_ + 50, 0.5, "fill=\"#555555\"");
    }
  }

  void draw_columns() {
    for (std::size_t i = 0; columns_.is_named() && i < columns_.members.size(); ++i) {
      const double x = x_of(i) + cell_width_ / 2;
      write_named(columns_.members[i], x, top_ - 10,
                  "fill=\"" + std::string(ink) + "\" transform=\"rotate(-45 " + svg_number(x) + " " +
                      svg_number(top_ - 10) + ")\"");
    }
    if (columns_.is_named()) return;
    for (const std::size_t tick : ticks(columns_)) {
      const double x = x_of(tick) + cell_width_ / 2;
      out_.write_text(x, top_ - 10, "text-anchor=\"middle\" fill=\"" + std::string(ink) + "\"",
                      std::to_string(tick + 1));
      out_.write_rect(x - 0.5, top_ - 6, 1, 6, "fill=\"#999999\"");
    }
    draw_bars(columns_, [&](std::size_t i, double length, const std::string& title) {
      out_.write_rect(x_of(i), top_ + height_ + 8, cell_width_, length, "fill=\"#e4660c\"", title);
    });
    double free_from = 0;
    for (const MatrixGroup& group : columns_.groups) {
      const double x = x_of(group.first);
      const double width = std::max(static_cast<double>(group.count) * cell_width_ - 2, 1.0);
      const std::string title = std::string(group.title) + ": " + std::to_string(group.count);
      out_.write_rect(x + 1, top_ - 30, width, 4, "fill=\"#888888\"", title + " members");
      // A title that the one before it leaves no room for stands in the legend.
      if (x >= free_from && width >= 7 * static_cast<double>(title.size())) {
        out_.write_text(x + 1, top_ - 36, "fill=\"" + std::string(ink) + "\"", title);
        free_from = x + 7 * static_cast<double>(title.size()) + 10;
      }
      if (group.first > 0) out_.write_rect(x - 0.25, top_ - 30, 0.5, height_ + 30, "fill=\"#555555\"");
    }
  }

  void write_named(const MatrixMember& entry, double x, double y, const std::string& attributes) {
    out_.write_text(x, y, attributes, label(entry), member_text(member(entry)));
  }

  /// Places to number: about ten, at round numbers, and the first.
  static std::vector<std::size_t> ticks(const MatrixAxis& axis) {
    std::size_t step = 10;
    for (const std::size_t factor : {2U, 5U, 10U, 20U, 50U, 100U}) {
      if (axis.members.size() / step <= 12) break;
      step = 10 * std::size_t{factor};
    }
    std::vector<std::size_t> out{0};
    for (std::size_t at = step; at <= axis.members.size(); at += step)
      out.push_back(at - 1);
    return out;
  }

  template <class Draw>
  void draw_bars(const MatrixAxis& axis, Draw draw) {
    for (std::size_t i = 0; i < axis.members.size(); ++i) {
      const MatrixMember& entry = axis.members[i];
      if (!entry.measured || entry.loss == 0) continue;
      // The square root shows a loss of one in a thousand beside one of everything.
      draw(i, std::max(std::sqrt(entry.loss) * bar_length, 0.5),
           std::to_string(i + 1) + ": " + member_text(member(entry)) + ": " + share_text(entry.loss) + " lost");
    }
  }

  static std::string share_text(double share) {
    return percent_text(static_cast<std::uint64_t>(std::llround(share * 1e6)), 1'000'000);
  }

  double draw_legend() {
    double y = top_ + 10;
    const std::string bold = "font-weight=\"bold\" fill=\"" + std::string(ink) + "\"";
    const std::string normal = "fill=\"" + std::string(ink) + "\"";
    const auto title = [&](std::string_view text) {
      out_.write_text(legend_left_, y, bold, text);
      y += line_height;
    };
    const auto sample = [&](CellKind kind) {
      out_.write_rect(legend_left_, y - 12, 22, 15, fill_of(kind) + " stroke=\"#888888\" stroke-width=\"0.5\"");
      out_.write_text(legend_left_ + 32, y, normal, style_of(kind).meaning);
      y += line_height;
    };
    title("Mean round trip, nothing lost");
    for (auto kind = static_cast<std::size_t>(CellKind::within_10_ms);
         kind <= static_cast<std::size_t>(CellKind::above_300_ms); ++kind)
      sample(static_cast<CellKind>(kind));
    y += 8;
    title("Pings lost, over all runs");
    for (auto kind = static_cast<std::size_t>(CellKind::lost_to_5); kind < cell_kinds; ++kind)
      sample(static_cast<CellKind>(kind));
    y += 8;
    sample(CellKind::not_pinged);
    sample(CellKind::no_data);
    y += 8;
    if (!columns_.is_named()) draw_member_legend(y);
    return y;
  }

  void draw_member_legend(double& y) {
    const std::string bold = "font-weight=\"bold\" fill=\"" + std::string(ink) + "\"";
    const std::string normal = "fill=\"" + std::string(ink) + "\"";
    const auto line = [&](const std::string& attributes, std::string_view text) {
      out_.write_text(legend_left_, y, attributes, text);
      y += line_height;
    };
    line(bold, "Members, by their share of lost pings");
    for (const MatrixGroup& group : columns_.groups) {
      const std::string last = std::to_string(group.first + group.count);
      line(normal,
           std::to_string(group.first + 1) + (group.count > 1 ? " to " + last : "") + ": " + std::string(group.title));
    }
    line("font-size=\"11\" fill=\"" + std::string(pale_ink) + "\"", "Bars: the same share, as its square root");
    y += 8;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < columns_.members.size(); ++i)
      if (columns_.members[i].loss > 0) order.push_back(i);
    if (order.empty()) return;
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return columns_.members[a].loss > columns_.members[b].loss; });
    if (order.size() > most_listed) order.resize(most_listed);
    line(bold, "Most lost");
    for (const std::size_t i : order)
      line(normal,
           std::to_string(i + 1) + ": " + label(columns_.members[i]) + ", " + share_text(columns_.members[i].loss));
  }

  const PingSummary& summary_;
  MatrixAxis columns_;
  MatrixAxis rows_;
  std::map<std::pair<std::size_t, std::size_t>, const PingPair*> pairs_;
  double cell_width_ = 0;
  double cell_height_ = 0;
  double left_ = 0;
  double top_ = 0;
  double width_ = 0;
  double height_ = 0;
  double legend_left_ = 0;
  SvgWriter out_;
};

}  // namespace

std::string to_svg(const PingSummary& summary) {
  return Matrix(summary).text();
}

}  // namespace ipop::pings
