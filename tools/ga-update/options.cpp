#include "options.hpp"

#include "command_line.hpp"
#include "store_options.hpp"

namespace ipop::ga_update {
namespace {

std::optional<Moment> parse_moment(const std::string& text) {
  Moment out;
  out.time = cli::parse_utc_text(text);
  if (out.time) return out;
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 99; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hours = digit(0) * 10 + digit(1);
  const int minutes = digit(3) * 10 + digit(4);
  if (hours > 23 || minutes > 59) return std::nullopt;
  out.of_day = std::chrono::minutes(hours * 60 + minutes);
  return out;
}

void add_what(CLI::App& verb, std::string& file, bool& packages, Tolerance& tolerance) {
  auto* of_packages = verb.add_flag("--packages", packages, "The machine's packages, by apt, in place of a file");
  auto* of_file = verb.add_option("FILE", file, "The image, or the manifest beside it")->type_name("FILE");
  of_packages->excludes(of_file);
  verb.add_flag("--again", tolerance.again, "Also what this machine went back from");
  verb.add_flag("--other-signer", tolerance.other_signer, "Also a release that another key has signed")
      ->excludes(of_packages);
}

void check_what(const std::string& verb, const std::string& file, bool packages) {
  if (file.empty() && !packages) throw CLI::ValidationError(verb, "give FILE or --packages");
}

void add_trial(CLI::App& verb, Apply& apply) {
  verb.add_option_function<std::string>(
          "--want",
          [&apply](const std::string& text) {
            if (const auto wants = updates::parse_wants(text)) apply.wants = *wants;
          },
          "What the new state needs to be content (what this machine has)")
      ->type_name("WHAT")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto wants = updates::parse_wants(text);
            return wants ? std::string() : wants.error().message();
          },
          ""));
  tools::add_duration_option(verb, "--limit", apply.limit, "Go back unless it is content within this time (10min)")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto time = cli::parse_duration(text);
            return time && *time > updates::longest_limit ? text + " is longer than a day" : std::string();
          },
          ""));
  verb.add_option("--boots", apply.boots, "How many boots it may take (1)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, updates::most_boots));
}

void add_departure(CLI::App& verb, Apply& apply) {
  verb.add_option_function<std::string>(
          "--at", [&apply](const std::string& text) { apply.at = parse_moment(text).value_or(Moment{}); },
          "Wait until then, UTC: 02:30, or 2026-12-01T02:30:00Z")
      ->type_name("TIME")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return parse_moment(text) ? std::string()
                                      : "\"" + text + "\" is not a time such as 02:30 or 2026-12-01T02:30:00Z";
          },
          ""));
  verb.add_option_function<std::string>(
          "--within", [&apply](const std::string& text) { apply.within = cli::parse_duration(text); },
          "Give up when it has to wait longer than this after the time of --at (never)")
      ->type_name("TIME")
      ->check(CLI::Validator(tools::check_duration, ""));
  auto* idle = verb.add_flag("--when-idle", apply.when_idle, "Wait until no job runs here");
  verb.add_option("--execute", apply.execute, "Where HTCondor's jobs run (EXECUTE of HTCondor)")
      ->type_name("DIR")
      ->needs(idle);
  auto* share = verb.add_option_function<unsigned>(
      "--share", [&apply](unsigned percent) { apply.share = percent; },
      "Go in waves, so that no more than this part of the pool is away, in percent");
  share->type_name("PERCENT")->check(CLI::Range(1U, 100U));
  tools::add_duration_option(verb, "--every", apply.every, "Time from one wave to the next (15min)")->needs(share);
  verb.add_option("--machines", apply.machines, "File with the names of all machines, one per line (condor_status)")
      ->type_name("FILE")
      ->needs(share);
  verb.add_option("--name", apply.name, "This machine's name among them (FULL_HOSTNAME of HTCondor)")
      ->type_name("")
      ->needs(share);
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Bring an appliance to a new base, module or packages, and back by itself when that does not work",
               tool);
  app.require_subcommand(1);
  tools::share_options(app);
  tools::add_store_options(app, options.places);
  app.add_option("--socket", options.socket, "Control socket of the node (those of all groups)")->type_name("SOCKET");
  app.add_option("--run", options.run, "Where the boot disk says what it did (/run/ga)")->type_name("DIR");
  app.add_flag("--dry-run", options.dry_run, "Print the steps, and change nothing");
  tools::add_output_options(app, options.output);

  app.add_subcommand("status", "Show the update that is under way")->callback([&] { options.verb = ShowStatus{}; });
  app.add_subcommand("history", "Show the updates that have ended")->callback([&] { options.verb = ShowHistory{}; });

  Check check;
  CLI::App* verb = app.add_subcommand("check", "Say whether a release, or newer packages, would be taken");
  add_what(*verb, check.file, check.packages, check.tolerance);
  verb->callback([&] {
    check_what("check", check.file, check.packages);
    options.verb = check;
  });

  Apply apply;
  verb = app.add_subcommand("apply", "Take a release, or newer packages, restart, and try it");
  add_what(*verb, apply.file, apply.packages, apply.tolerance);
  add_trial(*verb, apply);
  add_departure(*verb, apply);
  verb->add_flag("--no-restart", apply.no_restart, "Leave the restart to somebody else");
  verb->callback([&] {
    check_what("apply", apply.file, apply.packages);
    options.verb = apply;
  });

  app.add_subcommand("install", "During a restart: upgrade the packages that are tried")->callback([&] {
    options.verb = Install{};
  });
  app.add_subcommand("confirm", "After a restart: keep the new state once it is content, or go back")->callback([&] {
    options.verb = Confirm{};
  });
  Back back;
  verb = app.add_subcommand("back", "Give up the update that is prepared or tried");
  verb->add_flag("--no-restart", back.no_restart, "Leave the restart to somebody else");
  verb->callback([&] { options.verb = back; });

  Hold hold;
  verb = app.add_subcommand("hold", "Take no update until `unhold`");
  verb->add_option("REASON", hold.reason, "Why, for those who ask")->type_name("");
  verb->callback([&] { options.verb = hold; });
  app.add_subcommand("unhold", "Take updates again")->callback([&] { options.verb = Unhold{}; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  return options;
}

}  // namespace ipop::ga_update
