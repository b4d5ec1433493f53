#include "fleet_output.hpp"

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "errands.hpp"

namespace ipop::ga_simplenode {
namespace {

using cli::ExitStatus;
using fleet::NodeReport;
using fleet::Report;

std::vector<const NodeReport*> nodes_of(const Report& report, std::string_view group) {
  std::vector<const NodeReport*> out;
  for (const NodeReport& node : report.nodes)
    if (group.empty() || node.group == group) out.push_back(&node);
  return out;
}

std::string state_of(const NodeReport& node) {
  if (!node.status) return "silent";
  if (node.status->revoked) return "revoked";
  if (node.is_replaced) return "old program";
  return node.status->links == 0 ? "alone" : "good";
}

bool is_good(const NodeReport& node) {
  return node.status && !node.status->revoked;
}

/// Where others find it, as far as it knows.
std::string endpoint_of(const node::StatusAnswer& status) {
  if (!status.observed_endpoints.empty()) return to_string(status.observed_endpoints.front());
  return status.local_endpoints.empty() ? std::string() : to_string(status.local_endpoints.front());
}

std::string package_of(const Report& report) {
  const auto found = report.packages.find("ipop");
  return found != report.packages.end() ? found->second : std::string();
}

std::string load_of(const Report& report) {
  return report.load + (report.processors > 0 ? " of " + std::to_string(report.processors) : "");
}

void add_host_row(cli::Table& table, const FleetRow& row, const std::string& state, const std::string& group = {}) {
  std::vector<std::string> cells(11);
  cells[0] = row.host.text();
  cells[1] = state;
  cells[2] = group;
  if (row.report) {
    cells[3] = package_of(*row.report);
    cells[10] = load_of(*row.report);
  }
  table.add_row(std::move(cells));
}

void add_node_row(cli::Table& table, const FleetRow& row, const NodeReport& node) {
  if (!node.status) return add_host_row(table, row, state_of(node), node.group);
  const node::StatusAnswer& status = *node.status;
  table.add_row({row.host.text(), state_of(node), node.group, package_of(*row.report), status.version,
                 endpoint_of(status), std::to_string(status.links), std::to_string(status.ring_size_estimate),
                 cli::human_octets(node.counter("relayed_octets")),
                 cli::human_seconds(std::chrono::floor<std::chrono::seconds>(status.uptime)), load_of(*row.report)});
}

void write_node(cli::JsonWriter& json, const NodeReport& node) {
  json.begin_element();
  json.field("group", node.group);
  json.field("state", state_of(node));
  if (node.status) {
    const node::StatusAnswer& status = *node.status;
    json.field("version", status.version);
    json.field("endpoint", endpoint_of(status));
    json.field("joined", status.joined);
    json.field("links", status.links);
    json.field("direct_links", status.direct_links);
    json.field("members", status.ring_size_estimate);
    json.field("relayed_packets", node.counter("relayed_packets"));
    json.field("relayed_octets", node.counter("relayed_octets"));
    json.field("uptime_s", std::chrono::duration_cast<std::chrono::seconds>(status.uptime).count());
    json.begin_array("notices");
    for (const std::string& notice : status.notices)
      json.element(notice);
    json.end();
  } else {
    json.field("why", node.silent);
  }
  json.end();
}

void write_report(cli::JsonWriter& json, const Report& report, std::string_view group) {
  json.field("system", report.system);
  json.field("architecture", report.architecture);
  json.begin_array("packages");
  for (const auto& [name, version] : report.packages) {
    json.begin_element();
    json.field("name", name);
    json.field("version", version);
    json.end();
  }
  json.end();
  json.field("load", report.load);
  json.field("processors", report.processors);
  json.field("memory_kib", report.memory);
  json.field("available_memory_kib", report.available_memory);
  json.field("host_uptime_s", report.uptime.count());
  if (!report.did.empty()) {
    json.begin_array("did");
    for (const std::string& change : report.did)
      json.element(change);
    json.end();
  }
  json.begin_array("nodes");
  for (const NodeReport* node : nodes_of(report, group))
    write_node(json, *node);
  json.end();
}

void write_json(const Context& context, std::string_view schema, const std::vector<FleetRow>& rows,
                std::string_view group) {
  cli::JsonWriter json(schema);
  json.begin_array("hosts");
  for (const FleetRow& row : rows) {
    json.begin_element();
    json.field("host", row.host.text());
    json.field("answers", row.report.has_value());
    if (row.report)
      write_report(json, *row.report, group);
    else
      json.field("why", row.report.error().message());
    if (!row.failed.empty()) json.field("failed", row.failed);
    json.end();
  }
  json.end();
  context.streams.out << json.text() << '\n';
}

void write_table(const Context& context, const std::vector<FleetRow>& rows, std::string_view group) {
  using cli::Align;
  cli::Table table({{"HOST", Align::left, true},
                    {"STATE"},
                    {"GROUP"},
                    {"PACKAGE"},
                    {"RUNS"},
                    {"ENDPOINT"},
                    {"LINKS", Align::right},
                    {"MEMBERS", Align::right},
                    {"RELAYED", Align::right},
                    {"UP", Align::right},
                    {"LOAD", Align::right}});
  table.count_as("nodes");
  for (const FleetRow& row : rows) {
    if (!row.report || !row.failed.empty()) {
      add_host_row(table, row, row.report ? "failed" : "no answer");
      continue;
    }
    const auto nodes = nodes_of(*row.report, group);
    if (nodes.empty()) add_host_row(table, row, "no node");
    for (const NodeReport* node : nodes)
      add_node_row(table, row, *node);
  }
  if (context.options.output.plain)
    table.write_plain(context.streams.out);
  else
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
}

/// Says on stderr what is wrong with a host; false when something is.
bool judge(const Context& context, const FleetRow& row, std::string_view group) {
  const auto complain = [&](const std::string& what) {
    cli::complain(context.streams, tool, row.host.text() + ": " + what);
    return false;
  };
  if (!row.failed.empty()) return false;
  if (!row.report) return complain(row.report.error().message());
  const auto nodes = nodes_of(*row.report, group);
  if (nodes.empty())
    return complain(group.empty() ? "there is no node" : "there is no node of the group " + std::string(group));
  bool good = true;
  for (const NodeReport* node : nodes) {
    good = good && is_good(*node);
    if (!node->status) complain("the node of " + node->group + " is silent: " + node->silent);
    if (node->status && node->status->revoked) complain("the node of " + node->group + " is revoked");
  }
  return good;
}

}  // namespace

ExitStatus refuse(const Context& context, const Error& error, ExitStatus status) {
  cli::complain(context.streams, tool, error.message());
  return status;
}

Result<std::vector<FleetRow>> look_at_hosts(const Context& context, const std::vector<fleet::Host>& hosts,
                                            const std::string& words) {
  auto reports = ask_hosts(context, hosts, words, "asking");
  if (!reports) return std::move(reports).error();
  std::vector<FleetRow> out;
  for (std::size_t i = 0; i < hosts.size(); ++i)
    out.push_back({hosts[i], std::move((*reports)[i])});
  return out;
}

ExitStatus write_fleet(const Context& context, std::string_view schema, const std::vector<FleetRow>& rows,
                       std::string_view group) {
  if (context.options.output.json)
    write_json(context, schema, rows, group);
  else
    write_table(context, rows, group);
  context.streams.out.flush();
  std::size_t failed = 0;
  for (const FleetRow& row : rows)
    if (!judge(context, row, group)) ++failed;
  return cli::status_of_many(rows.size(), failed);
}

}  // namespace ipop::ga_simplenode
