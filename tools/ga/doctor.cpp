#include <functional>

#include "cli/progress.hpp"
#include "look.hpp"
#include "views_output.hpp"

namespace ipop::ga {
namespace {

// A first message is repeated after 250 ms, doubling: three of them.
constexpr Duration greeting_limit = 2s;

struct Step {
  std::string_view text;
  std::function<void(Look&)> look;
};

GroupView diagnose(const Context& context, const std::string& group, const Diagnose& verb) {
  Look look = begin_look(context, group);
  const std::vector<Step> steps{
      {"looking at files", look_at_files},
      {"looking at the clock", look_at_clock},
      {"asking the node",
       [](Look& it) {
         look_at_node(it);
         look_at_start(it);
       }},
      {"looking at the network", look_at_uplink},
      {"saying hello to the bootstrap nodes", [](Look& it) { look_at_bootstrap(it, greeting_limit); }},
      {"looking names up", [&verb](Look& it) { look_up_names(it, verb.outside); }},
      {"pinging members", ping_members},
      {"asking the authority", look_at_authorities},
      {"looking for the lease server", look_at_lease_server},
      {"looking at the firewall", look_at_firewall},
      {"asking HTCondor", look_at_pool},
  };
  cli::Progress progress(context.streams);
  for (const Step& step : steps) {
    if (group.empty()) break;
    progress.show(std::string(step.text) + " ...");
    step.look(look);
    const auto findings = health::findings_of(look.facts);
    // What comes behind would be wrong for the same reason.
    if (!findings.empty() && findings.back().verdict == health::Verdict::wrong && findings.back().explains_rest) break;
  }
  return view_of(std::move(look.facts));
}

}  // namespace

cli::ExitStatus carry_out(const Context& context, const Diagnose& verb) {
  auto groups = groups_of_machine(context);
  if (!groups) return report_unreadable(context, groups.error());
  if (groups->empty()) groups->emplace_back();
  std::vector<GroupView> views;
  for (const std::string& group : *groups)
    views.push_back(diagnose(context, group, verb));
  write_findings(context, views);
  return status_of_views(views);
}

}  // namespace ipop::ga
