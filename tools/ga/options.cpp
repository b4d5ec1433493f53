#include "options.hpp"

#include "command_line.hpp"

namespace ipop::ga {

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Shows this machine's state in its groups, and finds what is wrong", tool);
  app.require_subcommand(0, 1);
  tools::share_options(app);
  app.add_option("--group", options.group, "Show only this group (all groups of this machine)")->type_name("GROUP");
  app.add_option("--dir", options.directory, "Directory of the group files (/etc/ipop)")->type_name("DIR");
  app.add_option("--socket", options.socket, "Control socket of the group's node (/run/ipop/GROUP.sock)")
      ->type_name("SOCKET");
  app.add_option("--state-dir", options.state_directory, "Directory of the node's key (/var/lib/ipop/GROUP)")
      ->type_name("DIR");
  tools::add_output_options(app, options.output);

  ShowStatus status;
  CLI::App* status_verb = app.add_subcommand("status", "Show this machine, its groups, and the next thing to do");
  status_verb->add_flag("--watch", status.watch, "Redraw the screen whenever something changes");
  status_verb->callback([&] { options.verb = status; });

  Diagnose diagnose;
  CLI::App* doctor = app.add_subcommand("doctor", "Check everything in order; say what is wrong and how to fix it");
  doctor->add_option("--outside", diagnose.outside, "Name outside the group to look up, or none (debian.org)")
      ->type_name("NAME");
  doctor->callback([&] { options.verb = diagnose; });

  ReportBug report;
  CLI::App* bug = app.add_subcommand("bugreport", "Collect what another person needs to help; no keys, no tokens");
  bug->add_option("--output", report.output, "Write the report to this file after showing it")->type_name("FILE");
  bug->add_flag("--hide-addresses", report.hide_addresses, "Replace every address by a number");
  bug->add_flag("--yes", report.yes, "Write the file without asking");
  bug->callback([&] { options.verb = report; });

  if (const auto wrong = tools::parse_command_line(app, argc, argv, streams)) return *wrong;
  if (const auto refused = tools::refuse_json(app, options.output.json, streams, {"bugreport", "status --watch"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga
