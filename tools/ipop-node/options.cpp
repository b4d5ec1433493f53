#include "options.hpp"

#include <algorithm>
#include <iterator>

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

/// An option that may be given several times, with one value or more each time.
void add_list(CLI::App& app, Options& options, Key key, const std::string& name, const char* type,
              const char* description) {
  const std::string origin = name.substr(0, name.find(','));
  app.add_option_function<std::vector<std::string>>(
         name,
         [&options, key, origin](const std::vector<std::string>& texts) {
           Setting& setting = options.settings[key] = {{}, origin, true};
           for (const std::string& text : texts)
             std::ranges::move(words_of(text), std::back_inserter(setting.texts));
         },
         description)
      ->type_name(type)
      ->allow_extra_args(false);
}

void add_settings(CLI::App& app, Options& options) {
  add_setting(app, options, Key::state_dir, "--state-dir", "DIR", "Directory of key and state (/var/lib/ipop/GROUP)");
  add_setting(app, options, Key::socket, "--socket", "SOCKET", "Control socket (/run/ipop/GROUP.sock)");
  add_setting(app, options, Key::port, "--port", "N",
              "UDP port; 0: the last one, or any free one on the first start (0)");
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
         "Run without a virtual interface, as bootstrap node and relay for others")
      ->excludes(tap);
  add_flag(app, options, Key::configure, "--configure", "true",
           "Configure the leased address on the interface, for hosts without a DHCP client");
  add_setting(app, options, Key::hostname, "--hostname,--host-name", "NAME",
              "Name for this machine in the group, in addition to the automatic one");
  add_flag(app, options, Key::use_host_name, "--use-host-name", "true",
           "Without a name for this machine in the group: take what it calls itself");
  add_list(app, options, Key::bootstrap, "--bootstrap", "HOST:PORT",
           "A further bootstrap node; may be given several times");
  add_flag(app, options, Key::first, "--first", "true",
           "This node may be the first in its group: take an address even if no bootstrap node answers");
  add_setting(app, options, Key::prefix, "--prefix", "PREFIX", "Virtual network to use instead of the group file's");
  add_setting(app, options, Key::mtu, "--mtu", "N",
              "MTU of the virtual interface; 0: by the uplinks, 1400 or more (0)");
  add_setting(app, options, Key::relay_share, "--relay-share", "PERCENT",
              "Of this machine's line, what packets between other members get when it is full (75)");
  add_setting(app, options, Key::relay_limit, "--relay-limit", "MBIT",
              "Mbit/s that packets between other members get at the most (0: as much as is measured)");
  add_flag(app, options, Key::offer_dns, "--no-offer-dns", "false",
           "Do not offer the node's name server to DHCP clients");
  add_list(app, options, Key::dns_servers, "--dns-servers,--dns-server", "ADDR",
           "Name server for names outside the group, instead of this machine's; may be repeated");
  add_flag(app, options, Key::register_dns, "--no-register-dns", "false",
           "With --configure: do not change this machine's resolver configuration");
  add_flag(app, options, Key::lan_discovery, "--no-lan-discovery", "false",
           "Do not announce this node on the LAN or listen for others");
  add_list(app, options, Key::exclude, "--exclude", "NAME",
           "An interface of another VPN, never a way to this node; wg* for all that begin so; may be repeated");
  add_list(app, options, Key::no_offload, "--no-offload", "NAME",
           "Do not use this kernel feature: tap, udp-send, udp-receive or io-uring; may be repeated");
  add_setting(app, options, Key::cipher, "--cipher", "",
              "Implementation of AES-GCM, or chacha20-poly1305; auto: the fastest on this machine (auto)")
      ->check(CLI::IsMember({"auto", "openssl", "ipsec-mb", "chacha20-poly1305"}));
  add_setting(app, options, Key::workers, "--workers", "",
              "Threads that pass packets: 1, 2, 4 or 8; 0: one for two processors, 4 at the most (0)")
      ->check(CLI::IsMember({"0", "1", "2", "4", "8"}));
  add_setting(app, options, Key::log_level, "--log-level", "", "Lowest level of log messages to write (info)")
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

  app.add_subcommand("run", "Run the node in the foreground (the default)");
  CLI::App* config = app.add_subcommand("config", "Check or show the configuration");
  config->require_subcommand(1);
  config->add_subcommand("check", "Check whether a node would start")->callback([&options] {
    options.verb = CheckConfig{};
  });
  ShowConfig show;
  CLI::App* shown = config->add_subcommand("show", "Print all settings as TOML");
  shown->add_flag("--origin", show.origin, "Show where each setting comes from");
  shown->add_flag("--json", show.json, "Write JSON with a \"schema\" field; it has the origins");
  shown->callback([&] { options.verb = show; });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  return options;
}

}  // namespace ipop::ipop_node
