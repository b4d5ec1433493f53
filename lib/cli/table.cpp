#include "cli/table.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

#include "cli/text.hpp"

namespace ipop::cli {
namespace {

const std::string& shown(const std::string& cell) {
  static const std::string dash = "-";
  return cell.empty() ? dash : cell;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add_row(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (std::string& cell : cells)
    cell = printable(cell);
  rows_.push_back(std::move(cells));
}

void Table::write_human(std::ostream& out, bool color) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_)
      width = std::max(width, display_width(shown(row[i])));
    widths.push_back(width);
  }
  const auto line = [&](auto cell_at) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_at(i);
      const std::string space(widths[i] - display_width(cell), ' ');
      if (i > 0) text += "  ";
      text += columns_[i].align == Align::right ? space + cell : cell + space;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  const std::string titles = line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
  out << (color ? "\x1b[1m" + titles + "\x1b[0m" : titles) << '\n';
  for (const auto& row : rows_)
    out << line([&](std::size_t i) -> const std::string& { return shown(row[i]); }) << '\n';
}

void Table::write_plain(std::ostream& out) const {
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out << (i > 0 ? "\t" : "") << row[i];
    out << '\n';
  }
}

}  // namespace ipop::cli
