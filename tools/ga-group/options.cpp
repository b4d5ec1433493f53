#include "options.hpp"

#include "cli/human.hpp"
#include "command_line.hpp"
#include "pool/condor_settings.hpp"

namespace ipop::ga_group {
namespace {

using tools::by_rule;

void add_expires(CLI::App& verb, TokenLife& out) {
  const auto check = [](const std::string& text) {
    const bool good = text == "never" || cli::parse_duration(text);
    return good ? std::string() : text + " is neither a time like 12h or 7d nor never";
  };
  verb.add_option_function<std::string>(
          "--expires",
          [&out](const std::string& text) { out = text == "never" ? std::nullopt : cli::parse_duration(text); },
          "How long the token is valid: a time, or never (7d)")
      ->type_name("TIME")
      ->check(CLI::Validator(check, ""));
}

void add_qr(CLI::App& verb, bool& out) {
  verb.add_flag("--qr", out, "Draw the token as a QR code as well");
}

void add_bootstrap(CLI::App& verb, std::vector<groups::BootstrapEntry>& out, const char* what) {
  verb.add_option_function<std::vector<std::string>>(
          "--bootstrap",
          [&out](const std::vector<std::string>& texts) {
            for (const std::string& text : texts)
              out.push_back(*groups::parse_bootstrap_entry(text));
          },
          what)
      ->type_name("HOST:PORT")
      ->allow_extra_args(false)
      ->check(by_rule(groups::parse_bootstrap_entry));
}

void add_closing(CLI::App& verb, ClosedGroup& out) {
  verb.add_option("--user", out.user, "User name in this machine's certificate (the host name)")->type_name("USER");
  verb.add_option("--passphrase-file", out.passphrase_file,
                  "File (mode 0600) whose first line is the passphrase for the authority's key (none)")
      ->type_name("FILE");
  verb.add_option_function<std::string>(
          "--entrance-prefix", [&out](const std::string& text) { out.entrance = *groups::parse_prefix(text); },
          "Virtual network in which machines request their certificate (a free one)")
      ->type_name("PREFIX")
      ->check(by_rule(groups::parse_prefix));
}

void add_new(CLI::App& app, Options& options, NewGroup& group) {
  CLI::App* verb = app.add_subcommand("new", "Make a group, start its first node and print a join token");
  verb->add_option("NAME", group.name, "Name of the group")
      ->type_name("")
      ->required()
      ->check(by_rule(groups::check_group_name));
  verb->add_option_function<std::string>(
          "--prefix", [&group](const std::string& text) { group.prefix = *groups::parse_prefix(text); },
          "Virtual network (10.128.0.0/9)")
      ->type_name("PREFIX")
      ->check(by_rule(groups::parse_prefix));
  verb->add_option("--domain", group.domain, "Domain of members' names (ipop)")
      ->type_name("DOMAIN")
      ->check(by_rule(groups::check_domain));
  add_bootstrap(*verb, group.bootstrap, "Bootstrap node; may be repeated");
  verb->add_option("--port", group.port, "UDP port of this machine's node (random)")
      ->type_name("N")
      ->check(CLI::Range(1, 65535));
  verb->add_option("--authority", group.authority, "Certificate of the authority; only its members may join")
      ->type_name("FILE");
  verb->add_flag("--closed", group.closed, "Create an authority that decides who becomes a member");
  add_closing(*verb, group.closing);
  add_expires(*verb, group.expires);
  add_qr(*verb, group.qr);
  verb->add_flag_callback(
      "--no-start", [&group] { group.start = false; }, "Only write the file; do not start the node");
  verb->add_flag("--dry-run", group.dry_run, "Show what would change, and change nothing");
  verb->callback([&] { options.verb = group; });
}

void add_close(CLI::App& app, Options& options, CloseGroup& group) {
  CLI::App* verb =
      app.add_subcommand("close", "Turn an open group into a closed one, and print the token for its members");
  verb->add_option("NAME", group.name, "Group; required if there are several")->type_name("GROUP");
  add_closing(*verb, group.closing);
  add_expires(*verb, group.expires);
  add_qr(*verb, group.qr);
  verb->add_flag_callback(
      "--no-start", [&group] { group.start = false; }, "Only write the files; start nothing");
  verb->callback([&] { options.verb = group; });
}

void add_leave(CLI::App& app, Options& options, LeaveGroup& group) {
  CLI::App* verb = app.add_subcommand("leave", "Leave a group: stop this machine's node and rename the group's file");
  verb->add_option("NAME", group.name, "Group; required if there are several")->type_name("GROUP");
  verb->add_flag("--back", group.back, "Return to the open group that the machine came from");
  verb->callback([&] { options.verb = group; });
}

void add_join(CLI::App& app, Options& options, JoinGroup& group) {
  CLI::App* verb = app.add_subcommand("join", "Join the group of a token and wait for an address");
  // A token that was broken at the end of a line comes as several words.
  verb->add_option_function<std::vector<std::string>>(
          "TOKEN",
          [&group](const std::vector<std::string>& words) {
            group.words = words;
            for (const std::string& word : words)
              group.token += word;
          },
          "Token from `ga-group new` or `ga-group token`; - is standard input")
      ->type_name("")
      ->required();
  verb->add_option("--name", group.name, "Call the group otherwise on this machine")
      ->type_name("NAME")
      ->check(by_rule(groups::check_group_name));
  verb->add_flag_callback(
      "--no-start", [&group] { group.start = false; }, "Only write the file; do not start the node");
  verb->add_option("--user", group.user, "User name for the certificate in a closed group (the host name)")
      ->type_name("USER");
  verb->add_option("--enrolment-file", group.enrolment_file,
                   "File with an enrolment token of the closed group's authority (ga-cert token)")
      ->type_name("FILE");
  verb->add_flag("--replace", group.replace, "Replace the existing group of the same name; its file is kept");
  verb->add_flag("--dry-run", group.dry_run, "Show what would change, and change nothing");
  tools::add_duration_option(*verb, "--timeout", group.timeout, "How long to wait for an address (60s)");
  verb->callback([&] { options.verb = group; });
}

void add_state(CLI::App& verb, std::string& out) {
  verb.add_option("--state-dir", out, "State directory of this machine's node (/var/lib/ipop/GROUP)")->type_name("DIR");
}

void add_rotate(CLI::App& app, Options& options, RotateGroup& group) {
  CLI::App* verb = app.add_subcommand("rotate", "Move the group to a new namespace with chosen members only");
  verb->add_option("NAME", group.name, "Group; required if there are several")->type_name("GROUP");
  verb->add_option("--out", group.out, "File for the hand-over that members accept; - is standard output")
      ->type_name("FILE");
  auto* members = verb->add_option("--member", group.members,
                                   "Include this member: user, beginning of a serial number or fingerprint, or"
                                   " file of a certificate; may be given several times")
                      ->type_name("WHO")
                      ->allow_extra_args(false);
  auto* except =
      verb->add_option("--all-except", group.all_except, "Include everyone except this member; may be repeated")
          ->type_name("WHO")
          ->allow_extra_args(false)
          ->excludes(members);
  verb->add_flag("--all", group.all, "Include everyone with a valid certificate")->excludes(members)->excludes(except);
  verb->add_option("--authority", group.authority,
                   "Certificate of the new authority, in its directory; it signs for the included members")
      ->type_name("FILE");
  verb->add_option("--signer", group.signer, "Directory of the group's authority (/var/lib/ga/authority/GROUP)")
      ->type_name("DIR");
  verb->add_option("--passphrase-file", group.passphrase_file,
                   "File (mode 0600) whose first line is the passphrase of the group's authority")
      ->type_name("FILE");
  verb->add_option("--new-passphrase-file", group.new_passphrase_file, "The same for the new authority")
      ->type_name("FILE");
  add_bootstrap(*verb, group.bootstrap, "Another bootstrap node; may be repeated");
  add_state(*verb, group.state_directory);
  verb->add_flag("--stay", group.stay, "Do not move this machine's node");
  verb->add_flag("--dry-run", group.dry_run, "Show who would be included, and change nothing");
  tools::add_duration_option(*verb, "--timeout", group.timeout, "How long to wait for an address (60s)");
  verb->callback([&] { options.verb = group; });
}

void add_accept(CLI::App& app, Options& options, AcceptHandover& handover) {
  CLI::App* verb = app.add_subcommand("accept", "Follow a group with a hand-over file from its authority");
  verb->add_option("FILE", handover.file, "Hand-over file from `ga-group rotate`; - is standard input")
      ->type_name("ANY_FILE")
      ->required();
  verb->add_option("--group", handover.group, "Group; required if there are several")->type_name("GROUP");
  add_state(*verb, handover.state_directory);
  verb->add_flag("--dry-run", handover.dry_run, "Show what would change, and change nothing");
  tools::add_duration_option(*verb, "--timeout", handover.timeout, "How long to wait for an address (60s)");
  verb->callback([&] { options.verb = handover; });
}

void add_medium(CLI::App& app, Options& options, MakeMedium& medium) {
  CLI::App* verb = app.add_subcommand("medium", "Make the medium by which machines started from an image join a group");
  medium::Medium& content = medium.content;
  verb->add_option("NAME", medium.name, "Group; required if there are several")->type_name("GROUP");
  verb->add_option("--out", medium.out, "FAT image to write; without it, the text goes to standard output")
      ->type_name("FILE");
  auto* host_node = verb->add_flag("--host-node", content.host_node,
                                   "The machine runs no node: its interface is on a bridge with this host's node");
  verb->add_option("--role", content.roles, "Role in the pool of HTCondor; may be repeated (none)")
      ->type_name("")
      ->excludes(host_node)
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"manager", "worker", "submit"}));
  verb->add_option("--pool", content.pool, "Pool of the group (main)")
      ->type_name("NAME")
      ->check(by_rule(pool::check_pool_name));
  verb->add_option("--user", content.user, "User name for the certificates in a closed group (the machine's name)")
      ->type_name("USER")
      ->excludes(host_node);
  verb->add_option("--enrolment-file", medium.enrolment_file,
                   "File with an enrolment token of the closed group's authority (ga-cert token)")
      ->type_name("FILE")
      ->excludes(host_node);
  verb->add_option("--ssh-key", medium.key_files, "File with the administrator's public ssh key; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  verb->add_option("--host-name", content.host_name, "Name of the machine (one that differs on every machine)")
      ->type_name("NAME")
      ->check(by_rule(medium::check_host_name));
  add_expires(*verb, medium.expires);
  verb->callback([&] { options.verb = medium; });
}

void add_adopt(CLI::App& app, Options& options, AdoptMedium& adopted) {
  CLI::App* verb = app.add_subcommand("adopt", "Configure this machine by the medium it was started with, and join");
  verb->add_option("FILE", adopted.files, "Text of a medium; a file that does not exist is ignored")->type_name("FILE");
  verb->add_option("--root", adopted.root, "Folder of the files that are written (/)")->type_name("DIR");
  verb->add_flag_callback(
      "--no-start", [&adopted] { adopted.start = false; }, "Only write the files; do not start the node");
  verb->add_flag("--dry-run", adopted.dry_run, "Show what would change, and change nothing");
  tools::add_duration_option(*verb, "--timeout", adopted.timeout, "How long to wait for an address (60s)");
  verb->callback([&] { options.verb = adopted; });
}

void add_addresses(CLI::App& app, Options& options, SetAddresses& group, groups::AddressServer& server) {
  CLI::App* verb =
      app.add_subcommand("addresses", "Set who assigns the group's addresses: a lease server, or the ring");
  verb->add_option("NAME", group.name, "Group; required if there are several")->type_name("GROUP");
  auto* place =
      verb->add_option_function<std::string>(
              "--server", [&server](const std::string& text) { server.place = *groups::parse_server_place(text); },
              "Lease server: URL, or the name of the member that runs ipop-dhcp")
          ->type_name("PLACE")
          ->check(by_rule(groups::parse_server_place));
  auto* key = verb->add_option_function<std::string>(
                      "--key", [&server](const std::string& text) { server.key = *groups::parse_server_key(text); },
                      "Fingerprint of the server's key, from `ipop-dhcp config`")
                  ->type_name("KEY")
                  ->check(by_rule(groups::parse_server_key));
  verb->add_option_function<std::string>(
          "--pool", [&server](const std::string& text) { server.pool = *leasing::parse_address_ranges(text); },
          "Addresses that only the server assigns (the whole network)")
      ->type_name("RANGES")
      ->needs(place)
      ->check(by_rule(leasing::parse_address_ranges));
  verb->add_option_function<std::string>(
          "--fallback", [&server](const std::string& text) { server.ring_when_silent = text == "ring"; },
          "If the server does not answer: ring, or none (none)")
      ->type_name("")
      ->needs(place)
      ->check(CLI::IsMember({"ring", "none"}));
  place->needs(key);
  key->needs(place);
  auto* ring = verb->add_flag_callback(
                       "--ring", [] {}, "No server: the ring assigns the addresses")
                   ->excludes(place)
                   ->excludes(key);
  verb->callback([&, place, ring] {
    if (place->empty() && ring->empty()) throw CLI::RequiredError("--server or --ring");
    if (!place->empty()) group.server = server;
    options.verb = group;
  });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  options.typed = cli::TypedCommand(tool, argc, argv);
  CLI::App app("Makes, joins and shows groups of machines", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  app.add_option("--dir", options.directory, "Directory of the group files (/etc/ipop)")->type_name("DIR");
  app.add_option("--socket", options.socket, "Control socket of the group's node (/run/ipop/GROUP.sock)")
      ->type_name("SOCKET");
  tools::add_output_options(app, options.output);

  app.add_option("--authorities", options.authorities, "Directory of the authorities (/var/lib/ga/authority)")
      ->type_name("DIR");
  app.add_option("--states", options.states, "Directory of the nodes' state (/var/lib/ipop)")->type_name("DIR");

  NewGroup made;
  add_new(app, options, made);
  CloseGroup closed;
  add_close(app, options, closed);
  LeaveGroup left;
  add_leave(app, options, left);
  JoinGroup joined;
  add_join(app, options, joined);

  RotateGroup rotated;
  add_rotate(app, options, rotated);
  AcceptHandover accepted;
  add_accept(app, options, accepted);

  SetAddresses addresses;
  groups::AddressServer server;
  add_addresses(app, options, addresses, server);

  MakeMedium medium;
  add_medium(app, options, medium);
  AdoptMedium adopted;
  add_adopt(app, options, adopted);

  MakeToken token;
  CLI::App* token_verb = app.add_subcommand("token", "Print another join token, with the current endpoints");
  token_verb->add_option("NAME", token.name, "Group; required if there are several")->type_name("GROUP");
  add_expires(*token_verb, token.expires);
  add_qr(*token_verb, token.qr);
  token_verb->callback([&] { options.verb = token; });

  CLI::App* list_verb = app.add_subcommand("list", "List the groups of this machine");
  list_verb->callback([&] { options.verb = ListGroups{}; });

  ShowGroup show;
  CLI::App* show_verb = app.add_subcommand("show", "Show a group's file");
  show_verb->add_option("NAME", show.name, "Group; required if there are several")->type_name("GROUP");
  show_verb->callback([&] { options.verb = show; });

  CheckGroup check;
  CLI::App* check_verb = app.add_subcommand("check", "Check a group file");
  check_verb->add_option("FILE", check.target, "Path of a group file, or name of a group")
      ->type_name("GROUP")
      ->required();
  check_verb->callback([&] { options.verb = check; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused =
          tools::refuse_json(app, options.output.json, streams,
                             {"new --dry-run", "new --qr", "close --qr", "token --qr", "join --dry-run",
                              "rotate --dry-run", "accept --dry-run", "leave", "addresses", "medium", "adopt"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga_group
