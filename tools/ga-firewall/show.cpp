#include <string>
#include <utility>
#include <vector>

#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "firewall/firewall_plan.hpp"
#include "io/nftables.hpp"
#include "machine_plan.hpp"
#include "verbs.hpp"

namespace ipop::ga_firewall {
namespace {

using cli::ExitStatus;

struct Row {
  std::string key{};
  std::vector<std::string> values{};
};

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& values) {
  std::vector<std::string> out;
  for (const T& value : values)
    out.push_back(to_string(value));
  return out;
}

/// Keys and their order are frozen by the man page.
std::vector<Row> rows(const MachinePlan& machine, std::string_view state) {
  const firewall::FirewallPlan& plan = machine.plan;
  std::vector<std::string> interfaces;
  for (const auto& interface : plan.virtual_interfaces)
    interfaces.push_back(interface.text());
  std::vector<std::string> ports;
  for (const std::uint16_t port : plan.overlay_ports)
    ports.push_back(std::to_string(port));
  return {
      {"state", {std::string(state)}},
      {"table", {"inet " + std::string(firewall::firewall_table)}},
      {"group", machine.groups},
      {"interface", interfaces},
      {"network", texts_of(plan.virtual_networks)},
      {"port", ports},
      {"role", {std::string(to_string(plan.role))}},
      {"ssh", {plan.ssh_port ? std::to_string(*plan.ssh_port) : "none"}},
      {"allow", texts_of(plan.allow)},
      {"allow_physical", texts_of(plan.allow_physical)},
      {"reach", texts_of(plan.reach)},
      {"physical", {to_string(plan.needs)}},
      {"job_uid", texts_of(plan.job_uids)},
  };
}

std::string joined(const std::vector<std::string>& values, std::string_view between) {
  std::string out;
  for (const std::string& value : values)
    out += (out.empty() ? "" : std::string(between)) + value;
  return out;
}

void write_status(const Context& context, const std::vector<Row>& rows) {
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-firewall.status/1");
    for (const auto& [key, values] : rows) {
      // What there is one of is text, all else a list.
      const bool one = key == "state" || key == "table" || key == "role" || key == "ssh" || key == "physical";
      if (one) {
        json.field(key, values.front());
        continue;
      }
      json.begin_array(key);
      for (const std::string& value : values)
        json.element(value);
      json.end();
    }
    out << json.text() << '\n';
    return;
  }
  const bool plain = context.options.output.plain;
  const bool color = !plain && cli::use_color(context.streams, context.options.output.color);
  for (const auto& [key, values] : rows) {
    if (plain) {
      out << key << '\t' << joined(values, ",") << '\n';
    } else if (!values.empty()) {
      out << (color ? "\x1b[1m" : "") << key << (color ? "\x1b[0m" : "") << std::string(16 - key.size(), ' ')
          << joined(values, ", ") << '\n';
    }
  }
}

}  // namespace

ExitStatus carry_out(const Context& context, const PrintRules& /*verb*/) {
  const auto made = make_machine_plan(context);
  if (const auto* status = std::get_if<ExitStatus>(&made)) return *status;
  const auto& machine = std::get<MachinePlan>(made);
  const std::string text = firewall::replacing_transaction(firewall::to_nftables(machine.plan));
  if (context.options.output.json) {
    cli::JsonWriter json("ga-firewall.print/1");
    json.field("rules", text);
    context.streams.out << json.text() << '\n';
  } else {
    context.streams.out << text;
  }
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const ShowStatus& /*verb*/) {
  const auto made = make_machine_plan(context);
  if (const auto* status = std::get_if<ExitStatus>(&made)) return *status;
  const auto& machine = std::get<MachinePlan>(made);
  const auto present = io::read_nft_table(firewall::firewall_table);
  if (!present) return report_error(context, present.error());
  const auto wanted = io::shown_nft_table(firewall::to_nftables(machine.plan), firewall::firewall_table);
  if (!wanted) return report_error(context, wanted.error());
  const bool equal = *present == *wanted;
  write_status(context, rows(machine, equal ? "applied" : *present ? "differs" : "missing"));
  if (equal) return machine.lacks_users ? ExitStatus::partly : ExitStatus::done;
  cli::suggest(context.streams, *present ? "ga-firewall apply --dry-run" : "ga-firewall apply");
  return ExitStatus::no;
}

}  // namespace ipop::ga_firewall
