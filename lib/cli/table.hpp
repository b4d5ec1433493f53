#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/streams.hpp"

namespace ipop::cli {

enum class Align { left, right };

/// A column; its title is ours, its cells may hold anything.
struct Column {
  std::string title;
  Align align = Align::left;
  bool whole = false;  ///< its cells are typed again by whoever reads them, so they are never cut
};

/// Rows under titles, for a person (aligned) or for `cut` and `awk` (tab-separated).
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// One cell a column. Cells are made printable, so no text from the network reaches the terminal.
  void add_row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// What the rows are, as "members": a table of more than a screen of them says how many.
  void count_as(std::string rows) { rows_are_ = std::move(rows); }
  /// Aligned under titles, two spaces between columns, no trailing spaces; an empty cell is a dash. Titles are bold
  /// with colour. What is wider than the screen loses the ends of its longest cells, and where that would not leave
  /// enough, each row becomes lines of its own.
  void write_human(std::ostream& out, const Screen& screen) const;
  /// One line a row, cells between tabs, no titles; an empty cell is empty.
  void write_plain(std::ostream& out) const;

 private:
  void write_rows(std::ostream& out, const Screen& screen, const std::vector<std::size_t>& widths) const;
  void write_records(std::ostream& out, const Screen& screen) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::string rows_are_;
};

/// A value behind its key, of printable text: what is wider than `columns` (0: nothing is) goes on in lines of its own,
/// below its beginning at `indent`. It is parted at blanks only, so that each part can be copied.
void write_value(std::ostream& out, std::string_view value, std::size_t indent, std::size_t columns);

}  // namespace ipop::cli
