#include "authority/enrolment_record.hpp"

#include <array>
#include <limits>

#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "settings/toml_reader.hpp"
#include "settings/wording.hpp"

namespace ipop::authority {
namespace {

constexpr std::array<std::string_view, 7> enrolment_record_keys{"step",    "authority", "authority_name", "user",
                                                                "request", "at",        "reason"};
constexpr std::array<std::string_view, 3> step_words{"wanted", "waiting", "denied"};

/// Names and reasons come from a server: what a reader of the file could stumble over is a question mark.
std::string quoted_foreign(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c >= ' ' && c <= '~' ? c : '?');
  }
  return out + "\"";
}

Result<EnrolmentRecord::Step> parse_step(std::string_view text) {
  for (std::size_t i = 0; i < step_words.size(); ++i)
    if (text == step_words[i]) return static_cast<EnrolmentRecord::Step>(i);
  return settings::malformed(settings::in_quotes(text.substr(0, 64)) + " is neither wanted, waiting nor denied");
}

Result<crypto::Digest256> parse_record_fingerprint(std::string_view text) {
  if (const auto fingerprint = parse_fingerprint(text)) return *fingerprint;
  return settings::malformed(settings::in_quotes(text.substr(0, 100)) + " is not a fingerprint: 64 hexadecimal digits");
}

}  // namespace

std::string enrolment_record_path(std::string_view group_file) {
  return std::string(group_file) + ".asks";
}

std::string to_toml(const EnrolmentRecord& record) {
  std::string out = "# This machine is on its way into a closed group; see ga-cert(1), FILES.\n";
  out += "step = " + settings::in_quotes(step_words.at(static_cast<std::size_t>(record.step))) + "\n";
  out += "authority = " + settings::in_quotes(to_hex(record.authority)) + "\n";
  const auto add = [&out](std::string_view key, const std::string& text) {
    if (!text.empty()) out += std::string(key) + " = " + quoted_foreign(text) + "\n";
  };
  add("authority_name", record.authority_name);
  add("user", record.user);
  add("request", record.request);
  out += "at = " + std::to_string(record.at.seconds) + "\n";
  add("reason", record.reason);
  return out;
}

Result<EnrolmentRecord> parse_enrolment_record(std::string_view text, std::string_view file) {
  settings::TomlReader reader(text, file, enrolment_record_keys);
  EnrolmentRecord out;
  const auto keep = [](std::string& place) {
    return [&place](std::string_view value) -> Result<void> {
      place = value;
      return {};
    };
  };
  constexpr std::string_view example = "authority = \"(64 hexadecimal digits)\"";
  reader.require("step", "step = \"waiting\"");
  reader.require("authority", example);
  reader.text("step", "step = \"waiting\"",
              [&](std::string_view word) { return settings::take(parse_step(word), out.step); });
  reader.text("authority", example,
              [&](std::string_view digits) { return settings::take(parse_record_fingerprint(digits), out.authority); });
  reader.text("authority_name", "authority_name = \"lab\"", keep(out.authority_name));
  reader.text("user", "user = \"bob\"", keep(out.user));
  reader.text("request", "request = \"3f2a91b0c4d5e6f7\"", keep(out.request));
  reader.text("reason", "reason = \"unknown\"", keep(out.reason));
  const auto at = reader.number("at", 0, std::numeric_limits<std::int64_t>::max(), 1'750'000'000);
  if (reader.failed()) return *reader.failed();
  out.at.seconds = at.value_or(0);
  return out;
}

}  // namespace ipop::authority
