#include "groups/group_handover.hpp"

#include "crypto/sealed_message.hpp"

namespace ipop::groups {
namespace {

constexpr std::string_view title = "ga-group handover ";
constexpr std::string_view handover_version = "1";
constexpr std::string_view from_field = "from ";
constexpr std::string_view token_field = "token ";
constexpr std::string_view end_mark = "-----END CERTIFICATE-----\n";

/// The next line without its end; what is left of `text` is behind it.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return out;
}

Error no_handover(std::string_view what) {
  return make_error(Errc::malformed, "not a hand-over of a group: " + std::string(what));
}

}  // namespace

std::string to_string(const GroupHandover& handover) {
  std::string out = std::string(title) + std::string(handover_version) + "\n" + std::string(from_field) +
                    handover.from + "\n" + std::string(token_field) + to_string(JoinToken{handover.group}) + "\n";
  for (const crypto::Certificate& certificate : handover.certificates)
    out += certificate.to_pem();
  return out;
}

Result<GroupHandover> parse_group_handover(std::string_view text) {
  if (text.size() > crypto::max_sealed_message) return {Errc::too_large, "the hand-over of a group"};
  std::string_view line = take_line(text);
  if (!line.starts_with(title)) return no_handover("it begins otherwise");
  if (line.substr(title.size()) != handover_version)
    return {Errc::unsupported, "the hand-over needs a newer version of ga-group; upgrade this machine"};
  GroupHandover out;
  line = take_line(text);
  if (!line.starts_with(from_field) || !check_name_space(line.substr(from_field.size())))
    return no_handover("no namespace that it leads out of");
  out.from = line.substr(from_field.size());
  line = take_line(text);
  if (!line.starts_with(token_field)) return no_handover("no token");
  auto token = parse_join_token(line.substr(token_field.size()));
  if (!token) return std::move(token).error();
  out.group = std::move(token->group);
  while (!text.empty()) {
    const auto end = text.find(end_mark);
    if (end == std::string_view::npos || out.certificates.size() == crypto::max_readers)
      return no_handover("octets behind its certificates");
    auto certificate = crypto::Certificate::from_pem(text.substr(0, end + end_mark.size()));
    if (!certificate) return std::move(certificate).error().in("a certificate of the hand-over");
    out.certificates.push_back(*std::move(certificate));
    text.remove_prefix(end + end_mark.size());
  }
  return out;
}

}  // namespace ipop::groups
