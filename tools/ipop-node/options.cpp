#include "options.hpp"

#include "command_line.hpp"

namespace ipop::ipop_node {
namespace {

/// An option that sets `key`; it is said to come from the command line.
CLI::Option* add_setting(CLI::App& app, Options& options, Key key, const std::string& name, const char* type,
                         const char* description) {
  const std::string origin = name.substr(0, name.find(','));
  return app
      .add_option_function<std::string>(
          name,
          [&options, key, origin](const std::string& text) {
            options.settings[key] = {{text}, origin, true};
          },
          description)
      ->type_name(type);
}

void add_flag(CLI::App& app, Options& options, Key key, const char* name, const char* value, const char* description) {
  app.add_flag_callback(
      name,
      [&options, key, name, value] {
        options.settings[key] = {{value}, name, true};
      },
      description);
}

void add_settings(CLI::App& app, Options& options) {
  add_setting(app, options, Key::state_dir, "--state-dir", "DIR", "Where key and state are kept (/var/lib/ipop/GROUP)");
  add_setting(app, options, Key::socket, "--socket", "SOCKET", "Control socket (/run/ipop/GROUP.sock)");
  add_setting(app, options, Key::port, "--port", "N", "UDP port; 0: that of the last time, any free one at first (0)");
  auto* tap = app.add_option_function<std::string>(
                     "--tap",
                     [&options](const std::string& name) {
                       options.settings[Key::tap] = {{name}, "--tap", true};
                       options.settings[Key::no_tap] = {{"false"}, "--tap", true};
                     },
                     "Name of the virtual interface (ipop0)")
                  ->type_name("NAME");
  app.add_flag_callback(
         "--no-tap",
         [&options] {
           options.settings[Key::no_tap] = {{"true"}, "--no-tap", true};
         },
         "Take part without a virtual interface: bootstrap and relay for others")
      ->excludes(tap);
  add_flag(app, options, Key::configure, "--configure", "true",
           "Put the leased address on the interface itself, for hosts without a DHCP client");
  add_setting(app, options, Key::hostname, "--hostname,--host-name", "NAME",
              "Name to claim in the group's domain, beside the one made of the address");
  app.add_option_function<std::vector<std::string>>(
         "--bootstrap",
         [&options](const std::vector<std::string>& texts) {
           options.settings[Key::bootstrap] = {texts, "--bootstrap", true};
         },
         "A further bootstrap node; may be given several times")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  add_flag(app, options, Key::first, "--first", "true",
           "This node may be the first of its group: it takes an address though no bootstrap node answers");
  add_setting(app, options, Key::prefix, "--prefix", "PREFIX", "Virtual network, in place of the group file's");
  add_setting(app, options, Key::mtu, "--mtu", "N", "MTU of the virtual interface (1400)");
  add_flag(app, options, Key::offer_dns, "--no-offer-dns", "false",
           "Do not name the node's own name server to DHCP clients");
  app.add_option_function<std::vector<std::string>>(
         "--dns-servers,--dns-server",
         [&options](const std::vector<std::string>& texts) {
           options.settings[Key::dns_servers] = {texts, "--dns-servers", true};
         },
         "Name server that is asked for names outside the group, in place of this machine's; may be repeated")
      ->type_name("ADDR")
      ->allow_extra_args(false);
  add_flag(app, options, Key::register_dns, "--no-register-dns", "false",
           "With --configure: leave this machine's resolver alone");
  add_flag(app, options, Key::lan_discovery, "--no-lan-discovery", "false",
           "Neither announce the node on the LAN nor listen for others");
  app.add_option_function<std::vector<std::string>>(
         "--exclude",
         [&options](const std::vector<std::string>& names) {
           options.settings[Key::exclude] = {names, "--exclude", true};
         },
         "An interface of another VPN, never a way to this node; wg* for all that begin so; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  add_setting(app, options, Key::log_level, "--log-level", "", "Least important lines that are written (info)")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}));
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Makes this machine a member of a group: one node of the peer-to-peer network", tool);
  app.require_subcommand(0, 1);
  tools::share_options(app);
  app.add_option("--group,--group-file", options.group, "Name of the group, or path of its file")->type_name("FILE");
  app.add_option("--config", options.config_file, "Settings of the node (/etc/ipop/node/GROUP.toml)")
      ->type_name("FILE");
  add_settings(app, options);

  app.add_subcommand("run", "Run the node in the foreground (what happens without a verb)");
  CLI::App* config = app.add_subcommand("config", "Check or show the configuration");
  config->require_subcommand(1);
  config->add_subcommand("check", "Say whether a node would start with it")->callback([&options] {
    options.verb = CheckConfig{};
  });
  ShowConfig show;
  CLI::App* shown = config->add_subcommand("show", "Print all settings as TOML");
  shown->add_flag("--origin", show.origin, "Say behind each where it comes from");
  shown->add_flag("--json", show.json, "Write JSON with a \"schema\" field; it has the origins");
  shown->callback([&] { options.verb = show; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  return options;
}

}  // namespace ipop::ipop_node
