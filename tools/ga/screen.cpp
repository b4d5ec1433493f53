#include "screen.hpp"

#include <algorithm>

#include "cli/human.hpp"

namespace ipop::ga {
namespace {

using health::Finding;
using health::Verdict;

void append_part(std::string& text, const std::string& part) {
  if (part.empty()) return;
  text += (text.empty() ? "" : ", ") + part;
}

std::string machine_text(const health::Facts& facts) {
  const node::StatusAnswer& status = *facts.status;
  std::string out = own_name(facts);
  append_part(out, status.address  ? to_string(*status.address)
                   : status.prefix ? "no address yet"
                                   : "no virtual network");
  append_part(out, "up " + cli::human_seconds(std::chrono::floor<std::chrono::seconds>(status.uptime)));
  if (facts.is_node_replaced) append_part(out, "its program was replaced since it started");
  if (status.certificate_expires) append_part(out, "certificate until " + cli::utc_text(*status.certificate_expires));
  return out;
}

/// Of a node without a status.
std::string silence_text(const health::Facts& facts) {
  switch (facts.node.value_or(health::NodeFact::not_running)) {
    case health::NodeFact::not_permitted: return "not known: this user may not ask its node";
    case health::NodeFact::silent: return "its node does not answer";
    default: return "its node is not running";
  }
}

std::string names_text(const node::StatusAnswer& status) {
  std::string out;
  for (const std::string& name : status.names)
    append_part(out, name + "." + status.domain);
  return out;
}

std::string bootstrap_text(const health::Facts& facts) {
  std::string out;
  if (!facts.bootstrap) return out;
  for (const health::BootstrapFact& node : *facts.bootstrap) {
    std::string state = "not tried";
    if (node.is_self)
      state = "this machine";
    else if (node.is_linked)
      state = "linked";
    else if (!node.problem.empty())
      state = "no address";
    else if (node.answers)
      state = *node.answers ? "answers" : "does not answer";
    append_part(out, node.name + " " + state);
  }
  return out;
}

std::string pool_text(const health::PoolFact& pool) {
  std::string out = pool.roles;
  if (!pool.manager.empty()) append_part(out, "manager " + pool.manager);
  if (pool.slots) append_part(out, std::to_string(*pool.slots) + (*pool.slots == 1 ? " slot" : " slots"));
  if (pool.my_jobs) append_part(out, std::to_string(*pool.my_jobs) + (*pool.my_jobs == 1 ? " job here" : " jobs here"));
  return out;
}

std::string authority_text(const std::vector<health::AuthorityFact>& authorities, bool is_root) {
  std::string out;
  for (const health::AuthorityFact& authority : authorities) {
    if (!authority.problem.empty()) {
      append_part(out, authority.name + ": " + (is_root ? authority.problem : "only root may look"));
      continue;
    }
    const std::string count = authority.waiting == 0 ? "no" : std::to_string(authority.waiting);
    append_part(out, authority.name + ": " + count + (authority.waiting == 1 ? " request waits" : " requests wait"));
  }
  return out;
}

std::string firewall_text(const health::FirewallFact& firewall) {
  switch (firewall.state) {
    case health::FirewallFact::State::none: return "none";
    case health::FirewallFact::State::applied: return health::words_of_applied(firewall);
    case health::FirewallFact::State::differs: return "differs from its settings";
    case health::FirewallFact::State::missing: return "not in force";
    case health::FirewallFact::State::unknown: break;
  }
  return "not known: " + firewall.problem;
}

const Finding* finding_about(const GroupView& view, std::string_view topic) {
  const auto found = std::ranges::find(view.findings, topic, &Finding::topic);
  return found == view.findings.end() ? nullptr : &*found;
}

}  // namespace

bool GroupView::is_wrong() const {
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.verdict == Verdict::wrong; });
}

GroupView view_of(health::Facts facts) {
  GroupView out{std::move(facts), {}};
  out.findings = health::findings_of(out.facts);
  return out;
}

std::string own_name(const health::Facts& facts) {
  if (!facts.status || facts.status->names.empty()) return {};
  return facts.status->names.back() + "." + facts.status->domain;
}

std::size_t member_count(const health::Facts& facts) {
  return facts.status ? facts.status->ring_size_estimate : 0;
}

std::string verdict_of(const GroupView& view) {
  const auto wrong =
      std::ranges::find(view.findings, Verdict::wrong, [](const Finding& finding) { return finding.verdict; });
  if (view.facts.node.value_or(health::NodeFact::not_running) == health::NodeFact::not_running) return "off";
  return wrong == view.findings.end() ? "good" : "wrong: " + wrong->topic;
}

Lines screen_of(const GroupView& view) {
  const health::Facts& facts = view.facts;
  const char* kind = facts.is_closed   ? ", closed"
                     : facts.enrolment ? ", closed; this machine is no member of it"
                                       : ", open";
  Lines out{{"group", facts.group + kind}};
  if (facts.status) {
    out.emplace_back("machine", machine_text(facts));
    if (const Finding* ring = finding_about(view, "ring")) out.emplace_back("ring", ring->what);
    if (const Finding* nat = finding_about(view, "NAT")) out.emplace_back("NAT", nat->what);
    out.emplace_back("bootstrap", bootstrap_text(facts));
    out.emplace_back("names", names_text(*facts.status));
  } else {
    out.emplace_back("machine", silence_text(facts));
  }
  if (facts.firewall) out.emplace_back("firewall", firewall_text(*facts.firewall));
  if (facts.pool) out.emplace_back("pool", pool_text(*facts.pool));
  if (!facts.authorities.empty()) out.emplace_back("authority", authority_text(facts.authorities, facts.is_root));
  for (const Finding& finding : view.findings) {
    if (finding.verdict != Verdict::wrong) continue;
    out.emplace_back("wrong", finding.topic + ": " + finding.what);
    if (!finding.why.empty()) out.emplace_back("", finding.why);
  }
  std::erase_if(out, [](const auto& line) { return line.second.empty(); });
  return out;
}

}  // namespace ipop::ga
