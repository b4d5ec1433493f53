#include "options.hpp"

#include "command_line.hpp"

namespace ipop::ga_simplenode {
namespace {

using namespace std::chrono_literals;

constexpr int most_jobs = 200;

CLI::App* add_verb(CLI::App& app, Options& options, const char* name, const char* description) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->add_option("HOST", options.hosts, "The hosts, as ssh takes them: NAME, USER@NAME or ssh://USER@NAME:PORT")
      ->type_name("");
  return verb;
}

void add_packages(CLI::App& verb, PackageChoice& packages) {
  auto* folders = verb.add_option("--packages", packages.folders, "Folder with packages of `make deb`; may be repeated")
                      ->type_name("DIR")
                      ->allow_extra_args(false);
  auto* repository = verb.add_option("--repository", packages.repository, "Repository of `make apt-repository`")
                         ->type_name("URL")
                         ->excludes(folders);
  auto* key =
      verb.add_option("--key", packages.key, "The key that signs the repository")->type_name("FILE")->needs(repository);
  repository->needs(key);
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
  tools::add_duration_option(app, "--timeout", options.timeout, "How long a host may take (status: 20s, else 15min)");
  app.add_option("--ssh-config", options.ssh_config, "Settings of ssh in place of the user's")->type_name("FILE");
  tools::add_output_options(app, options.output);

  ShowStatus status;
  CLI::App* status_verb = add_verb(app, options, "status", "Show which nodes answer, and how they are");
  status_verb->add_option("--group", status.group, "Only the nodes of this group")->type_name("GROUP");
  status_verb->callback([&] { options.verb = status; });

  InstallNodes install;
  CLI::App* install_verb =
      add_verb(app, options, "install", "Make hosts members of a group, with nodes as bootstrap nodes");
  install_verb->add_option("--group", install.group, "The group: of this machine, or its file")
      ->type_name("GROUP")
      ->required();
  add_packages(*install_verb, install.packages);
  install_verb->add_option("--port", install.port, "UDP port of the nodes (that of the group's bootstrap addresses)")
      ->type_name("N")
      ->check(CLI::Range(1, 65535));
  install_verb->add_flag("--replace", install.replace, "Replace the file of another group of this name");
  install_verb->add_flag("--dry-run", options.dry_run, "Print what each host lacks, and change nothing");
  install_verb->callback([&] { options.verb = install; });

  UpgradeNodes upgrade;
  CLI::App* upgrade_verb = add_verb(app, options, "upgrade", "Give hosts newer packages, one after the other");
  add_packages(*upgrade_verb, upgrade.packages);
  upgrade_verb->add_option("--at-once", upgrade.at_once, "Hosts at the same time (1)")
      ->type_name("N")
      ->check(CLI::Range(1, most_jobs));
  upgrade_verb->add_flag("--downgrade", upgrade.downgrade, "Take packages that are older, too");
  upgrade_verb->add_flag("--dry-run", options.dry_run, "Print what each host would get, and change nothing");
  upgrade_verb->callback([&] { options.verb = upgrade; });

  if (const auto done = tools::parse_command_line(app, argc, argv, streams)) return *done;
  // What a host is asked is answered in seconds; packages come from far away.
  if (app.count("--timeout") == 0 && !std::holds_alternative<ShowStatus>(options.verb)) options.timeout = 15min;
  if (const auto refused =
          tools::refuse_json(app, options.output.json, streams, {"install --dry-run", "upgrade --dry-run"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga_simplenode
