#include <string>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "node_names.hpp"
#include "node_waiting.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dns {
namespace {

constexpr std::size_t most_members = 100'000;

void write_json(std::ostream& out, const node::MembersAnswer& answer, const std::string& domain) {
  cli::JsonWriter json("ipop-dns.list/1");
  json.field("domain", domain);
  json.field("complete", answer.complete);
  json.begin_array("members");
  for (const node::MemberRow& member : answer.members) {
    if (member.name.empty() || !member.address) continue;
    json.begin_element();
    json.field("name", member.name + "." + domain);
    json.field("address", to_string(*member.address));
    json.field("id", to_string(member.id));
    json.end();
  }
  json.end();
  out << json.text() << '\n';
}

}  // namespace

cli::ExitStatus list_names(const Context& context) {
  const auto failed = [&](const Error& error) {
    return tools::report_node_error(context.streams, tool, error, context.socket);
  };
  auto names = connect_to_names(context);
  if (!names) return failed(names.error());
  const auto answer =
      tools::ask_node<node::MembersAnswer>(names->client, node::MembersCommand{most_members}, context.limit);
  if (!answer) return failed(answer.error());

  const std::string domain = to_string(names->zone.domain);
  if (context.output.json) {
    write_json(context.streams.out, *answer, domain);
  } else {
    // The order of the columns is frozen by the man page.
    cli::Table table({{"NAME"}, {"ADDRESS"}, {"ID"}});
    for (const node::MemberRow& member : answer->members) {
      if (member.name.empty() || !member.address) continue;
      table.add_row({member.name + "." + domain, to_string(*member.address),
                     context.output.plain ? to_string(member.id) : to_short_string(member.id)});
    }
    if (context.output.plain) {
      table.write_plain(context.streams.out);
    } else {
      table.count_as("members");
      table.write_human(context.streams.out, cli::screen_of(context.streams, context.output.color));
    }
  }
  if (answer->complete) return cli::ExitStatus::done;
  cli::complain(context.streams, tool, "the walk is incomplete: the ring is being repaired");
  return cli::ExitStatus::partly;
}

}  // namespace ipop::ipop_dns
