#include "health/notice_findings.hpp"

#include <algorithm>
#include <array>

#include "health/finding_words.hpp"

namespace ipop::health {
namespace {

constexpr std::array<std::string_view, 3> seen_elsewhere{certificate_notice, lease_notice, links_notice};

/// `the name N is held by the node X until T, ...; what to do`.
Finding of_name(const Facts& facts, const std::string& notice) {
  const std::size_t end = std::min(notice.find("; "), notice.size());
  return wrong("names", notice.substr(0, end),
               end < notice.size() ? notice.substr(end + 2) : "others find that machine under this machine's name",
               "write hostname = \"ANOTHER-NAME\" into /etc/ipop/node/" + facts.group + ".toml, then ipop-ctl reload" +
                   group_option(facts));
}

Finding of_notice(const Facts& facts, const std::string& notice) {
  if (notice.starts_with("this machine's clock")) {
    Finding finding = wrong("clock", notice, "what it signs is refused", clock_command(facts));
    // Without an address nothing else can be right.
    finding.explains_rest = !facts.status->address;
    return finding;
  }
  if (notice.starts_with(revoked_notice))
    return explaining(wrong("certificate", notice, "the authority of " + facts.group + " shut this machine out",
                            "ga-group leave " + facts.group));
  if (notice.starts_with("another machine"))
    return wrong("node", notice, "a copied disk, or a restored backup, has the node's key twice",
                 "move " + key_path(facts) + " away on one of the two, and start its node again");
  if (notice.starts_with("the name ")) return of_name(facts, notice);
  return wrong("node", notice, "", "ipop-ctl status" + group_option(facts));
}

}  // namespace

std::vector<Finding> of_notices(const Facts& facts) {
  std::vector<Finding> out;
  for (const std::string& notice : facts.status->notices) {
    const bool is_revoked = notice.starts_with(revoked_notice);
    const auto begins = [&notice](std::string_view beginning) { return notice.starts_with(beginning); };
    if (is_revoked || std::ranges::none_of(seen_elsewhere, begins)) out.push_back(of_notice(facts, notice));
  }
  return out;
}

std::string find_notice(const Facts& facts, std::string_view beginning) {
  if (!facts.status) return {};
  const auto found = std::ranges::find_if(
      facts.status->notices, [beginning](const std::string& notice) { return notice.starts_with(beginning); });
  return found == facts.status->notices.end() ? std::string() : *found;
}

}  // namespace ipop::health
