#include "health/membership_findings.hpp"

#include "health/finding_words.hpp"
#include "health/notice_findings.hpp"

namespace ipop::health {
namespace {

using std::chrono::hours;

constexpr hours certificate_warning{24 * 7};

/// How the authority's server of a group is started here.
std::string server_command(const Facts& facts) {
  if (facts.has_systemd) return "systemctl enable --now ga-authority@" + facts.group;
  const std::string closed = facts.entrance_of.empty() ? "" : " --for " + facts.entrance_of;
  return "ga-cert authority serve --group " + facts.group + closed + " &";
}

}  // namespace

Finding of_certificate(const Facts& facts, const node::StatusAnswer& status) {
  if (!status.certificate_expires)
    return explaining(wrong("certificate", "the node has no certificate of this closed group", "",
                            "ga-cert join --group " + facts.group));
  const auto left = std::chrono::seconds(status.certificate_expires->seconds - facts.now.seconds);
  const std::string list = status.revocation_number == 0
                               ? "no revocation list"
                               : "revocation list " + std::to_string(status.revocation_number);
  if (left <= std::chrono::seconds::zero())
    return explaining(wrong("certificate", "this machine's certificate has expired", "members refuse links with it",
                            "ga-cert renew --group " + facts.group));
  const auto days = std::chrono::duration_cast<hours>(left).count() / 24;
  const std::string good_for = "good for another " + counted(static_cast<std::size_t>(days), "day") + "; " + list;
  if (const std::string notice = find_notice(facts, renewal_notice); !notice.empty())
    return wrong("certificate", notice, good_for, "ga-cert renew --group " + facts.group);
  if (left < certificate_warning) return note("certificate", good_for, "ga-cert renew --group " + facts.group);
  return good("certificate", good_for);
}

Finding of_enrolment(const Facts& facts, const EnrolmentFact& enrolment) {
  const std::string again = "ga-cert join" + group_option(facts);
  const std::string authority = "the authority" + (enrolment.authority.empty() ? "" : " " + enrolment.authority);
  const std::string as_user = enrolment.user.empty() ? "" : " as user " + enrolment.user;
  const std::string accept = "on the authority's machine: ga-cert accept " + enrolment.request;
  switch (enrolment.step) {
    case EnrolmentFact::Step::waiting:
      return wrong("certificate",
                   "not a member yet: " + authority + " has not decided on the request of " + enrolment.at + as_user,
                   accept + "; then this machine goes on, while ga-cert join waits or when it is run again", again);
    case EnrolmentFact::Step::denied:
      return wrong("certificate",
                   "not a member: " + authority + " denied the request of this machine" + as_user + " on " +
                       enrolment.at + (enrolment.reason.empty() ? ", without a reason" : ": " + enrolment.reason),
                   "if that was a mistake: " + accept,
                   "ga-group leave " + facts.group + ", or " + again + " once it is accepted");
    case EnrolmentFact::Step::wanted: break;
  }
  return wrong("certificate", "not a member yet: this machine is only in the network in which it asks to become one",
               "no certificate of the closed group was asked for so far", again);
}

std::vector<Finding> of_authority(const Facts& facts) {
  const std::string& closed = facts.entrance_of.empty() ? facts.group : facts.entrance_of;
  const std::string loss = facts.entrance_of.empty() ? "certificates of members are not renewed, nobody is revoked"
                                                     : "no machine can become a member of " + closed;
  if (!facts.lost_authority.empty())
    return {wrong("authority", "the authority of " + closed + " is not on this machine: " + facts.lost_authority, loss,
                  "ga-cert --authority " + closed + " authority restore FILE")};
  for (const AuthorityFact& authority : facts.authorities)
    if (authority.name == closed && !authority.problem.empty())
      return {wrong("authority", authority.problem, loss,
                    authority.next.empty() ? "ga-cert authority show --authority " + closed : authority.next)};
  if (!facts.authority_server) return {};
  if (facts.authority_server->problem.empty())
    return {good("authority", "its server answers at " + facts.authority_server->place)};
  return {wrong("authority", "the authority's server does not run in this group: " + facts.authority_server->problem,
                loss, server_command(facts))};
}

}  // namespace ipop::health
