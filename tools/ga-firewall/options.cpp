#include "options.hpp"

#include "command_line.hpp"
#include "groups/group_config.hpp"

namespace ipop::ga_firewall {
namespace {

using firewall::FirewallSettings;

/// Options that make the settings; the first one that is given starts from the defaults.
class SettingOptions {
 public:
  SettingOptions(CLI::App& app, std::optional<FirewallSettings>& out) : app_(app), out_(out) {}

  /// An option whose text becomes a value by its rule; `take` puts the value in its place.
  template <class Parse, class Take>
  CLI::Option* add(const char* name, const char* type, const char* description, Parse parse, Take take) {
    return app_
        .add_option_function<std::string>(
            name, [this, parse, take](const std::string& text) { take(settings(), *parse(text)); }, description)
        ->type_name(type)
        ->check(by_rule(parse));
  }

  /// The same for one that may be given several times.
  template <class Parse, class T>
  void add_list(const char* name, const char* type, const char* description, Parse parse,
                std::vector<T> FirewallSettings::*list) {
    app_.add_option_function<std::vector<std::string>>(
            name,
            [this, parse, list](const std::vector<std::string>& texts) {
              for (const std::string& text : texts)
                (settings().*list).push_back(*parse(text));
            },
            description)
        ->type_name(type)
        ->allow_extra_args(false)
        ->check(by_rule(parse));
  }

 private:
  FirewallSettings& settings() {
    if (!out_) out_.emplace();
    return *out_;
  }

  template <class Parse>
  static CLI::Validator by_rule(Parse parse) {
    return CLI::Validator(
        [parse](const std::string& text) {
          const auto parsed = parse(text);
          return parsed ? std::string() : parsed.error().message();
        },
        "");
  }

  CLI::App& app_;
  std::optional<FirewallSettings>& out_;
};

/// A rule that only checks, as one that gives the text.
template <class Check>
auto checked_text(Check check) {
  return [check](const std::string& text) -> Result<std::string> {
    if (auto checked = check(text); !checked) return std::move(checked).error();
    return text;
  };
}

Result<std::uint16_t> parse_port(const std::string& text) {
  const auto port = firewall::parse_port_or_none(text);
  if (port && *port) return **port;
  return {Errc::malformed, text + " is no port from 1 to 65535"};
}

void add_settings(SettingOptions& options) {
  options.add_list("--group", "GROUP", "Group to make rules for; may be repeated (all groups of this machine)",
                   checked_text(groups::check_group_name), &FirewallSettings::groups);
  options.add_list("--interface", "NAME", "Virtual interface; may be repeated (that of each group's node)",
                   firewall::parse_interface_name, &FirewallSettings::interfaces);
  options.add("--port", "N", "UDP port of the overlay (that of each group's node)", parse_port,
              [](FirewallSettings& settings, std::uint16_t port) { settings.port = port; });
  // The braces make the words complete in a shell.
  options.add("--role", "{none,worker,submit,manager}", "This machine's role in the pool (none)",
              firewall::parse_pool_role,
              [](FirewallSettings& settings, firewall::PoolRole role) { settings.role = role; });
  options.add("--ssh", "PORT", "TCP port of ssh on the virtual network, or none (22)", firewall::parse_port_or_none,
              [](FirewallSettings& settings, std::optional<std::uint16_t> port) { settings.ssh_port = port; });
  options.add_list("--allow", "SERVICE", "Let members reach tcp:PORT or udp:PORT; may be repeated",
                   firewall::parse_service, &FirewallSettings::allow);
  options.add_list("--allow-physical", "SERVICE", "Let anyone on the physical network reach it; may be repeated",
                   firewall::parse_service, &FirewallSettings::allow_physical);
  options.add_list("--reach", "SERVICE", "Let this machine reach it on the physical network; may be repeated",
                   firewall::parse_service, &FirewallSettings::reach);
  options.add("--physical", "LIST", "What else to allow there: dhcp,dns,ntp,lan, or none (all four)",
              firewall::parse_physical_needs,
              [](FirewallSettings& settings, firewall::PhysicalNeeds needs) { settings.needs = needs; });
  options.add_list("--job-user", "NAME", "Confine this user to the virtual network; may be repeated",
                   checked_text(firewall::check_user_name), &FirewallSettings::job_users);
  options.add_list("--job-uid", "UID", "The same for a user ID or a range such as 2000-2999; may be repeated",
                   firewall::parse_uid_range, &FirewallSettings::job_uids);
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Allows only the overlay on the physical network", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  SettingOptions settings(app, options.settings);
  add_settings(settings);
  app.add_option("--dir", options.directory, "Directory of the group files (/etc/ipop)")->type_name("DIR");
  app.add_option("--socket", options.socket, "Control socket of the group's node (/run/ipop/GROUP.sock)")
      ->type_name("SOCKET");
  tools::add_output_options(app, options.output);

  CLI::App* print = app.add_subcommand("print", "Print the rules in nft format, and change nothing");
  print->callback([&] { options.verb = PrintRules{}; });

  ApplyRules apply;
  CLI::App* apply_verb = app.add_subcommand("apply", "Apply the rules, now and at every boot");
  apply_verb->add_flag("--dry-run", apply.dry_run, "Show what would change, and change nothing");
  apply_verb->add_flag("--yes", apply.yes, "Also when that cuts somebody's ssh session");
  apply_verb->callback([&] { options.verb = apply; });

  RemoveRules remove;
  CLI::App* remove_verb = app.add_subcommand("remove", "Remove the rules and the saved settings");
  remove_verb->add_flag("--dry-run", remove.dry_run, "Show what would change, and change nothing");
  remove_verb->add_flag("--keep", remove.keep, "Keep the settings, so the rules are loaded again at the next boot");
  remove_verb->callback([&] { options.verb = remove; });

  CLI::App* status = app.add_subcommand("status", "Check whether the right rules are in force");
  status->callback([&] { options.verb = ShowStatus{}; });

  CLI::App* watch = app.add_subcommand("watch", "Apply the rules again whenever another program removes them");
  watch->callback([&] { options.verb = WatchRules{}; });

  if (const auto wrong = tools::parse_command_line(app, argc, argv, streams)) return *wrong;
  if (const auto refused = tools::refuse_json(app, options.output.json, streams,
                                              {"print", "apply --dry-run", "remove --dry-run", "watch"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga_firewall
