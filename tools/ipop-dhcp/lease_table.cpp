#include "lease_table.hpp"

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"

namespace ipop::ipop_dhcp {
namespace {

std::string_view state_of(const leasebook::Lease& lease, WallTime now) {
  return lease.released ? "released" : now < lease.expires ? "live" : "ended";
}

}  // namespace

void write_leases(const Context& context, const std::vector<leasebook::Lease>& leases, WallTime now) {
  if (context.options.output.json) {
    cli::JsonWriter json("ipop-dhcp.list/1");
    json.begin_array("leases");
    for (const leasebook::Lease& lease : leases) {
      json.begin_element();
      json.field("address", to_string(lease.address));
      json.field("name", lease.host_name);
      json.field("user", lease.user);
      json.field("node", to_string(lease.node));
      json.field("source", lease.source);
      json.field("granted", lease.granted.seconds);
      json.field("expires", lease.expires.seconds);
      json.field("state", state_of(lease, now));
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return;
  }
  const bool plain = context.options.output.plain;
  cli::Table table(
      {{"ADDRESS", cli::Align::left, true}, {"NAME"}, {"USER"}, {"NODE"}, {"FROM"}, {"SINCE"}, {"UNTIL"}, {"STATE"}});
  table.count_as("leases");
  for (const leasebook::Lease& lease : leases)
    table.add_row({to_string(lease.address), lease.host_name, lease.user,
                   plain ? to_string(lease.node) : to_short_string(lease.node), lease.source,
                   cli::utc_text(lease.granted), cli::utc_text(lease.expires), std::string(state_of(lease, now))});
  if (plain)
    table.write_plain(context.streams.out);
  else if (!table.empty())
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
}

}  // namespace ipop::ipop_dhcp
