#include <string>
#include <vector>

#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "node_names.hpp"
#include "node_waiting.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dns {

cli::ExitStatus look_up_reverse(const Context& context, const LookUpReverse& what) {
  auto names = connect_to_names(context);
  if (!names) return tools::report_node_error(context.streams, tool, names.error(), context.socket);
  const net::DnsQuestion question{net::reverse_name(what.address), net::DnsType::ptr, net::DnsClass::in};
  const auto answered = ask(context, *names, question, to_string(what.address));
  if (const auto* status = std::get_if<cli::ExitStatus>(&answered)) return *status;

  // The name that is made of an address exists for every address; only the group knows whether somebody holds it.
  const auto holder =
      tools::ask_node<node::WhyAnswer>(names->client, node::WhyCommand{to_string(what.address)}, context.limit);
  if (!holder && tools::status_of(holder.error()) != cli::ExitStatus::no)
    return tools::report_node_error(context.streams, tool, holder.error(), context.socket);
  if (!holder || holder->state == "unknown") {
    cli::complain(context.streams, tool, "no member has the address " + to_string(what.address));
    return cli::ExitStatus::no;
  }

  std::vector<std::string> found;
  for (const net::DnsRecord& record : std::get<std::vector<net::DnsRecord>>(answered))
    if (const auto* target = std::get_if<net::DnsNameRdata>(&record.rdata)) found.push_back(to_string(target->name));
  std::ostream& out = context.streams.out;
  if (context.output.json) {
    cli::JsonWriter json("ipop-dns.reverse/1");
    json.field("address", to_string(what.address));
    json.begin_array("names");
    for (const std::string& name : found)
      json.element(name);
    json.end();
    out << json.text() << '\n';
    return cli::ExitStatus::done;
  }
  for (const std::string& name : found)
    out << cli::printable(name) << '\n';
  return cli::ExitStatus::done;
}

}  // namespace ipop::ipop_dns
