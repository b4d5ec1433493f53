#include "fleet/upgrade_plan.hpp"
#include "fleet_change.hpp"

namespace ipop::ga_simplenode {

using cli::ExitStatus;

ExitStatus carry_out(const Context& context, const UpgradeNodes& verb) {
  const auto hosts = read_hosts(context.options);
  if (!hosts) return refuse(context, hosts.error(), ExitStatus::usage);
  if (hosts->size() > 1 && verb.at_once >= hosts->size()) {
    cli::complain(context.streams, tool,
                  "--at-once " + std::to_string(verb.at_once) + " would take all " + std::to_string(hosts->size()) +
                      " hosts away at the same time");
    return ExitStatus::usage;
  }
  const auto source = read_source(verb.packages);
  if (!source) return refuse(context, source.error(), ExitStatus::bad_config);
  auto rows = look_at_hosts(context, *hosts, "look");
  if (!rows) return refuse(context, rows.error(), ExitStatus::no);

  FleetChange change(context, *std::move(rows));
  change.plan([&](const fleet::Host&, const fleet::Report& report) -> Result<fleet::HostPlan> {
    // While a node is gone already, another one that goes may be the last.
    if (const std::string why = fleet::why_not_now(report); !why.empty()) return {Errc::conflict, why};
    return fleet::plan_upgrade(*source, verb.downgrade, report);
  });
  if (context.options.dry_run) return change.show_plans();
  if (change.failed() > 0) {
    cli::complain(context.streams, tool,
                  "nothing was changed on any host: all must be well before the first is upgraded");
    return ExitStatus::no;
  }
  change.carry_out("upgrading", verb.downgrade ? "downgrade" : "upgrade", verb.at_once,
                   fleet::Rota::AfterFailure::stop);
  return write_fleet(context, "ga-simplenode.upgrade/1", change.rows(), {});
}

}  // namespace ipop::ga_simplenode
