#include "options.hpp"

#include "command_line.hpp"

namespace ipop::ga_appliance {
namespace {

void add_names(CLI::App& verb, std::vector<std::string>& names) {
  verb.add_option("NAME", names, "The machines")->type_name("")->required();
}

void add_start(CLI::App& app, Options& options, StartMachines& start) {
  CLI::App* verb = app.add_subcommand("start", "Start machines; those that are not there are made first");
  add_names(*verb, start.names);
  auto* image = verb->add_option("--image", start.made.image, "Make new ones over this disk image (qcow2 or raw)")
                    ->type_name("FILE");
  auto* medium = verb->add_option("--medium", start.medium, "Give new ones this medium of `ga-group medium`")
                     ->type_name("FILE")
                     ->needs(image);
  auto* group = verb->add_option("--group", start.group, "Give each new one a medium of its own for this group")
                    ->type_name("GROUP")
                    ->needs(image)
                    ->excludes(medium);
  auto* bridge = verb->add_option("--bridge", start.made.bridge,
                                  "Make the interface of new ones a port of this bridge (behind QEMU's NAT)")
                     ->type_name("BRIDGE")
                     ->check(tools::by_rule(machines::check_bridge_name));
  auto* host_node = verb->add_flag("--host-node", start.host_node,
                                   "New ones run no node: the bridge has that of this host, and one machine")
                        ->needs(group)
                        ->needs(bridge);
  verb->add_option("--role", start.roles, "The role of new ones in the pool; may be repeated")
      ->type_name("ROLE")
      ->needs(group)
      ->excludes(host_node);
  verb->add_option("--ssh-key", start.ssh_keys, "Who may log in to new ones (a public key); may be repeated")
      ->type_name("FILE")
      ->needs(group);
  verb->add_option("--memory", start.made.memory, "Memory of new ones, in MiB (512)")
      ->type_name("MIB")
      ->check(CLI::Range(machines::least_memory, machines::most_memory));
  verb->add_option("--processors", start.made.processors, "Processors of new ones (1)")
      ->type_name("N")
      ->check(CLI::Range(1, machines::most_processors));
  verb->add_option_function<std::string>(
          "--accelerator",
          [&start](const std::string& word) {
            start.made.accelerator = machines::parse_accelerator(word).value_or(machines::Accelerator::automatic);
          },
          "What runs new ones (auto: KVM where it works)")
      ->type_name("{auto,kvm,tcg}")
      ->check(CLI::IsMember({"auto", "kvm", "tcg"}));
  verb->callback([&] { options.verb = start; });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Starts, stops and renews appliances as virtual machines of this host", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  app.add_option("--dir", options.directory, "Where the machines are (/var/lib/ga/appliances)")->type_name("DIR");
  app.add_flag("--dry-run", options.dry_run, "Print the steps, and change nothing");
  tools::add_output_options(app, options.output);

  StartMachines start;
  add_start(app, options, start);

  StopMachines stop;
  CLI::App* stop_verb = app.add_subcommand("stop", "Stop machines in good order");
  add_names(*stop_verb, stop.names);
  auto* now = stop_verb->add_flag("--now", stop.now, "Switch them off, as if the power failed");
  tools::add_duration_option(*stop_verb, "--timeout", stop.timeout, "Switch off what has not stopped by then (60s)")
      ->excludes(now);
  stop_verb->callback([&] { options.verb = stop; });

  ResetMachines reset;
  CLI::App* reset_verb = app.add_subcommand("reset", "Switch machines off, and start them with clean disks");
  add_names(*reset_verb, reset.names);
  reset_verb->callback([&] { options.verb = reset; });

  DeleteMachines remove;
  CLI::App* delete_verb = app.add_subcommand("delete", "Remove machines that are stopped, with all that they wrote");
  add_names(*delete_verb, remove.names);
  delete_verb->callback([&] { options.verb = remove; });

  CLI::App* list_verb = app.add_subcommand("list", "List the machines");
  list_verb->callback([&] { options.verb = ListMachines{}; });

  ShowConsole console;
  CLI::App* console_verb = app.add_subcommand("console", "Connect this terminal to a machine's serial line");
  console_verb->add_option("NAME", console.name, "The machine")->type_name("")->required();
  console_verb->add_flag("--log", console.log, "Print what it has written there, and end");
  console_verb->callback([&] { options.verb = console; });

  LogIn login;
  CLI::App* ssh_verb = app.add_subcommand("ssh", "Log in to a machine over the virtual network, as root");
  ssh_verb->add_option("NAME", login.name, "The machine")->type_name("")->required();
  ssh_verb->add_option("COMMAND", login.command, "Run this there, behind --")->type_name("");
  ssh_verb->add_option("--domain", login.domain, "Domain of its group (ipop)")->type_name("DOMAIN");
  ssh_verb->callback([&] { options.verb = login; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused =
          tools::refuse_json(app, options.output.json, streams, {"start", "stop", "reset", "delete", "console", "ssh"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga_appliance
