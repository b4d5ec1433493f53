#include "cli/table.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string_view>
#include <utility>

#include "cli/text.hpp"

namespace ipop::cli {
namespace {

const std::string& shown(const std::string& cell) {
  static const std::string dash = "-";
  return cell.empty() ? dash : cell;
}

constexpr std::string_view between = "  ";
constexpr std::string_view ellipsis = "\xe2\x80\xa6";  // one column
// A cell that is cut keeps what can be recognized, such as the first half of an address.
constexpr std::size_t narrowest = 8;
// About a screen: more rows than this have no beginning any more when they have been written.
constexpr std::size_t most_uncounted = 20;

/// The beginning of `text` that `width` columns hold, with a sign that there is more.
std::string cut(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(first_code_point(std::string_view(text).substr(at)).length, 1);
    const std::string next = out + text.substr(at, length);
    if (display_width(next) + 1 > width) break;
    out = next;
    at += length;
  }
  return out.append(ellipsis);
}

/// Takes from the widest columns, evenly, until all fit; false where they would become too narrow to read.
bool fit(const std::vector<Column>& columns, std::vector<std::size_t>& widths, std::size_t most) {
  std::size_t total = between.size() * (widths.size() - 1);
  for (const std::size_t width : widths)
    total += width;
  while (total > most) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (!columns[i].whole && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    if (widest == nullptr || *widest <= narrowest) return false;
    --*widest;
    --total;
  }
  return true;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add_row(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (std::string& cell : cells)
    cell = printable(cell);
  rows_.push_back(std::move(cells));
}

void Table::write_human(std::ostream& out, const Screen& screen) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_)
      width = std::max(width, display_width(shown(row[i])));
    widths.push_back(width);
  }
  if (screen.columns == 0 || fit(columns_, widths, screen.columns)) {
    write_rows(out, screen, widths);
  } else {
    write_records(out, screen);
  }
  if (!rows_are_.empty() && rows_.size() > most_uncounted) out << '\n' << rows_.size() << ' ' << rows_are_ << '\n';
}

void Table::write_rows(std::ostream& out, const Screen& screen, const std::vector<std::size_t>& widths) const {
  const auto line = [&](auto cell_at) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = cut(cell_at(i), widths[i]);
      const std::string space(widths[i] - display_width(cell), ' ');
      if (i > 0) text += between;
      text += columns_[i].align == Align::right ? space + cell : cell + space;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  const std::string titles = line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
  out << (screen.color ? "\x1b[1m" + titles + "\x1b[0m" : titles) << '\n';
  for (const auto& row : rows_)
    out << line([&](std::size_t i) -> const std::string& { return shown(row[i]); }) << '\n';
}

void Table::write_records(std::ostream& out, const Screen& screen) const {
  std::size_t titles = 0;
  for (const Column& column : columns_)
    titles = std::max(titles, display_width(column.title));
  const std::size_t rest = std::max(screen.columns, titles + between.size() + narrowest) - titles - between.size();
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    if (at > 0) out << '\n';
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& title = columns_[i].title;
      out << (screen.color ? "\x1b[1m" + title + "\x1b[0m" : title) << std::string(titles - display_width(title), ' ')
          << between << (columns_[i].whole ? shown(rows_[at][i]) : cut(shown(rows_[at][i]), rest)) << '\n';
    }
  }
}

void Table::write_plain(std::ostream& out) const {
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out << (i > 0 ? "\t" : "") << row[i];
    out << '\n';
  }
}

void write_value(std::ostream& out, std::string_view value, std::size_t indent, std::size_t columns) {
  std::size_t at = indent;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(' ', 1), value.size());
    const std::string_view word = value.substr(0, end);
    const std::size_t width = display_width(word);
    if (columns != 0 && at > indent && at + width > columns) {
      out << '\n' << std::string(indent, ' ') << word.substr(1);
      at = indent + width - 1;
    } else {
      out << word;
      at += width;
    }
    value.remove_prefix(end);
  }
}

}  // namespace ipop::cli
