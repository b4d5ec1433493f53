#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace ipop::cli {

enum class Align { left, right };

/// A column; its title is ours, its cells may hold anything.
struct Column {
  std::string title;
  Align align = Align::left;
};

/// Rows under titles, for a person (aligned) or for `cut` and `awk` (tab-separated).
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// One cell a column. Cells are made printable, so no text from the network reaches the terminal.
  void add_row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Aligned under titles, two spaces between columns, no trailing spaces; an empty cell is a dash.
  /// `color` makes the titles bold.
  void write_human(std::ostream& out, bool color) const;
  /// One line a row, cells between tabs, no titles; an empty cell is empty.
  void write_plain(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ipop::cli
