#include "options.hpp"

#include <optional>

#include "command_line.hpp"

namespace ipop::ipop_dns {
namespace {

constexpr std::uint16_t dns_port = 53;

/// `ADDR` or `ADDR:PORT`; IPv6 with a port in brackets.
std::optional<net::Endpoint> parse_listen(std::string_view text) {
  if (const auto v4 = net::parse_ipv4_address(text)) return net::Endpoint{*v4, dns_port};
  if (const auto v6 = net::parse_ipv6_address(text)) return net::Endpoint{*v6, dns_port};
  return net::parse_endpoint(text);
}

bool is_any_address(const net::Endpoint& endpoint) {
  const auto v4 = endpoint.ipv4();
  return v4 ? v4->is_unspecified() : std::get<net::Ipv6Address>(endpoint.address) == net::Ipv6Address{};
}

std::string check_listen(const std::string& text) {
  const auto endpoint = parse_listen(text);
  if (!endpoint) return text + " is no address like 127.0.0.1, 127.0.0.1:5353 or [::1]:5353";
  // An answer has to leave from the address that was asked.
  if (is_any_address(*endpoint)) return "name one address of this machine, such as 127.0.0.1:5353";
  return {};
}

std::string check_address(const std::string& text) {
  return net::parse_ipv4_address(text) ? std::string() : text + " is no address like 10.128.0.7";
}

void add_serve(CLI::App& app, Options& options, Serve& serve) {
  CLI::App* verb = app.add_subcommand("serve", "Answer DNS queries on an address of this machine");
  verb->add_option_function<std::string>(
          "--listen", [&serve](const std::string& text) { serve.listen = *parse_listen(text); },
          "Address, and port when it is not 53, for UDP and TCP")
      ->type_name("ADDR[:PORT]")
      ->check(CLI::Validator(check_listen, ""))
      ->required();
  auto* forward = verb->add_flag("--forward", serve.forward, "Ask the servers of this machine for other names");
  verb->add_flag_callback(
          "--refuse", [&serve] { serve.forward = false; }, "Refuse other names (the default)")
      ->excludes(forward);
  verb->add_option("--resolv-conf", serve.resolv_conf, "File that names the servers (/etc/resolv.conf)")
      ->type_name("FILE");
  verb->callback([&options, &serve] { options.verb = serve; });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Names of a group: a name server, and look-ups for scripts", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  tools::add_node_options(app, options.node.socket, options.node.group);
  tools::add_duration_option(app, "--timeout", options.node.timeout, "How long to wait for the node (10s)");
  tools::add_output_options(app, options.output);

  Serve serve;
  add_serve(app, options, serve);

  LookUp look_up;
  CLI::App* lookup = app.add_subcommand("lookup", "Print the address of a name");
  lookup->add_option("NAME", look_up.name, "A host of the group, with or without its domain")
      ->type_name("MEMBER")
      ->required();
  lookup->callback([&] { options.verb = look_up; });

  LookUpReverse look_up_reverse;
  CLI::App* reverse = app.add_subcommand("reverse", "Print the name of an address");
  reverse
      ->add_option_function<std::string>(
          "ADDR",
          [&look_up_reverse](const std::string& text) { look_up_reverse.address = *net::parse_ipv4_address(text); },
          "Address in the virtual network")
      ->type_name("")
      ->check(CLI::Validator(check_address, ""))
      ->required();
  reverse->callback([&] { options.verb = look_up_reverse; });

  app.add_subcommand("list", "Walk the ring and print members with their names")->callback([&] {
    options.verb = ListNames{};
  });

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused = tools::refuse_json(app, options.output.json, streams, {"serve"})) return *refused;
  return options;
}

}  // namespace ipop::ipop_dns
