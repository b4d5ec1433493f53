#include "fleet/upgrade_plan.hpp"

#include <algorithm>

namespace ipop::fleet {
namespace {

/// Whether a node of this host runs a program that its package no longer has.
bool runs_old_program(const Report& report) {
  return std::ranges::any_of(report.nodes, &NodeReport::is_replaced);
}

}  // namespace

Result<HostPlan> plan_upgrade(const PackageSource& source, bool downgrades, const Report& report) {
  auto begun = begin_plan(source, report);
  if (!begun) return begun;
  HostPlan plan = *std::move(begun);
  const auto installed = report.packages.find(node_package);
  if (installed == report.packages.end())
    return {Errc::not_found, "the package ipop is not installed there; `install` does it"};
  if (source.files.empty()) {
    plan.steps.emplace_back("upgrade with apt-get");
    return plan;
  }
  for (const auto& [name, version] : report.packages) {
    auto chosen = choose_package(source.files, name, release_of(report), report.architecture);
    if (!chosen)
      return {Errc::not_found, "no package " + name + " for Debian " + release_of(report) + " on " +
                                   report.architecture + " is among those given"};
    const auto order = compare_versions(chosen->version, version);
    if (order < 0 && !downgrades)
      return {Errc::conflict, "has " + name + " " + version + ", which is newer than " + chosen->version +
                                  "; --downgrade takes the older one"};
    if (order == 0) continue;
    plan.steps.push_back((order < 0 ? "set " : "upgrade ") + name + (order < 0 ? " back" : "") + " from " + version +
                         " to " + chosen->version);
    plan.files.push_back(*std::move(chosen));
  }
  plan.only_restarts = plan.files.empty() && runs_old_program(report);
  if (plan.only_restarts) plan.steps.emplace_back("restart the node, which runs an older program");
  return plan;
}

std::string why_not_now(const Report& report) {
  if (report.nodes.empty()) return "there is no node on it";
  for (const NodeReport& node : report.nodes)
    if (!node.status) return "the node of " + node.group + " is silent: " + node.silent;
  return {};
}

}  // namespace ipop::fleet
