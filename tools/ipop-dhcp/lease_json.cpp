#include "lease_json.hpp"

#include <iterator>

#include "lease_csv.hpp"
#include "lease_fields.hpp"

namespace ipop::ipop_dhcp {
namespace {

using leasebook::Lease;

constexpr std::string_view leases_schema = "ipop-dhcp.leases/1";

/// Octets of a text, with the line that the reader is in.
class LineCounter {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  LineCounter(const char* at, std::size_t& line) : at_(at), line_(&line) {}
  reference operator*() const { return *at_; }
  LineCounter& operator++() {
    if (*at_++ == '\n') ++*line_;
    return *this;
  }
  friend bool operator==(const LineCounter& a, const LineCounter& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  std::size_t* line_;
};

/// Takes the leases out of a text as it is read: a document of a million in memory is a gigabyte.
class LeaseReader : public nlohmann::json_sax<Json> {
 public:
  /// `line` is the one that the reader of the text is in.
  LeaseReader(std::string_view group, WallTime now, const std::size_t& line) : group_(group), now_(now), line_(line) {}

  Result<std::vector<Lease>> finish(bool is_whole) {
    if (error_) return *std::move(error_);
    if (!is_whole || !has_schema_)
      return wrong("neither JSON of schema " + std::string(leases_schema) + " nor CSV with the titles " +
                   std::string(csv_title));
    if (!has_leases_) return wrong("no list \"leases\"");
    return std::move(leases_);
  }

  bool null() override { return take(nullptr); }
  bool boolean(bool value) override { return take(value); }
  bool number_integer(std::int64_t value) override { return take(value); }
  bool number_unsigned(std::uint64_t value) override { return take(value); }
  bool number_float(double value, const std::string& /*text*/) override { return take(value); }
  bool string(std::string& value) override { return take(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) override { return true; }  // JSON has none
  bool key(std::string& name) override {
    if (depth_ == 1) field_ = std::move(name);
    if (depth_ == 3 && in_leases_) lease_field_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t /*size*/) override {
    if (is_entry()) begin_lease(Json::object());
    ++depth_;
    return true;
  }
  bool start_array(std::size_t /*size*/) override {
    if (is_entry()) begin_lease(Json::array());
    if (depth_ == 1 && field_ == "leases") has_leases_ = in_leases_ = true;
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return !is_entry() || end_lease();
  }
  bool end_array() override {
    --depth_;
    if (is_entry()) return end_lease();
    if (depth_ == 1) in_leases_ = false;
    return true;
  }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/, const Json::exception& /*why*/) override {
    // Of a text that is no JSON at all the line says nothing.
    if (has_schema_) error_ = wrong(place() + ": the JSON is broken");
    return false;
  }

 private:
  [[nodiscard]] bool is_entry() const { return depth_ == 2 && in_leases_; }
  [[nodiscard]] std::string place() const { return "line " + std::to_string(line_); }

  bool refuse(Error error) {
    error_ = std::move(error);
    return false;
  }
  void begin_lease(Json lease) {
    lease_ = std::move(lease);
    place_ = place();
  }
  bool end_lease() {
    auto lease = lease_of(lease_, place_);
    if (!lease) return refuse(std::move(lease).error());
    if (auto good = check_plausible(*lease, now_, place_); !good) return refuse(std::move(good).error());
    leases_.push_back(*std::move(lease));
    return true;
  }
  /// A value that is neither list nor object.
  bool take(Json value) {
    if (is_entry()) {
      begin_lease(std::move(value));
      return end_lease();
    }
    if (depth_ == 3 && in_leases_ && lease_.is_object()) lease_[lease_field_] = std::move(value);
    if (depth_ != 1) return true;
    if (field_ == "schema") has_schema_ = value == leases_schema;
    if (field_ == "schema" && !has_schema_) return false;
    if (field_ == "group" && value.is_string() && value != group_)
      return refuse(of_other_group(place(), value.get<std::string>(), group_));
    return true;
  }

  std::string_view group_;
  WallTime now_;
  const std::size_t& line_;
  std::size_t depth_ = 0;    // of objects and lists that are open
  std::string field_{};      // of the whole
  bool has_schema_ = false;  // and it is the right one
  bool has_leases_ = false;
  bool in_leases_ = false;
  Json lease_{};  // as far as it was read
  std::string lease_field_{};
  std::string place_{};  // where it begins
  std::vector<Lease> leases_{};
  std::optional<Error> error_{};
};

}  // namespace

std::string to_json(const leasebook::LeaseGroup& group, const std::vector<Lease>& leases) {
  std::string out =
      "{\"schema\": " + Json(leases_schema).dump() + ", \"group\": " + Json(group.name).dump() + ", \"leases\": [";
  const char* between = "\n";
  for (const Lease& lease : leases) {
    out += between + to_object(lease).dump(-1, ' ', false, Json::error_handler_t::replace);
    between = ",\n";
  }
  return out + "\n]}\n";
}

Result<std::vector<Lease>> parse_json_leases(std::string_view text, std::string_view group, WallTime now) {
  std::size_t line = 1;
  LeaseReader reader(group, now, line);
  const bool is_whole =
      Json::sax_parse(LineCounter(text.data(), line), LineCounter(text.data() + text.size(), line), &reader);
  return reader.finish(is_whole);
}

}  // namespace ipop::ipop_dhcp
