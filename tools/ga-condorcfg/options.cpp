#include "options.hpp"

#include <sstream>

#include "command_line.hpp"

namespace ipop::ga_condorcfg {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

void add_flock(CLI::App& app, Options& options, ExportFlock& exported, AcceptFlock& accepted, RemoveFlock& removed) {
  CLI::App* flock = app.add_subcommand("flock", "Send jobs from one group's pool to another's");
  flock->require_subcommand(1);
  CLI::App* out = flock->add_subcommand("export", "On the manager that accepts jobs: print what the other side needs");
  out->add_option("--out", exported.out, "Output file (standard output)")->type_name("FILE");
  out->callback([&] { options.verb = exported; });
  CLI::App* in = flock->add_subcommand("accept", "On the submit machine that sends jobs: accept the file");
  in->add_option("FILE", accepted.file, "Output of `flock export`; - is standard input")->type_name("FILE")->required();
  in->add_flag("--dry-run", accepted.dry_run, "Show what would change, and change nothing");
  in->callback([&] { options.verb = accepted; });
  CLI::App* away = flock->add_subcommand("remove", "Remove an accepted pool");
  away->add_option("DOMAIN", removed.domain, "The pool's domain, as printed by `show`")->type_name("")->required();
  away->callback([&] { options.verb = removed; });
}

void add_validate(CLI::App& app, Options& options, ValidatePool& validate) {
  CLI::App* verb = app.add_subcommand("validate", "Test the pool with jobs, and print a table");
  verb->add_option("--jobs", validate.wishes.jobs, "How many jobs the first test submits (100)")
      ->type_name("N")
      ->check(CLI::Range(1, 10000));
  tools::add_duration_option(*verb, "--timeout", validate.wishes.timeout, "How long each test may take (30min)");
  verb->add_option("--only", validate.wishes.only, "Run only this test; may be repeated")
      ->type_name("")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(condor::test_names()));
  verb->add_option("--worker", validate.wishes.worker, "Machine to disconnect, as shown by `condor_status`")
      ->type_name("NAME");
  verb->add_option("--cut-off", validate.wishes.cut_off, "Command that disconnects the worker from the network")
      ->type_name("COMMAND");
  verb->add_option("--bring-back", validate.wishes.bring_back, "Command that connects it again")->type_name("COMMAND");
  tools::add_duration_option(*verb, "--away", validate.wishes.away, "How long the worker is disconnected (30s)");
  verb->add_option("--work-dir", validate.directory, "Keep the jobs' files in this directory")->type_name("DIR");
  verb->callback([&] { options.verb = validate; });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  options.program = argc > 0 ? argv[0] : tool;
  CLI::App app("Configures and tests HTCondor on a group's virtual network", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  app.add_option("--file", options.role_file, "Role file of this machine (/etc/ga/pool.toml)")->type_name("FILE");
  app.add_option("--dir", options.groups, "Directory of the group files (/etc/ipop)")->type_name("DIR");
  app.add_option("--socket", options.socket, "Control socket of the group's node (/run/ipop/GROUP.sock)")
      ->type_name("SOCKET");
  app.add_option("--state-dir", options.state_directory, "Directory of the node's certificate (/var/lib/ipop/GROUP)")
      ->type_name("DIR");
  app.add_option("--condor-dir", options.condor, "HTCondor's configuration (/etc/condor)")->type_name("DIR");
  tools::add_output_options(app, options.output);

  WriteConfig write;
  CLI::App* write_verb = app.add_subcommand("write", "Write this machine's configuration of HTCondor");
  write_verb->add_flag("--dry-run", write.dry_run, "Show what would change, and change nothing");
  tools::add_duration_option(*write_verb, "--timeout", write.timeout, "How long to wait for address and manager (60s)");
  write_verb->callback([&] { options.verb = write; });

  WatchPool watch;
  CLI::App* watch_verb =
      app.add_subcommand("watch", "Write the configuration, run HTCondor, and follow address and manager");
  watch_verb
      ->add_option_function<std::string>(
          "--start", [&watch](const std::string& text) { watch.start = words_of(text); },
          "Run HTCondor by this command, in the foreground (\"condor_master -f\" where no systemd runs)")
      ->type_name("COMMAND");
  watch_verb->add_flag_callback(
      "--no-announce", [&watch] { watch.announce = false; }, "Do not announce this manager to the group");
  watch_verb->callback([&] { options.verb = watch; });

  ShowPool show;
  CLI::App* show_verb = app.add_subcommand("show", "Show this machine's role in the pool, and the managers");
  show_verb->callback([&] { options.verb = show; });

  CheckPool check;
  CLI::App* check_verb = app.add_subcommand("check", "Check the files and HTCondor's configuration");
  check_verb->callback([&] { options.verb = check; });

  FreeJobs free;
  CLI::App* gone_verb = app.add_subcommand("gone", "On a submit machine: free the jobs of workers that are gone");
  gone_verb
      ->add_option("WORKER", free.worker,
                   "This one, whatever is known of it, by name or address; without it those that are found out, as "
                   "they go, until SIGTERM")
      ->type_name("MEMBER");
  gone_verb->callback([&] { options.verb = free; });

  CLI::App* priorities_verb = app.add_subcommand(
      "priorities", "Keep a copy of the users' priorities, or set them on a machine that became manager");
  priorities_verb->callback([&] { options.verb = CarryPriorities{}; });

  ExportFlock exported;
  AcceptFlock accepted;
  RemoveFlock removed;
  add_flock(app, options, exported, accepted, removed);
  ValidatePool validate;
  add_validate(app, options, validate);

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused =
          tools::refuse_json(app, options.output.json, streams,
                             {"write", "watch", "gone", "priorities", "flock export", "flock accept", "flock remove"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga_condorcfg
