#include "machine_folder.hpp"

#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"
#include "machines/monitor.hpp"

namespace ipop::ga_appliance {
namespace {

using machines::Accelerator;
using machines::MachineFiles;
using machines::VirtualMachine;
using namespace std::chrono_literals;

constexpr std::size_t largest_settings = 65'536;
constexpr Duration monitor_limit = 30s;
constexpr Duration program_limit = 120s;  // a start on a busy disk

std::string package_of(const std::string& program) {
  return program == "qemu-img" ? "qemu-utils" : "qemu-system-x86";
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string in_one_line(const std::vector<std::string>& command) {
  std::string out;
  for (const std::string& word : command)
    out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

MachineFiles files_of(const Context& context, const std::string& name) {
  return {context.options.directory + "/" + name};
}

Result<std::optional<VirtualMachine>> find_machine(const Context& context, const std::string& name) {
  if (auto good = machines::check_machine_name(name); !good) return good.error();
  const std::string path = files_of(context, name).settings();
  if (!io::exists(path)) return std::optional<VirtualMachine>();
  const auto text = io::read_file(path, largest_settings);
  if (!text) return text.error();
  auto machine = machines::parse_machine(*text, path, name);
  if (!machine) return std::move(machine).error();
  return std::optional<VirtualMachine>(*std::move(machine));
}

Result<VirtualMachine> load_machine(const Context& context, const std::string& name) {
  auto machine = find_machine(context, name);
  if (!machine) return std::move(machine).error();
  if (!*machine) return {Errc::not_found, "there is no such machine in " + context.options.directory};
  return **std::move(machine);
}

bool runs(const MachineFiles& files) {
  return io::LineClient::connect(files.monitor()).has_value();
}

Result<io::LineClient> open_monitor(const MachineFiles& files) {
  auto monitor = io::LineClient::connect(files.monitor());
  if (!monitor) return monitor;
  if (auto told = tell_monitor(*monitor, "qmp_capabilities"); !told) return std::move(told).error();
  return monitor;
}

Result<void> tell_monitor(io::LineClient& monitor, std::string_view command) {
  if (auto sent = monitor.send(machines::monitor_line(command), monitor_limit); !sent) return sent;
  while (true) {
    const auto line = monitor.receive(monitor_limit);
    if (!line) return line.error();
    const auto answer = machines::parse_monitor_answer(*line);
    if (answer && !answer->done) return {Errc::conflict, answer->why};
    if (answer) return {};
  }
}

Result<void> wait_for_end(io::LineClient& monitor, TimePoint end) {
  while (true) {
    const auto line = monitor.receive(end - io::monotonic_now());
    if (line) continue;
    if (line.error().code == std::errc::timed_out) return line.error();
    return {};  // nobody serves it any more
  }
}

Result<void> take_step(const Context& context, const std::string& text, const std::function<Result<void>()>& work) {
  if (context.options.dry_run) {
    context.streams.out << cli::printable(text) << '\n';
    return {};
  }
  cli::Progress progress(context.streams);
  progress.show(cli::printable(text));
  return work();
}

Result<void> run_program(const Context& context, const std::vector<std::string>& command, Duration limit) {
  return take_step(context, in_one_line(command), [&]() -> Result<void> {
    const auto ran = io::run_process(command, limit);
    if (!ran && ran.error().code == std::errc::no_such_file_or_directory)
      return {Errc::not_found, command.front() + " is not installed; apt-get install " + package_of(command.front())};
    if (!ran) return ran.error();
    if (ran->status == 0) return {};
    const std::string said = first_line(ran->output);
    return {Errc::conflict, said.empty() ? command.front() + " ended with " + std::to_string(ran->status) : said};
  });
}

Result<void> make_disk(const Context& context, const VirtualMachine& machine) {
  const MachineFiles files = files_of(context, machine.name);
  const std::string fresh = files.disk() + ".new";
  if (auto made = run_program(context, machines::disk_command(machine, fresh), program_limit); !made) return made;
  return take_step(context, "put it at " + files.disk(), [&] { return io::rename_file(fresh, files.disk()); });
}

Result<std::string> launch(const Context& context, const VirtualMachine& machine) {
  const MachineFiles files = files_of(context, machine.name);
  const auto start = [&](Accelerator with) -> Result<void> {
    auto ran = run_program(context, machines::qemu_command(machine, files, with), program_limit);
    if (!ran || context.options.dry_run) return ran;
    // Where the processor lacks what KVM needs, QEMU ends when it is to run the machine, and not before.
    const auto monitor = open_monitor(files);
    return monitor ? Result<void>() : Result<void>(monitor.error());
  };
  if (machine.accelerator != Accelerator::tcg) {
    const auto started = start(Accelerator::kvm);
    if (started) return std::string("started");
    if (machine.accelerator == Accelerator::kvm || started.error().code == Errc::not_found) return started.error();
  }
  if (auto started = start(Accelerator::tcg); !started) return std::move(started).error();
  return std::string("started without KVM, which is many times slower");
}

cli::ExitStatus for_each_machine(const Context& context, const std::vector<std::string>& names,
                                 const std::function<Result<std::string>(const std::string&)>& work) {
  std::size_t failed = 0;
  std::size_t not_allowed = 0;
  for (const std::string& name : names) {
    const auto said = work(name);
    if (!said) {
      ++failed;
      if (said.error().code == Errc::not_authorized) ++not_allowed;
      cli::complain(context.streams, tool, name + ": " + said.error().message());
    } else if (!context.options.dry_run) {
      context.streams.out << cli::printable(name) << ": " << cli::printable(*said) << '\n' << std::flush;
    }
  }
  if (not_allowed > 0 && not_allowed == names.size()) return cli::ExitStatus::permission;
  return cli::status_of_many(names.size(), failed);
}

}  // namespace ipop::ga_appliance
