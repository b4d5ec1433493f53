#include "options.hpp"

#include "cli/human.hpp"
#include "command_line.hpp"

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
  CLI::App* verb = app.add_subcommand("config", "Show a group's plan of addresses, or change it while the server runs");
  verb->add_option_function<std::string>(
          "--prefix", [&](const std::string& text) { configure.prefix = net::parse_ipv4_prefix(text); },
          "The virtual network (from the group's file)")
      ->type_name("PREFIX")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return net::parse_ipv4_prefix(text) ? std::string() : text + " is no network like 10.128.0.0/9";
          },
          ""));
  add_ranges(*verb, configure.ranges, "--range", "Give out these addresses only: FIRST-LAST,...; none: all");
  add_ranges(*verb, configure.excluded, "--exclude", "Never give out these, but by reservation; none: no exclusions");
  verb->add_option_function<std::string>(
          "--lease-time", [&](const std::string& text) { configure.lease_time = cli::parse_duration(text); },
          "How long a lease lasts, 60s to 24h (24h)")
      ->type_name("TIME")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return cli::parse_duration(text) ? std::string() : text + " is no time like 90s, 5min or 12h";
          },
          ""));
  verb->add_option("--mtu", configure.mtu, "Told to members, 576 to 9000 (1400)")->type_name("N");
  verb->add_option("--quota", configure.quota, "Live leases of one user; in an open group of one source address (16)")
      ->type_name("N");
  verb->add_option("--unsigned", configure.takes_unsigned,
                   "Take unsigned requests, from addresses of the virtual network only (no)")
      ->type_name("yes|no");
  verb->callback([&] { options.verb = configure; });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("A server that gives a group's members their addresses", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  app.add_option("--group", options.group, "The group; needed when the book has several")->type_name("GROUP");
  app.add_option("--directory", options.directory, "The server's book and key (/var/lib/ga/dhcp)")
      ->type_name("DIRECTORY");
  app.add_option("--groups", options.groups, "Where the groups' files are (/etc/ipop)")->type_name("DIRECTORY");
  app.add_option("--states", options.states, "Where the nodes' state directories are (/var/lib/ipop)")
      ->type_name("DIRECTORY");
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
      serve_verb->add_option("--certificate", serve.certificate, "Speak HTTPS with this certificate (PEM)")
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
  show_verb->add_option("WHAT", show.what, "An address, node id, host name or user")->type_name("")->required();
  show_verb->callback([&] { options.verb = show; });

  Reserve reserve;
  std::string node;
  std::string name;
  std::string user;
  CLI::App* reserve_verb =
      app.add_subcommand("reserve", "Keep an address for a node, a name or a user; or list what is");
  auto* reserved = add_address(*reserve_verb, reserve.address, "ADDRESS", "The address")->type_name("");
  auto* whom = reserve_verb->add_option_group("whom");
  whom->add_option("--node", node, "For this node")->type_name("NODE")->needs(reserved);
  whom->add_option("--name", name, "For whoever has this host name")->type_name("NAME")->needs(reserved);
  whom->add_option("--user", user, "For this user's certificate")->type_name("USER")->needs(reserved);
  whom->add_flag("--end", reserve.end, "For nobody any more")->needs(reserved);
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
  CLI::App* import_verb = app.add_subcommand("import", "Take leases over from a file, or from the group's hash table");
  auto* file =
      import_verb->add_option("FILE", import.file, "What `export` wrote, JSON or CSV; - is stdin")->type_name("");
  auto* from_dht = import_verb->add_flag("--from-dht", import.from_dht, "What the members of the running group have")
                       ->excludes(file);
  import_verb->add_flag("--dry-run", import.dry_run, "Say what would be taken, change nothing");
  import_verb->callback([&, file, from_dht] {
    if (file->empty() && from_dht->empty()) throw CLI::ValidationError("import", "give FILE or --from-dht");
    options.verb = import;
  });

  Export exporting;
  CLI::App* export_verb = app.add_subcommand("export", "Write all leases, for `import`");
  export_verb->add_flag("--csv", exporting.csv, "As CSV (JSON)");
  export_verb->callback([&] { options.verb = exporting; });

  Configure configure;
  add_configure(app, options, configure);

  History history;
  CLI::App* history_verb = app.add_subcommand("history", "Show who had an address, and when");
  add_address(*history_verb, history.address, "ADDRESS", "The address")->type_name("")->required();
  history_verb
      ->add_option_function<std::string>(
          "--at", [&](const std::string& text) { history.at = cli::parse_utc_text(text); }, "Only who had it then")
      ->type_name("TIME")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return cli::parse_utc_text(text) ? std::string() : text + " is no time like 2026-11-22T03:06:10Z";
          },
          ""));
  history_verb->callback([&] { options.verb = history; });

  Follow follow;
  CLI::App* follow_verb = app.add_subcommand("follow", "Keep this machine's book level with another server's");
  follow_verb->add_option("URL", follow.url, "The first server: http://HOST:PORT/")->type_name("")->required();
  follow_verb->add_flag("--once", follow.once, "End when the books are level");
  follow_verb->callback([&] { options.verb = follow; });

  CLI::App* promote_verb = app.add_subcommand("promote", "Make a server that follows the one that gives out");
  promote_verb->callback([&] { options.verb = Promote{}; });
  CLI::App* check_verb = app.add_subcommand("check", "Read the whole book and say whether it is sound");
  check_verb->callback([&] { options.verb = Check{}; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  return options;
}

}  // namespace ipop::ipop_dhcp
