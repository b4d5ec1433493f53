#include "options.hpp"

#include "command_line.hpp"

namespace ipop::ga_simplenode {
namespace {

constexpr int most_jobs = 200;

CLI::App* add_verb(CLI::App& app, Options& options, const char* name, const char* description) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->add_option("HOST", options.hosts, "The hosts, as ssh takes them: NAME, USER@NAME or ssh://USER@NAME:PORT")
      ->type_name("");
  return verb;
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Looks after the bootstrap nodes of groups on many hosts, over ssh", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  app.add_option("--hosts", options.hosts_file, "File with more hosts, one a line (status: /etc/ga/simplenodes)")
      ->type_name("FILE");
  app.add_option("--jobs", options.jobs, "Hosts at the same time (16)")
      ->type_name("N")
      ->check(CLI::Range(1, most_jobs));
  tools::add_duration_option(app, "--timeout", options.timeout, "How long a host may take (20s)");
  app.add_option("--ssh-config", options.ssh_config, "Settings of ssh in place of the user's")->type_name("FILE");
  tools::add_output_options(app, options.output);

  ShowStatus status;
  CLI::App* status_verb = add_verb(app, options, "status", "Show which nodes answer, and how they are");
  status_verb->add_option("--group", status.group, "Only the nodes of this group")->type_name("GROUP");
  status_verb->callback([&] { options.verb = status; });

  if (const auto done = tools::parse_command_line(app, argc, argv, streams)) return *done;
  return options;
}

}  // namespace ipop::ga_simplenode
