#include "options.hpp"

#include "command_line.hpp"
#include "groups/group_config.hpp"

namespace ipop::ga_cert {
namespace {

// More than anybody has machines to set up at once; as the desk has it.
constexpr std::uint64_t desk_uses = 10'000;

using tools::by_rule;

CLI::Validator is_address() {
  return CLI::Validator(
      [](const std::string& text) {
        return net::parse_ipv4_address(text) ? std::string() : text + " is no IPv4 address like 10.128.0.7";
      },
      "");
}

CLI::Validator is_life() {
  return CLI::Validator(
      [](const std::string& text) {
        return cli::parse_duration(text) ? std::string() : text + " is no time like 12h or 30d";
      },
      "");
}

void add_dry_run(CLI::App& verb, bool& out) {
  verb.add_flag("--dry-run", out, "Show what would change, and change nothing");
}

void add_out(CLI::App& verb, std::string& out, const char* what) {
  verb.add_option("--out", out, what)->type_name("FILE");
}

void add_user(CLI::App& verb, std::string& out, const char* what) {
  verb.add_option("--user", out, what)->type_name("NAME")->check(by_rule(authority::check_user));
}

/// Calls `take` with each address; may be given several times.
template <class Take>
CLI::Option* add_addresses(CLI::App& verb, Take take, const char* what) {
  return verb
      .add_option_function<std::vector<std::string>>(
          "--ip",
          [take](const std::vector<std::string>& texts) {
            for (const std::string& text : texts)
              take(*net::parse_ipv4_address(text));
          },
          what)
      ->type_name("ADDRESS")
      ->allow_extra_args(false)
      ->check(is_address());
}

void add_life(CLI::App& verb, std::optional<std::chrono::seconds>& out) {
  verb.add_option_function<std::string>(
          "--life", [&out](const std::string& text) { out = cli::parse_duration(text); },
          "Lifetime of the certificate, at most 90d (from the policy)")
      ->type_name("TIME")
      ->check(is_life());
}

void add_wishes(CLI::App& verb, authority::Wishes& wishes) {
  add_user(verb, wishes.user, "Sign for this user instead of the requested one");
  auto* addresses = add_addresses(
      verb,
      [&wishes](net::Ipv4Address address) {
        if (!wishes.addresses) wishes.addresses.emplace();
        wishes.addresses->push_back(address);
      },
      "Pin the certificate to this address; may be repeated");
  verb.add_flag_callback(
          "--no-ip", [&wishes] { wishes.addresses.emplace(); }, "Pin no address, whatever was requested")
      ->excludes(addresses);
  add_life(verb, wishes.life);
}

void add_server(CLI::App& verb, std::string& server, std::string& fingerprint) {
  verb.add_option("--server", server, "Address of the authority (announced in the open group)")->type_name("HOST:PORT");
  verb.add_option("--fingerprint", fingerprint,
                  "Fingerprint of the authority's certificate, instead of asking on the terminal")
      ->type_name("HEX");
}

CLI::Option* add_token_file(CLI::App& verb, std::string& out) {
  return verb
      .add_option("--token-file", out,
                  "File with an enrolment token, which also identifies the authority; - is standard input")
      ->type_name("FILE");
}

CLI::App* add_authority(CLI::App& app, Options& options, InitAuthority& made, ServeAuthority& served) {
  CLI::App* authority = app.add_subcommand("authority", "Create, show, serve, back up or restore an authority");
  authority->require_subcommand(1);

  CLI::App* init = authority->add_subcommand("init", "Create an authority: key, certificate, policy and ledger");
  init->add_option("NAME", made.name, "Name of the closed group")
      ->type_name("")
      ->required()
      ->check(by_rule(groups::check_group_name));
  tools::add_duration_option(*init, "--life", made.life, "Lifetime of the authority (3650d)");
  init->add_flag("--no-passphrase", made.no_passphrase, "Use no passphrase for the authority's key");
  add_dry_run(*init, made.dry_run);
  init->callback([&] { options.verb = made; });

  authority->add_subcommand("show", "Show an authority and its fingerprint")->callback([&] {
    options.verb = ShowAuthority{};
  });

  CLI::App* serve = authority->add_subcommand("serve", "Accept requests over the network (RFC 7030) until interrupted");
  serve->add_option("--group", served.open_group, "Group on whose virtual network to listen")->type_name("GROUP");
  serve->add_option("--for", served.closed_group, "Closed group that new members join (named like the authority)")
      ->type_name("GROUP");
  serve->add_option("--port", served.port, "TCP port (8443)")->type_name("N")->check(CLI::Range(1, 65535));
  serve
      ->add_option_function<std::string>(
          "--address", [&](const std::string& text) { served.address = net::parse_ipv4_address(text); },
          "Address to listen on (what the open group's node holds)")
      ->type_name("ADDRESS")
      ->check(is_address());
  serve->add_flag_callback(
      "--no-announce", [&] { served.announce = false; }, "Do not announce the authority in the open group");
  serve->callback([&] { options.verb = served; });
  return authority;
}

void add_copies(CLI::App& authority, Options& options, BackupAuthority& kept, RestoreAuthority& restored,
                ResumeAuthority& resumed) {
  CLI::App* backup =
      authority.add_subcommand("backup", "Write the authority, with key and ledger, to one encrypted file");
  backup->add_option("FILE", kept.file, "Output file; - is standard output")->type_name("")->required();
  backup->callback([&] { options.verb = kept; });

  CLI::App* restore = authority.add_subcommand("restore", "Restore an authority from a backup");
  restore->add_option("FILE", restored.file, "File of the backup; - is standard input")->type_name("")->required();
  restore->add_flag("--force", restored.force, "Replace a ledger that has entries missing from the backup");
  add_dry_run(*restore, restored.dry_run);
  restore->callback([&] { options.verb = restored; });

  CLI::App* resume = authority.add_subcommand("resume", "Continue without the lost entries of the ledger");
  add_dry_run(*resume, resumed.dry_run);
  resume->callback([&] { options.verb = resumed; });
}

void add_request(CLI::App& app, Options& options, MakeRequest& request) {
  CLI::App* verb = app.add_subcommand("request", "Write a certification request (PKCS #10)");
  auto* group = verb->add_option("--group", request.group, "Use the key of this group's node")->type_name("GROUP");
  verb->add_option("--key", request.key, "Use this key file; it is created if it does not exist")
      ->type_name("FILE")
      ->excludes(group);
  add_user(*verb, request.user, "User name for the certificate (this machine's name)");
  add_addresses(
      *verb, [&request](net::Ipv4Address address) { request.addresses.push_back(address); },
      "Request this pinned address; may be repeated");
  add_out(*verb, request.out, "File for the request (-)");
  add_dry_run(*verb, request.dry_run);
  verb->callback([&] { options.verb = request; });
}

void add_send(CLI::App& app, Options& options, SendRequest& send) {
  CLI::App* verb = app.add_subcommand("send", "Send a request to an authority and wait for the certificate");
  verb->add_option("REQUEST", send.request, "File with the request; - is standard input")
      ->type_name("ANY_FILE")
      ->required();
  add_server(*verb, send.server, send.fingerprint);
  add_token_file(*verb, send.token_file);
  verb->add_option("--group", send.group, "Open group in which to look for the authority")->type_name("GROUP");
  add_out(*verb, send.out, "File for the certificate (-)");
  verb->add_flag_callback(
      "--no-wait", [&] { send.wait = false; }, "Exit with status 6 if a person has to decide");
  tools::add_duration_option(*verb, "--timeout", send.timeout, "How long to wait for a decision (24h)");
  verb->callback([&] { options.verb = send; });
}

void add_join(CLI::App& app, Options& options, JoinClosed& join) {
  CLI::App* verb = app.add_subcommand("join", "Move this machine from its open group to the closed one");
  verb->add_option("--group", join.group, "Open group of this machine; required if there are several")
      ->type_name("GROUP");
  add_server(*verb, join.server, join.fingerprint);
  add_token_file(*verb, join.token_file);
  add_user(*verb, join.user, "User name for the certificate (this machine's name)");
  add_addresses(
      *verb, [&join](net::Ipv4Address address) { join.addresses.push_back(address); },
      "Request this pinned address; may be repeated");
  verb->add_option("--state-dir", join.state_directory, "Directory of the node's key (/var/lib/ipop/GROUP)")
      ->type_name("DIR");
  add_dry_run(*verb, join.dry_run);
  tools::add_duration_option(*verb, "--timeout", join.timeout, "How long to wait for a decision (24h)");
  verb->callback([&] { options.verb = join; });
}

CLI::Option* add_remote(CLI::App& verb, RemoteAuthority& remote) {
  auto* flag = verb.add_flag("--remote", remote.is_meant,
                             "Ask the authority's server, with this machine's key, which is an administrator's");
  verb.add_option("--group", remote.group, "With --remote: closed group of this machine")
      ->type_name("GROUP")
      ->needs(flag);
  verb.add_option("--server", remote.server, "With --remote: address of the authority (found in the group)")
      ->type_name("HOST:PORT")
      ->needs(flag);
  return flag;
}

void add_administrators(CLI::App& app, Options& options, NameAdministrator& named, EndAdministrator& ended) {
  CLI::App* admin = app.add_subcommand("admin", "Let members accept and deny requests from their own machines");
  admin->require_subcommand(1);
  const char* who = "User with one key, or beginning of the key's fingerprint";
  CLI::App* add = admin->add_subcommand("add", "Make a member an administrator");
  add->add_option("WHO", named.who, who)->type_name("CERTIFICATE")->required();
  add->callback([&] { options.verb = named; });
  CLI::App* remove = admin->add_subcommand("remove", "End that");
  remove->add_option("WHO", ended.who, who)->type_name("CERTIFICATE")->required();
  remove->callback([&] { options.verb = ended; });
  admin->add_subcommand("list", "List the administrators")->callback([&] { options.verb = ListAdministrators{}; });
}

void add_list(CLI::App& app, Options& options, ListAll& list) {
  CLI::App* verb = app.add_subcommand("list", "List waiting requests, certificates or decisions");
  auto* certificates = verb->add_flag_callback(
      "--certificates", [&] { list.what = ListAll::What::certificates; }, "List all certificates");
  verb->add_flag_callback(
          "--decisions", [&] { list.what = ListAll::What::decisions; }, "List the ledger, oldest first")
      ->excludes(certificates);
  add_remote(*verb, list.remote);
  verb->callback([&] { options.verb = list; });
}

void add_decisions(CLI::App& app, Options& options, AcceptRequests& accept, DenyRequests& deny) {
  CLI::App* yes = app.add_subcommand("accept", "Accept requests and sign their certificates");
  yes->add_option("REQUEST", accept.requests, "User, or beginning of the key's fingerprint, as shown by `ga-cert list`")
      ->type_name("REQUEST")
      ->required();
  add_wishes(*yes, accept.wishes);
  yes->add_flag("--another-machine", accept.wishes.another_machine,
                "It is known that the user has another machine with a certificate");
  add_dry_run(*yes, accept.dry_run);
  auto* far = add_remote(*yes, accept.remote);
  for (const char* wish : {"--user", "--ip", "--no-ip", "--life", "--dry-run"})
    yes->get_option(wish)->excludes(far);
  yes->callback([&] { options.verb = accept; });

  CLI::App* no = app.add_subcommand("deny", "Refuse requests");
  no->add_option("REQUEST", deny.requests, "User, or beginning of the key's fingerprint, as shown by `ga-cert list`")
      ->type_name("REQUEST")
      ->required();
  no->add_option("--reason", deny.reason, "Reason that the requester sees (none given)")->type_name("TEXT");
  add_dry_run(*no, deny.dry_run);
  no->get_option("--dry-run")->excludes(add_remote(*no, deny.remote));
  no->callback([&] { options.verb = deny; });
}

void add_submit(CLI::App& app, Options& options, SubmitRequest& submit) {
  CLI::App* verb = app.add_subcommand("submit", "Queue a request from a file");
  verb->add_option("REQUEST", submit.request, "File with the request; - is standard input")
      ->type_name("ANY_FILE")
      ->required();
  verb->add_option("--source", submit.source, "Where the request came from; a note for people")->type_name("TEXT");
  add_out(*verb, submit.out, "File for the certificate, if the policy signs at once (-)");
  verb->callback([&] { options.verb = submit; });
}

void add_signing(CLI::App& app, Options& options, SignRequest& sign, RenewCertificate& renew, RenewOwn& own) {
  CLI::App* verb = app.add_subcommand("sign", "Sign a request from a file");
  verb->add_option("REQUEST", sign.request, "File with the request; - is standard input")
      ->type_name("ANY_FILE")
      ->required();
  add_wishes(*verb, sign.wishes);
  add_out(*verb, sign.out, "File for the certificate (-)");
  add_dry_run(*verb, sign.dry_run);
  verb->callback([&] { options.verb = sign; });

  CLI::App* again = app.add_subcommand("renew", "Renew a certificate: sign it again with a later expiry");
  auto* what = again
                   ->add_option("CERTIFICATE", renew.what,
                                "File, or beginning of its serial number; without it, this machine's own is renewed by"
                                " the authority's server")
                   ->type_name("CERTIFICATE");
  again->add_option("--request", renew.request, "Request with a different key for the same user")
      ->type_name("FILE")
      ->needs(what);
  again->add_option("--group", own.group, "Closed group in which to renew this machine's certificate")
      ->type_name("GROUP")
      ->excludes(what);
  again->add_flag("--all", own.all, "Renew this machine's certificates in every closed group")
      ->excludes(what)
      ->excludes("--group");
  again->add_flag("--if-due", own.if_due, "Do nothing until two thirds of its life have passed")->excludes(what);
  again->add_option("--server", own.server, "Address of the authority (announced in the group)")
      ->type_name("HOST:PORT")
      ->excludes(what);
  again->add_option("--state-dir", own.state_directory, "Directory of the node's key (/var/lib/ipop/GROUP)")
      ->type_name("DIR")
      ->excludes(what)
      ->excludes("--all");
  add_life(*again, renew.life);
  add_out(*again, renew.out, "File for the certificate (-)");
  add_dry_run(*again, renew.dry_run);
  again->callback([&] {
    own.dry_run = renew.dry_run;
    if (renew.what.empty())
      options.verb = own;
    else
      options.verb = renew;
  });
}

void add_token(CLI::App& app, Options& options, NewToken& made, EndToken& ended) {
  CLI::App* token = app.add_subcommand("token", "Make, list or revoke enrolment tokens");
  token->require_subcommand(1);
  CLI::App* verb = token->add_subcommand("new", "Make a token that admits its holder without a decision");
  verb->add_option("--uses", made.uses, "Number of certificates it is valid for (1)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, desk_uses));
  tools::add_duration_option(*verb, "--expires", made.life, "How long the token is valid (24h)");
  add_user(*verb, made.user, "Only for this user");
  verb->add_option("--note", made.note, "Note for people")->type_name("TEXT");
  add_out(*verb, made.out, "File for the token (-)");
  verb->add_flag("--qr", made.qr, "Draw the token as a QR code on stdout as well");
  verb->callback([&] { options.verb = made; });
  token->add_subcommand("list", "List the tokens")->callback([&] { options.verb = ListTokens{}; });
  CLI::App* end = token->add_subcommand("revoke", "Revoke a token");
  end->add_option("TOKEN", ended.token, "Beginning of its name, as `ga-cert token list` shows it")
      ->type_name("")
      ->required();
  end->callback([&] { options.verb = ended; });
}

void add_revoke(CLI::App& app, Options& options, Revoke& revoke) {
  CLI::App* verb = app.add_subcommand("revoke", "Revoke a key or a user, on all nodes at once");
  auto* what = verb->add_option("CERTIFICATE", revoke.what,
                                "File, or beginning of a serial number or key fingerprint: its key is revoked")
                   ->type_name("CERTIFICATE");
  auto* user = verb->add_option("--user", revoke.user, "Revoke a user with all keys")
                   ->type_name("NAME")
                   ->check(by_rule(authority::check_user))
                   ->excludes(what);
  auto* key = verb->add_option("--key", revoke.key, "Revoke the key with this whole fingerprint")
                  ->type_name("HEX")
                  ->excludes(what)
                  ->excludes(user);
  verb->add_option("--reason", revoke.reason, "Reason for the ledger")->type_name("TEXT");
  auto* offline = verb->add_flag("--offline", revoke.offline, "Sign the list but do not give it to a node");
  verb->add_flag("--publish", revoke.publish, "Only give the current list to the node")
      ->excludes(offline)
      ->excludes(what)
      ->excludes(user)
      ->excludes(key);
  verb->add_option("--group", revoke.group, "Give the list only to this group's node (all groups of this authority)")
      ->type_name("GROUP");
  verb->add_flag("--force", revoke.force, "Also a user who never asked this authority for anything")->needs(user);
  add_dry_run(*verb, revoke.dry_run);
  verb->callback([&] { options.verb = revoke; });
}

void add_reading(CLI::App& app, Options& options, ShowOne& show, PrintCrl& crl, VerifyCertificate& verify) {
  CLI::App* shown = app.add_subcommand("show", "Show a request or a certificate in full");
  shown->add_option("WHAT", show.what, "Beginning of a fingerprint or serial number, or a file; - reads stdin")
      ->type_name("PAPER")
      ->required();
  shown->callback([&] { options.verb = show; });

  CLI::App* list = app.add_subcommand("crl", "Print the X.509 revocation list (CRL)");
  list->add_flag("--der", crl.der, "Write DER instead of PEM");
  list->add_flag("--renew", crl.renew, "Sign a CRL with a later expiry even if nothing changed");
  add_out(*list, crl.out, "Output file (-)");
  list->callback([&] { options.verb = crl; });

  CLI::App* verified = app.add_subcommand("verify", "Check whether a certificate is valid for the group");
  verified->add_option("CERTIFICATE", verify.certificate, "File of the certificate; - is standard input")
      ->type_name("ANY_FILE")
      ->required();
  verified
      ->add_option("--ca", verify.authority,
                   "File of the authority's certificate (this machine's authority, or its group's)")
      ->type_name("FILE");
  verified->add_option("--list", verify.list, "File of a revocation list (the authority's)")->type_name("FILE");
  verified->add_option("--group", verify.group, "On a member: use the authority and list of this closed group")
      ->type_name("GROUP");
  verified->callback([&] { options.verb = verify; });
}

void add_export(CLI::App& app, Options& options, ExportCertificate& exported) {
  CLI::App* verb = app.add_subcommand("export", "Write a certificate for other programs");
  auto* what =
      verb->add_option("CERTIFICATE", exported.what, "File, or beginning of a serial number or key fingerprint")
          ->type_name("CERTIFICATE");
  verb->add_option("--group", exported.group, "This machine's own certificate and key in that group")
      ->type_name("GROUP")
      ->excludes(what);
  verb->add_option("--key", exported.key, "File of its key, for p12 and --swanctl")->type_name("FILE");
  verb->add_option("--ca", exported.authority, "File of the authority's certificate")->type_name("FILE");
  verb->add_option_function<std::string>(
          "--format",
          [&](const std::string& form) {
            using Form = ExportCertificate::Form;
            exported.form = form == "der" ? Form::der : form == "p12" ? Form::pkcs12 : Form::pem;
          },
          "Format of the file (pem)")
      ->type_name("")
      ->check(CLI::IsMember({"pem", "der", "p12"}));
  add_out(*verb, exported.out, "Output file (-)");
  verb->add_option("--swanctl", exported.swanctl, "Write a strongSwan configuration into this directory")
      ->type_name("DIR");
  add_dry_run(*verb, exported.dry_run);
  verb->callback([&] { options.verb = exported; });
}

void add_shared(CLI::App& app, Options& options) {
  app.add_option("--authority", options.authority, "Authority that is meant; needed when there are several")
      ->type_name("AUTHORITY")
      ->check(by_rule(groups::check_group_name));
  app.add_option("--dir", options.directory, "Directory of the authority (/var/lib/ga/authority/NAME)")
      ->type_name("DIR");
  auto* file = app.add_option("--passphrase-file", options.passphrase_file,
                              "File (mode 0600) whose first line is the passphrase")
                   ->type_name("FILE");
  app.add_option("--passphrase-fd", options.passphrase_fd, "Open file descriptor to read the passphrase from")
      ->type_name("N")
      ->check(CLI::Range(0, 65535))
      ->excludes(file);
  app.add_option("--groups", options.groups, "Directory of the group files (/etc/ipop)")->type_name("DIR");
  app.add_option("--states", options.states, "Directory of the nodes' state (/var/lib/ipop)")->type_name("DIR");
  app.add_option("--socket", options.socket, "Control socket of the node (/run/ipop/GROUP.sock)")->type_name("SOCKET");
  app.add_flag("--trust-clock", options.trust_clock, "Sign even though the ledger has entries from a later time");
  tools::add_output_options(app, options.output);
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Certificates of a closed group: its authority, requests, decisions, revocation", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  add_shared(app, options);

  InitAuthority made;
  ServeAuthority served;
  CLI::App* authority = add_authority(app, options, made, served);
  BackupAuthority kept;
  RestoreAuthority restored;
  ResumeAuthority resumed;
  add_copies(*authority, options, kept, restored, resumed);
  MakeRequest request;
  add_request(app, options, request);
  SendRequest send;
  add_send(app, options, send);
  JoinClosed join;
  add_join(app, options, join);
  ListAll list;
  add_list(app, options, list);
  AcceptRequests accept;
  DenyRequests deny;
  add_decisions(app, options, accept, deny);
  NameAdministrator named;
  EndAdministrator dismissed;
  add_administrators(app, options, named, dismissed);
  SubmitRequest submit;
  add_submit(app, options, submit);
  SignRequest sign;
  RenewCertificate renew;
  RenewOwn own;
  add_signing(app, options, sign, renew, own);
  NewToken token;
  EndToken ended;
  add_token(app, options, token, ended);
  Revoke revoke;
  add_revoke(app, options, revoke);
  ShowOne show;
  PrintCrl crl;
  VerifyCertificate verify;
  add_reading(app, options, show, crl, verify);
  ExportCertificate exported;
  add_export(app, options, exported);

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused = tools::refuse_json(app, options.output.json, streams,
                                              {"crl", "export", "authority serve", "renew --dry-run"}))
    return *refused;
  return options;
}

}  // namespace ipop::ga_cert
