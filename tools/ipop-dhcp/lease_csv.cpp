#include "lease_csv.hpp"

#include <algorithm>
#include <charconv>

#include "lease_fields.hpp"

namespace ipop::ipop_dhcp {
namespace {

using leasebook::Lease;

constexpr std::string_view csv_title_without_group = csv_title.substr(0, csv_title.rfind(','));

std::string csv_cell(std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(cell);
  std::string out = "\"";
  for (const char c : cell)
    out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

/// The next record of a CSV text (RFC 4180, section 2); takes it off `text`. Nullopt: a quote that nothing ends.
std::optional<std::vector<std::string>> take_record(std::string_view& text) {
  std::vector<std::string> cells(1);
  bool in_quotes = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_quotes && c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
      cells.back() += '"';
      ++at;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (in_quotes) {
      cells.back() += c;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  if (in_quotes) return std::nullopt;
  text.remove_prefix(std::min(at + 1, text.size()));
  return cells;
}

/// The first line, without what ends it.
std::string_view first_line(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

bool is_csv(std::string_view text) {
  return first_line(text) == csv_title || first_line(text) == csv_title_without_group;
}

std::string to_csv(const leasebook::LeaseGroup& group, const std::vector<Lease>& leases) {
  std::string out = std::string(csv_title) + "\n";
  for (const Lease& lease : leases)
    out += to_string(lease.address) + "," + to_string(lease.node) + "," + csv_cell(lease.user) + "," +
           csv_cell(lease.host_name) + "," + csv_cell(lease.source) + "," + std::to_string(lease.granted.seconds) +
           "," + std::to_string(lease.expires.seconds) + "," + (lease.released ? "yes" : "no") + "," +
           csv_cell(group.name) + "\n";
  return out;
}

Result<std::vector<Lease>> parse_csv_leases(std::string_view text, std::string_view group, WallTime now) {
  std::vector<Lease> out;
  std::size_t next = 2;  // the line; the titles are the first
  const std::string_view title = first_line(text);
  const auto columns = static_cast<std::size_t>(std::ranges::count(title, ',')) + 1;
  text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  while (!text.empty()) {
    const std::string place = "line " + std::to_string(next);
    const std::string_view before = text;
    const auto cells = take_record(text);
    next += static_cast<std::size_t>(std::ranges::count(before.substr(0, before.size() - text.size()), '\n'));
    if (!cells) return wrong(place + ": a quote without an end");
    if (cells->size() == 1 && cells->front().empty()) continue;
    if (cells->size() != columns)
      return wrong(place + ": not " + std::to_string(columns) + " columns: " + std::string(title));
    if (columns == 9 && cells->back() != group) return of_other_group(place, cells->back(), group);
    const auto number = [](const std::string& cell) -> Json {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      return error == std::errc() && end == cell.data() + cell.size() ? Json(value) : Json(cell);
    };
    if ((*cells)[7] != "yes" && (*cells)[7] != "no") return wrong(place + ": released is yes or no");
    auto lease = lease_of({{"address", (*cells)[0]},
                           {"node", (*cells)[1]},
                           {"user", (*cells)[2]},
                           {"host_name", (*cells)[3]},
                           {"source", (*cells)[4]},
                           {"granted", number((*cells)[5])},
                           {"expires", number((*cells)[6])},
                           {"released", (*cells)[7] == "yes"}},
                          place);
    if (!lease) return std::move(lease).error();
    if (auto good = check_plausible(*lease, now, place); !good) return std::move(good).error();
    out.push_back(*std::move(lease));
  }
  return out;
}

}  // namespace ipop::ipop_dhcp
