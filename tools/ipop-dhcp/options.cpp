#include "options.hpp"

#include "cli/human.hpp"
#include "command_line.hpp"
#include "groups/group_config.hpp"

namespace ipop::ipop_dhcp {
namespace {

CLI::Option* add_address(CLI::App& verb, net::Ipv4Address& out, const char* name, const char* description) {
  return verb
      .add_option_function<std::string>(
          name, [&out](const std::string& text) { out = net::parse_ipv4_address(text).value_or(out); }, description)
      ->check(CLI::Validator(
          [](const std::string& text) {
            return net::parse_ipv4_address(text) ? std::string() : text + " is no address like 10.128.0.7";
          },
          ""));
}

void add_ranges(CLI::App& verb, std::optional<std::vector<leasing::AddressRange>>& out, const char* name,
                const char* description) {
  verb.add_option_function<std::string>(
          name,
          [&out](const std::string& text) {
            out = leasing::parse_address_ranges(text == "none" ? "" : text).value_or({});
          },
          description)
      ->type_name("RANGES")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto parsed = leasing::parse_address_ranges(text == "none" ? "" : text);
            return parsed ? std::string() : parsed.error().message();
          },
          ""));
}

void add_configure(CLI::App& app, Options& options, Configure& configure) {
  CLI::App* verb = app.add_subcommand("config", "Show or change a group's address plan, even while the server runs");
  verb->add_option_function<std::string>(
          "--prefix", [&](const std::string& text) { configure.prefix = net::parse_ipv4_prefix(text); },
          "The virtual network (from the group's file)")
      ->type_name("PREFIX")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return net::parse_ipv4_prefix(text) ? std::string() : text + " is no network like 10.128.0.0/9";
          },
          ""));
  add_ranges(*verb, configure.ranges, "--range", "Assign only these addresses: FIRST-LAST,...; none: all");
  add_ranges(*verb, configure.excluded, "--exclude", "Assign these only by reservation; none: no exclusions");
  verb->add_option_function<std::string>(
          "--lease-time", [&](const std::string& text) { configure.lease_time = cli::parse_duration(text); },
          "Lifetime of leases, 60s to 24h (24h)")
      ->type_name("TIME")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return cli::parse_duration(text) ? std::string() : text + " is no time like 90s, 5min or 12h";
          },
          ""));
  verb->add_option("--mtu", configure.mtu, "MTU to send to members, 576 to 9000 (1400)")->type_name("N");
  verb->add_option("--quota", configure.quota, "Maximum leases per user or, in an open group, per source address (16)")
      ->type_name("N");
  verb->add_option("--unsigned", configure.takes_unsigned,
                   "Accept unsigned requests, only from the virtual network (no)")
      ->type_name("yes|no");
  verb->callback([&] { options.verb = configure; });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("A server that gives a group's members their addresses", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  app.add_option("--group", options.group, "The group; required if the database has several")->type_name("GROUP");
  app.add_option("--directory", options.directory, "Directory of the database and key (/var/lib/ga/dhcp)")
      ->type_name("DIRECTORY");
  app.add_option("--groups", options.groups, "Directory of the group files (/etc/ipop)")->type_name("DIRECTORY");
  app.add_option("--states", options.states, "Directory of the nodes' state (/var/lib/ipop)")->type_name("DIRECTORY");
  app.add_option("--socket", options.socket, "Control socket of the group's node")->type_name("SOCKET");
  tools::add_output_options(app, options.output);

  Serve serve;
  CLI::App* serve_verb = app.add_subcommand("serve", "Answer members' requests, until SIGTERM");
  serve_verb
      ->add_option_function<std::vector<std::string>>(
          "--listen",
          [&](const std::vector<std::string>& texts) {
            for (const std::string& text : texts)
              if (const auto endpoint = net::parse_endpoint(text)) serve.listen.push_back(*endpoint);
          },
          "Address and port, several times (0.0.0.0:8067)")
      ->type_name("ADDRESS:PORT")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return net::parse_endpoint(text) ? std::string() : text + " is no ADDRESS:PORT like 10.128.0.2:8067";
          },
          ""));
  auto* certificate =
      serve_verb->add_option("--certificate", serve.certificate, "Use HTTPS with this certificate (PEM)")
          ->type_name("FILE");
  serve_verb->add_option("--key", serve.key, "Its key (PEM)")->type_name("FILE")->needs(certificate);
  serve_verb->callback([&] { options.verb = serve; });

  ListLeases list;
  CLI::App* list_verb = app.add_subcommand("list", "List the leases");
  list_verb->add_flag("--all", list.all, "Also those that have ended");
  add_address(*list_verb, list.after, "--after", "Begin after this address")->type_name("ADDRESS");
  list_verb->add_option("--limit", list.limit, "At most so many (1000)")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000'000));
  list_verb->callback([&] { options.verb = list; });

  ShowLease show;
  CLI::App* show_verb = app.add_subcommand("show", "Show the lease of an address, node, host name or user");
  show_verb->add_option("WHAT", show.what, "An address, node id, host name or user")->type_name("MEMBER")->required();
  show_verb->callback([&] { options.verb = show; });

  Reserve reserve;
  std::string node;
  std::string name;
  std::string user;
  CLI::App* reserve_verb =
      app.add_subcommand("reserve", "Reserve an address for a node, name or user, or list the reservations");
  auto* reserved = add_address(*reserve_verb, reserve.address, "ADDRESS", "The address")->type_name("");
  auto* whom = reserve_verb->add_option_group("whom");
  const CLI::Validator is_said([](const std::string& text) { return text.empty() ? "it is empty" : ""; }, "");
  whom->add_option("--node", node, "For this node")->type_name("NODE")->needs(reserved)->check(is_said);
  whom->add_option("--name", name, "Reserve it for this host name")->type_name("NAME")->needs(reserved)->check(is_said);
  whom->add_option("--user", user, "Reserve it for the user of a certificate")
      ->type_name("USER")
      ->needs(reserved)
      ->check(is_said);
  whom->add_flag("--end", reserve.end, "End the reservation")->needs(reserved);
  whom->require_option(0, 1);
  reserve_verb->add_option("--note", reserve.note, "A remark for people")->type_name("TEXT")->needs(reserved);
  reserve_verb->callback([&] {
    using Kind = leasebook::Reservation::Kind;
    reserve.kind = !user.empty() ? Kind::user : !name.empty() ? Kind::name : Kind::node;
    reserve.whom = !user.empty() ? user : !name.empty() ? name : node;
    if (!reserve.address.is_unspecified() && reserve.whom.empty() && !reserve.end)
      throw CLI::ValidationError("reserve", "say for whom: --node, --name, --user, or --end");
    options.verb = reserve;
  });

  Release release;
  CLI::App* release_verb = app.add_subcommand("release", "End a lease");
  add_address(*release_verb, release.address, "ADDRESS", "Its address")->type_name("")->required();
  release_verb->callback([&] { options.verb = release; });

  Import import;
  CLI::App* import_verb = app.add_subcommand("import", "Import leases from a file or from the group's hash table");
  auto* file = import_verb->add_option("FILE", import.file, "Output of `export`, JSON or CSV; - is standard input")
                   ->type_name("");
  auto* from_dht =
      import_verb->add_flag("--from-dht", import.from_dht, "Import the addresses of the running group's members")
          ->excludes(file);
  import_verb->add_flag("--dry-run", import.dry_run, "Show what would be imported, and change nothing");
  import_verb->callback([&, file, from_dht] {
    if (file->empty() && from_dht->empty()) throw CLI::ValidationError("import", "give FILE or --from-dht");
    options.verb = import;
  });

  Export exporting;
  CLI::App* export_verb = app.add_subcommand("export", "Write all leases in a format that `import` reads");
  export_verb->add_flag("--csv", exporting.csv, "As CSV (JSON)");
  export_verb->callback([&] { options.verb = exporting; });

  Configure configure;
  add_configure(app, options, configure);

  History history;
  CLI::App* history_verb = app.add_subcommand("history", "Show who had an address, and when");
  add_address(*history_verb, history.address, "ADDRESS", "The address")->type_name("")->required();
  history_verb
      ->add_option_function<std::string>(
          "--at", [&](const std::string& text) { history.at = cli::parse_utc_text(text); },
          "Show only who had it at this time")
      ->type_name("TIME")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return cli::parse_utc_text(text) ? std::string() : text + " is no time like 2026-11-22T03:06:10Z";
          },
          ""));
  history_verb->callback([&] { options.verb = history; });

  Follow follow;
  CLI::App* follow_verb = app.add_subcommand("follow", "Replicate another server's database to this machine");
  follow_verb->add_option("URL", follow.url, "The first server: http://HOST:PORT/")->type_name("")->required();
  follow_verb
      ->add_option("--server-key", follow.server_key, "The first server's key, as its config shows it (the first seen)")
      ->type_name("HEX")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return groups::parse_server_key(text) ? std::string()
                                                  : text + " is not the 64 digits that `ipop-dhcp config` shows";
          },
          ""));
  follow_verb->add_flag("--once", follow.once, "Exit once the databases are equal");
  follow_verb->callback([&] { options.verb = follow; });

  AskServer asking;
  CLI::App* ask_verb = app.add_subcommand("ask", "Send a node's signed request to a server, and print the grant");
  ask_verb->add_option("URL", asking.url, "The server: http://HOST:PORT/")->type_name("")->required();
  ask_verb->add_option("REQUEST", asking.request, "The request, in base64")->type_name("")->required();
  ask_verb->callback([&] { options.verb = asking; });

  CLI::App* promote_verb = app.add_subcommand("promote", "Make a following server the active one");
  promote_verb->callback([&] { options.verb = Promote{}; });
  CLI::App* check_verb = app.add_subcommand("check", "Check the whole database");
  check_verb->callback([&] { options.verb = Check{}; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused = tools::refuse_json(app, options.output.json, streams, {"serve", "follow"})) return *refused;
  options.typed = cli::TypedCommand(tool, argc, argv);
  if (exporting.csv && options.output.json) {
    cli::complain(streams, tool, "--csv and --json are two formats; pass one of them");
    return cli::ExitStatus::usage;
  }
  return options;
}

}  // namespace ipop::ipop_dhcp
