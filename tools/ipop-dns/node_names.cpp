#include "node_names.hpp"

#include <string>
#include <utility>

#include "cli/text.hpp"
#include "node_waiting.hpp"

namespace ipop::ipop_dns {

using cli::ExitStatus;

Result<router::DnsZone> zone_of(const node::StatusAnswer& status) {
  const auto domain = net::parse_dns_name(status.domain);
  if (!status.prefix || !domain || domain->is_root())
    return {Errc::unsupported, "this node has no virtual network (--no-tap), so it knows no names; ask another node"};
  return router::DnsZone{*domain, *status.prefix};
}

Result<NodeNames> connect_to_names(const Context& context) {
  auto client = daemon::ControlClient::connect(context.socket);
  if (!client) return std::move(client).error();
  const auto status = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, context.limit);
  if (!status) return status.error();
  auto zone = zone_of(*status);
  if (!zone) return std::move(zone).error();
  return NodeNames{*std::move(client), *std::move(zone)};
}

std::variant<std::vector<net::DnsRecord>, ExitStatus> ask(const Context& context, NodeNames& names,
                                                          const net::DnsQuestion& question, std::string_view shown) {
  const auto complain = [&](const std::string& text) { cli::complain(context.streams, tool, text); };
  net::DnsMessage query;
  query.questions.push_back(question);
  query.edns.emplace();  // lets the answer be longer than 512 octets
  node::DnsCommand command;
  encode(query, command.query);
  const auto answer = tools::ask_node<node::DnsAnswer>(names.client, command, context.limit);
  if (!answer) return tools::report_node_error(context.streams, tool, answer.error(), context.socket);
  const auto message = net::decode_dns(answer->message);
  if (!message) {
    complain("the node's answer is no DNS message: " + message.error().message());
    return ExitStatus::no;
  }
  const std::string quoted = "\"" + std::string(shown) + "\"";
  switch (message->header.rcode) {
    case net::DnsRcode::no_error: break;
    case net::DnsRcode::name_error: complain("no member has the name " + quoted); return ExitStatus::no;
    case net::DnsRcode::refused:
      complain(quoted + " is not in this group: its names end in ." + to_string(names.zone.domain) +
               ", its addresses are in " + to_string(names.zone.prefix));
      return ExitStatus::no;
    case net::DnsRcode::server_failure:
      complain("the members that store " + quoted + " did not answer in time; try again");
      return ExitStatus::timed_out;
    default:
      complain("the node refused the question: code " + std::to_string(static_cast<unsigned>(message->header.rcode)));
      return ExitStatus::no;
  }
  std::vector<net::DnsRecord> records;
  for (const net::DnsRecord& record : message->answers)
    if (record.type == question.qtype) records.push_back(record);
  if (!records.empty()) return records;
  complain("unknown: " + quoted);
  return ExitStatus::no;
}

}  // namespace ipop::ipop_dns
