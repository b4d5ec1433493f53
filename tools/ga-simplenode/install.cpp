#include "base/group_files.hpp"
#include "fleet/install_plan.hpp"
#include "fleet_change.hpp"
#include "io/file.hpp"

namespace ipop::ga_simplenode {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_group_file = std::size_t{1} << 20U;

Result<groups::GroupConfig> read_group(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos || name.ends_with(".toml");
  if (!is_path && !is_group_name(name)) return {Errc::malformed, "\"" + name + "\" is no name of a group"};
  const std::string path = is_path ? name : GroupFiles(name).config();
  const auto text = io::read_file(path, largest_group_file);
  return text ? groups::parse_group_config(*text, path) : Result<groups::GroupConfig>(text.error());
}

Result<fleet::Wanted> read_wanted(const InstallNodes& verb) {
  fleet::Wanted out;
  auto group = read_group(verb.group);
  if (!group) return std::move(group).error();
  out.group = *std::move(group);
  auto source = read_source(verb.packages);
  if (!source) return std::move(source).error();
  out.source = *std::move(source);
  if (verb.port > 0) out.port = verb.port;
  out.replaces = verb.replace;
  return out;
}

}  // namespace

ExitStatus carry_out(const Context& context, const InstallNodes& verb) {
  const auto hosts = read_hosts(context.options);
  if (!hosts) return refuse(context, hosts.error(), ExitStatus::usage);
  const auto wanted = read_wanted(verb);
  if (!wanted) return refuse(context, wanted.error(), ExitStatus::bad_config);
  const std::string& group = wanted->group.name;
  auto rows = look_at_hosts(context, *hosts, "look " + group);
  if (!rows) return refuse(context, rows.error(), ExitStatus::no);

  FleetChange change(context, *std::move(rows));
  change.plan(
      [&](const fleet::Host& host, const fleet::Report& report) { return plan_install(*wanted, host, report); });
  if (context.options.dry_run) return change.show_plans();
  change.carry_out("installing", "install " + group, context.options.jobs, fleet::Rota::AfterFailure::go_on);
  // All have been started by then, so that each can find the others.
  if (fleet::has_others(wanted->group, hosts->size())) change.wait_for_links(group);
  return write_fleet(context, "ga-simplenode.install/1", change.rows(), group);
}

}  // namespace ipop::ga_simplenode
