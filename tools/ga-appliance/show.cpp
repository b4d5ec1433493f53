#include <algorithm>
#include <filesystem>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "io/file.hpp"
#include "io/run_process.hpp"
#include "machine_folder.hpp"

namespace ipop::ga_appliance {
namespace {

using cli::ExitStatus;
using machines::VirtualMachine;

constexpr std::size_t largest_log = std::size_t{256} << 20U;

struct MachineRow {
  std::string name{};
  std::string state{};
  VirtualMachine machine{};
};

std::vector<MachineRow> all_machines(const Context& context) {
  std::vector<MachineRow> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(context.options.directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const auto machine = find_machine(context, name);
    if (machine && *machine)
      out.push_back({name, runs(files_of(context, name)) ? "running" : "stopped", **machine});
    else if (!machine && machines::check_machine_name(name))
      out.push_back({name, "damaged", {}});
  }
  std::ranges::sort(out, {}, &MachineRow::name);
  return out;
}

void write_json(const Context& context, const std::vector<MachineRow>& rows) {
  cli::JsonWriter json("ga-appliance.list/1");
  json.begin_array("machines");
  for (const MachineRow& row : rows) {
    json.begin_element();
    json.field("name", row.name);
    json.field("state", row.state);
    json.field("memory_mib", row.machine.memory);
    json.field("processors", row.machine.processors);
    json.field("medium", row.machine.has_medium);
    json.field("image", row.machine.image);
    json.end();
  }
  json.end();
  context.streams.out << json.text() << '\n';
}

/// Goes on as the other program; what comes back is the reason why not.
ExitStatus go_on_as(const Context& context, const std::vector<std::string>& command, const std::string& package) {
  const Error error = io::replace_process(command);
  cli::complain(context.streams, tool,
                error.code == std::errc::no_such_file_or_directory
                    ? command.front() + " is not installed; apt-get install " + package
                    : error.message());
  return ExitStatus::no;
}

/// Reported, with the machine's name.
ExitStatus refuse(const Context& context, const std::string& name, const Error& error) {
  cli::complain(context.streams, tool, name + ": " + error.message());
  return ExitStatus::no;
}

}  // namespace

ExitStatus carry_out(const Context& context, const ListMachines& /*verb*/) {
  const auto rows = all_machines(context);
  if (context.options.output.json) {
    write_json(context, rows);
    return ExitStatus::done;
  }
  using cli::Align;
  cli::Table table(
      {{"NAME", Align::left, true}, {"STATE"}, {"MEMORY", Align::right}, {"PROCESSORS", Align::right}, {"IMAGE"}});
  table.count_as("machines");
  for (const MachineRow& row : rows)
    table.add_row({row.name, row.state, std::to_string(row.machine.memory) + " MiB",
                   std::to_string(row.machine.processors), row.machine.image});
  if (context.options.output.plain)
    table.write_plain(context.streams.out);
  else if (rows.empty())
    context.streams.err << "No machines in " << context.options.directory << '\n';
  else
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const ShowConsole& verb) {
  const auto machine = load_machine(context, verb.name);
  if (!machine) return refuse(context, verb.name, machine.error());
  const auto files = files_of(context, verb.name);
  if (verb.log) {
    const auto text = io::read_file(files.log(), largest_log);
    if (!text) return refuse(context, verb.name, text.error());
    // As a terminal would get it.
    context.streams.out << *text;
    return ExitStatus::done;
  }
  if (!runs(files)) return refuse(context, verb.name, make_error(make_error_code(Errc::conflict), "does not run"));
  context.streams.err << "Ctrl-] leaves\n" << std::flush;
  return go_on_as(context, {"socat", "-,raw,echo=0,escape=0x1d", "UNIX-CONNECT:" + files.console()}, "socat");
}

ExitStatus carry_out(const Context& context, const LogIn& verb) {
  if (const auto good = machines::check_machine_name(verb.name); !good) return refuse(context, verb.name, good.error());
  std::vector<std::string> command{"ssh", "root@" + verb.name + "." + verb.domain};
  command.insert(command.end(), verb.command.begin(), verb.command.end());
  return go_on_as(context, command, "openssh-client");
}

}  // namespace ipop::ga_appliance
