#include <optional>
#include <vector>

#include "boot_unit.hpp"
#include "cli/json_writer.hpp"
#include "cli/line_difference.hpp"
#include "cli/rights.hpp"
#include "firewall/firewall_plan.hpp"
#include "io/file.hpp"
#include "io/nftables.hpp"
#include "io/remote_logins.hpp"
#include "machine_plan.hpp"
#include "verbs.hpp"

namespace ipop::ga_firewall {
namespace {

using cli::ExitStatus;

/// Somebody whose connection the plan cuts.
std::optional<io::RemoteLogin> find_cut_login(const firewall::FirewallPlan& plan) {
  for (const io::RemoteLogin& login : io::remote_logins())
    if (firewall::cuts_connection(plan, login.local)) return login;
  return std::nullopt;
}

std::string without_port(const net::Endpoint& endpoint) {
  const std::string text = to_string(endpoint);
  return text.substr(0, text.rfind(':'));
}

void warn_of_cut(const Context& context, const io::RemoteLogin& login) {
  cli::complain(context.streams, tool,
                "the ssh session from " + without_port(login.remote) + " to " + to_string(login.local) +
                    " would be cut off: ssh is allowed only on the virtual network");
}

ExitStatus keep_settings(const Context& context, const firewall::FirewallSettings& settings) {
  const std::string path = settings_file(context);
  // What came from the file stays as a person wrote it.
  if (!context.options.settings && io::exists(path)) return ExitStatus::done;
  const std::string text = to_toml(settings);
  const auto present = io::read_file(path, text.size());
  if (present && *present == text) return ExitStatus::done;
  if (auto made = io::make_directories(path.substr(0, path.rfind('/')), 0755); !made)
    return report_error(context, made.error());
  if (auto written = io::write_file_atomically(path, text, 0644); !written)
    return report_error(context, written.error());
  return ExitStatus::done;
}

void show_done(const Context& context, std::string_view schema, bool changed, std::string_view words) {
  if (context.options.output.json) {
    cli::JsonWriter json(schema);
    json.field("changed", changed);
    context.streams.out << json.text() << '\n';
  } else if (context.options.output.plain) {
    context.streams.out << (changed ? "changed" : "unchanged") << '\n';
  } else {
    context.streams.err << words << '\n';
  }
}

void show_difference(const Context& context, std::string_view present, std::string_view wanted, std::string_view verb) {
  std::ostream& out = context.streams.out;
  out << cli::line_difference(present, wanted);
  const std::string command = unit_command(context, verb);
  if (!command.empty()) out << "$ " << command << '\n';
}

}  // namespace

ExitStatus carry_out(const Context& context, const ApplyRules& verb) {
  const auto made = make_machine_plan(context);
  if (const auto* status = std::get_if<ExitStatus>(&made)) return *status;
  const auto& machine = std::get<MachinePlan>(made);
  const std::string rules = firewall::to_nftables(machine.plan);
  const auto present = io::read_nft_table(firewall::firewall_table);
  if (!present) return report_error(context, present.error());
  const auto wanted = io::shown_nft_table(rules, firewall::firewall_table);
  if (!wanted) return report_error(context, wanted.error());

  const bool changes = *present != *wanted;
  const auto cut = changes ? find_cut_login(machine.plan) : std::nullopt;
  if (cut && !verb.yes) warn_of_cut(context, *cut);
  if (verb.dry_run) {
    show_difference(context, present->value_or(""), *wanted, "enable");
    return ExitStatus::done;
  }
  if (cut && !verb.yes) {
    cli::suggest(context.streams, "the same command with --yes, or with --allow-physical tcp:" +
                                      std::to_string(cut->local.port) + " to keep ssh there");
    return ExitStatus::no;
  }
  if (changes) {
    if (auto done = io::run_nft(firewall::replacing_transaction(rules)); !done)
      return report_error(context, done.error());
  }
  // Behind the rules: settings that the kernel refused are not tried again at the next start.
  if (const ExitStatus kept = keep_settings(context, machine.settings); kept != ExitStatus::done) {
    cli::complain(context.streams, tool, "the rules are in force, but will not be loaded at the next boot");
    return ExitStatus::partly;
  }
  const ExitStatus enabled = change_unit(context, "enable");
  show_done(context, "ga-firewall.apply/1", changes,
            changes ? "The rules are in force (table inet ga_firewall)" : "The rules were already in force");
  return enabled == ExitStatus::done && machine.lacks_users ? ExitStatus::partly : enabled;
}

ExitStatus carry_out(const Context& context, const RemoveRules& verb) {
  const auto present = io::read_nft_table(firewall::firewall_table);
  if (!present) return report_error(context, present.error());
  if (verb.dry_run) {
    show_difference(context, present->value_or(""), "", verb.keep ? "" : "disable");
    return ExitStatus::done;
  }
  stop_watch(context);
  if (*present) {
    if (auto done = io::run_nft(firewall::removing_transaction()); !done) return report_error(context, done.error());
  }
  ExitStatus status = ExitStatus::done;
  if (!verb.keep) {
    const std::string path = settings_file(context);
    const auto removed = io::exists(path) ? io::remove_file(path) : Result<void>();
    if (!removed) return report_error(context, removed.error());
    // With files of somebody else in it, the directory stays.
    (void)io::remove_file(path.substr(0, path.rfind('/')));
    status = change_unit(context, "disable");
  }
  show_done(context, "ga-firewall.remove/1", present->has_value(),
            *present ? "The rules are removed" : "There were no rules in force");
  return status;
}

ExitStatus report_error(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (cli::is_refused(error.code)) {
    cli::suggest_root(context.streams);
    return ExitStatus::permission;
  }
  if (error.code == std::errc::not_supported)
    cli::suggest(context.streams, "modprobe nf_tables, or a kernel with CONFIG_NF_TABLES_INET");
  return ExitStatus::no;
}

}  // namespace ipop::ga_firewall
