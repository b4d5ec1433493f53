#include "pings/ping_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace ipop::pings {
namespace {

constexpr std::string_view log_version = "ping/1";
constexpr std::string_view none = "-";
constexpr std::size_t longest_name = 63;

constexpr std::array<std::pair<PingPath, std::string_view>, 6> path_words{{{PingPath::unknown, "unknown"},
                                                                           {PingPath::direct, "direct"},
                                                                           {PingPath::relayed, "relayed"},
                                                                           {PingPath::routed, "routed"},
                                                                           {PingPath::no_address, "no-address"},
                                                                           {PingPath::silent, "silent"}}};

bool is_not_pinged(PingPath path) {
  return path == PingPath::no_address || path == PingPath::silent;
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= longest_name && text.front() != '-' && std::ranges::all_of(text, fits);
}

/// Visible ASCII with single spaces between words; ready to be read back as the same text.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet <= 0x20 || octet == 0x7f) {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    } else {
      out.push_back(octet < 0x80 ? c : '?');
    }
    if (out.size() == max_ping_reason) break;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out == none ? std::string() : out;
}

bool is_reason(std::string_view text) {
  return text == none || (!text.empty() && one_line(text) == text);
}

std::string two_digits(unsigned value) {
  return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool canonical = text.size() == 1 || (!text.empty() && text.front() != '0');
  if (error != std::errc{} || end != text.data() + text.size() || !canonical || value > most) return std::nullopt;
  return value;
}

std::optional<WallTime> parse_utc(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  if (text.size() != form.size()) return std::nullopt;
  std::array<int, 6> parts{};
  std::size_t part = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '0') {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      parts[part] = parts[part] * 10 + (text[i] - '0');
    } else {
      if (text[i] != form[i]) return std::nullopt;
      if (i + 1 < form.size()) ++part;
    }
  }
  const year_month_day date{year(parts[0]), month(static_cast<unsigned>(parts[1])),
                            day(static_cast<unsigned>(parts[2]))};
  if (!date.ok() || parts[0] < 1970 || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
  const sys_seconds time = sys_days(date) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]);
  return WallTime{time.time_since_epoch().count()};
}

std::string address_text(const std::optional<net::Ipv4Address>& address) {
  return address ? to_string(*address) : std::string(none);
}

std::string name_text(const std::string& name) {
  return is_name(name) ? name : std::string(none);
}

/// Takes the fields of a line one after the other; the first that is wrong is remembered.
class FieldReader {
 public:
  explicit FieldReader(std::string_view line) : rest_(line) {}

  std::string_view next() {
    const auto stop = rest_.find('\t');
    const std::string_view field = rest_.substr(0, stop);
    at_end_ = stop == std::string_view::npos;
    rest_ = at_end_ ? std::string_view() : rest_.substr(stop + 1);
    return field;
  }
  template <class Parse>
  auto read(std::string_view name, Parse parse) {
    const auto value = at_end_ ? decltype(parse(std::string_view())){} : parse(next());
    if (!value && wrong_.empty()) wrong_ = name;
    return value.value_or(typename decltype(parse(std::string_view()))::value_type{});
  }
  template <class Parse>
  auto read_or_none(std::string_view name, Parse parse) {
    using Value = std::optional<typename decltype(parse(std::string_view()))::value_type>;
    return read(name, [&](std::string_view text) -> std::optional<Value> {
      if (text == none) return Value{};
      const auto value = parse(text);
      if (!value) return std::nullopt;
      return Value(value);
    });
  }
  void refuse(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }
  [[nodiscard]] std::string_view wrong() const { return wrong_; }
  [[nodiscard]] bool at_end() const { return at_end_; }

 private:
  std::string_view rest_;
  std::string_view wrong_{};
  bool at_end_ = false;
};

PingMember read_member(FieldReader& fields, std::string_view title) {
  PingMember out;
  out.id = fields.read(title, [](std::string_view text) { return parse_node_id(text); });
  out.address = fields.read_or_none(title, [](std::string_view text) { return net::parse_ipv4_address(text); });
  out.name = fields.read(title, [](std::string_view text) -> std::optional<std::string> {
    if (text == none) return std::string();
    return is_name(text) ? std::optional(std::string(text)) : std::nullopt;
  });
  return out;
}

}  // namespace

std::string_view to_string(PingPath path) {
  for (const auto& [value, word] : path_words)
    if (value == path) return word;
  return path_words.front().second;
}

std::string utc_text_of(WallTime time) {
  using namespace std::chrono;
  const sys_seconds point{seconds(time.seconds)};
  const sys_days day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  return two_digits(year / 100) + two_digits(year % 100) + "-" + two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day())) + "T" +
         two_digits(static_cast<unsigned>(clock.hours().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.minutes().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.seconds().count())) + "Z";
}

std::string to_line(const PingResult& result) {
  std::string out(log_version);
  const auto field = [&out](std::string_view text) {
    out.push_back('\t');
    out += text;
  };
  field(utc_text_of(result.run));
  for (const PingMember* member : {&result.from, &result.to}) {
    field(to_string(member->id));
    field(address_text(member->address));
    field(name_text(member->name));
  }
  field(std::to_string(result.pinged ? pings_a_run : 0));
  field(std::to_string(result.received));
  if (result.round_trips) {
    for (const auto time : {result.round_trips->least, result.round_trips->mean, result.round_trips->most})
      field(std::to_string(time.count()));
  } else {
    for (int i = 0; i < 3; ++i)
      field(none);
  }
  field(to_string(result.path));
  const std::string reason = one_line(result.reason);
  field(reason.empty() ? none : reason);
  out.push_back('\n');
  return out;
}

Result<PingResult> parse_ping_line(std::string_view line) {
  if (line.size() > max_ping_line) return {Errc::too_large, "line of a ping log"};
  FieldReader fields(line);
  if (fields.next() != log_version) return {Errc::unsupported, "this is no line of a ping log, or of a later release"};
  PingResult out;
  out.run = fields.read("time", parse_utc);
  out.from = read_member(fields, "from");
  out.to = read_member(fields, "to");
  const auto number = [](std::uint64_t most) {
    return [most](std::string_view text) { return parse_number(text, most); };
  };
  const auto sent = fields.read("sent", number(pings_a_run));
  const auto received = fields.read("received", number(pings_a_run));
  std::array<std::optional<std::uint64_t>, 3> times{};
  for (auto& time : times)
    time = fields.read_or_none("round trip", number(static_cast<std::uint64_t>(max_round_trip.count())));
  out.path = fields.read("path", [](std::string_view text) -> std::optional<PingPath> {
    for (const auto& [value, word] : path_words)
      if (word == text) return value;
    return std::nullopt;
  });
  out.reason = fields.read("reason", [](std::string_view text) -> std::optional<std::string> {
    if (!is_reason(text)) return std::nullopt;
    return text == none ? std::string() : std::string(text);
  });
  if (!fields.at_end()) fields.refuse("end");

  out.pinged = sent == pings_a_run;
  out.received = static_cast<unsigned>(received);
  if (sent != 0 && !out.pinged) fields.refuse("sent");
  if (received > sent) fields.refuse("received");
  for (const auto& time : times)
    if (time.has_value() != (received > 0)) fields.refuse("round trip");
  if (times[0] && times[1] && times[2]) {
    if (*times[0] > *times[1] || *times[1] > *times[2]) fields.refuse("round trip");
    out.round_trips = RoundTrips{std::chrono::microseconds(*times[0]), std::chrono::microseconds(*times[1]),
                                 std::chrono::microseconds(*times[2])};
  }
  if (!out.from.address) fields.refuse("from");
  if (out.from.id == out.to.id) fields.refuse("to");
  if (is_not_pinged(out.path) == out.pinged) fields.refuse("path");
  if (out.to.address.has_value() == (out.path == PingPath::no_address)) {
    // A silent member may have had an address or not.
    if (out.path != PingPath::silent) fields.refuse("to");
  }
  if (!fields.wrong().empty())
    return {Errc::malformed, "line of a ping log: the field \"" + std::string(fields.wrong()) + "\" is wrong"};
  return out;
}

}  // namespace ipop::pings
