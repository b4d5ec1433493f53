#include "options.hpp"

#include "command_line.hpp"
#include "pings/ping_prober.hpp"

namespace ipop::ga_pingtest {

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  using pings::PingProber;
  Options options;
  options.node.timeout = std::chrono::seconds(60);
  CLI::App app("Tests which members reach which: pings, a log, and a report of all pairs", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  tools::add_node_options(app, options.node.socket, options.node.group);
  tools::add_duration_option(app, "--timeout", options.node.timeout, "How long to wait for the node (60s)");
  app.add_option("--log", options.log, "The log (/var/log/ga-pingtest/GROUP.log)")->type_name("FILE");
  tools::add_output_options(app, options.output);

  RunPings run;
  CLI::App* run_verb = app.add_subcommand("run", "Ping every member three times and log the replies");
  tools::add_duration_option(*run_verb, "--spread", run.spread, "Start at a random time within this period (at once)");
  tools::add_duration_option(*run_verb, "--wait", run.wait, "How long to wait for a reply (30s)")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto time = cli::parse_duration(text);
            return !time || *time <= pings::max_round_trip ? std::string() : text + " is above 10min";
          },
          ""));
  run_verb->add_option("--rate", run.rate, "Maximum pings per second (50)")->type_name("N")->check(CLI::Range(1, 1000));
  run_verb->add_option("--limit", run.limit, "Stop the walk of the ring after this many members (10000)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, PingProber::max_targets));
  run_verb->callback([&] { options.verb = run; });

  ShowReport report;
  CLI::App* report_verb = app.add_subcommand("report", "Summarize logs: loss of all pairs, and the worst pairs");
  report_verb
      ->add_option("FILES", report.files, "Logs, or directories of logs; - is standard input (this machine's log)")
      ->type_name("");
  report_verb->add_flag("--collect", report.collect, "Fetch the logs of all members over the virtual network");
  tools::add_duration_option(*report_verb, "--since", report.since, "Leave out runs older than this (all runs)");
  report_verb->add_option("--svg", report.svg, "Write a picture of all pairs")->type_name("FILE");
  report_verb->add_option("--worst", report.worst, "Show this many of the worst pairs (20)")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000));
  report_verb->add_option("--port", report.port, "TCP port on which members serve their logs (7781)")
      ->type_name("N")
      ->check(CLI::Range(1, 65'535));
  report_verb->callback([&] { options.verb = report; });

  ServeLog serve;
  CLI::App* serve_verb = app.add_subcommand("serve", "Serve this machine's log to members");
  serve_verb->add_option("--port", serve.port, "TCP port on the virtual address (7781)")
      ->type_name("N")
      ->check(CLI::Range(1, 65'535));
  serve_verb->callback([&] { options.verb = serve; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused = tools::refuse_json(app, options.output.json, streams, {"serve", "report --svg"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga_pingtest
