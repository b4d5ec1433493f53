#include <optional>
#include <string>
#include <vector>

#include "cli/json_writer.hpp"
#include "node_names.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dns {
namespace {

/// The name as typed when it has a domain, else in the group's.
std::optional<net::DnsName> whole_name(const std::string& text, const net::DnsName& domain) {
  const auto name = net::parse_dns_name(text);
  if (!name || name->is_root()) return std::nullopt;
  const bool has_domain = text.ends_with('.') || name->label_count() > 1;
  return has_domain ? name : name->with_suffix(domain);
}

}  // namespace

cli::ExitStatus look_up(const Context& context, const LookUp& what) {
  auto names = connect_to_names(context);
  if (!names) return tools::report_node_error(context.streams, tool, names.error(), context.socket);
  const auto name = whole_name(what.name, names->zone.domain);
  if (!name) {
    cli::complain(context.streams, tool, "\"" + what.name + "\" is not a host name");
    return cli::ExitStatus::usage;
  }
  const net::DnsQuestion question{*name, net::DnsType::a, net::DnsClass::in};
  const auto answered = ask(context, *names, question, to_string(*name));
  if (const auto* status = std::get_if<cli::ExitStatus>(&answered)) return *status;

  std::vector<std::string> addresses;
  for (const net::DnsRecord& record : std::get<std::vector<net::DnsRecord>>(answered))
    if (const auto* address = std::get_if<net::Ipv4Address>(&record.rdata)) addresses.push_back(to_string(*address));
  std::ostream& out = context.streams.out;
  if (context.output.json) {
    cli::JsonWriter json("ipop-dns.lookup/1");
    json.field("name", to_string(*name));
    json.begin_array("addresses");
    for (const std::string& address : addresses)
      json.element(address);
    json.end();
    out << json.text() << '\n';
    return cli::ExitStatus::done;
  }
  for (const std::string& address : addresses)
    out << address << '\n';
  return cli::ExitStatus::done;
}

}  // namespace ipop::ipop_dns
