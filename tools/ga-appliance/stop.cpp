#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "machine_folder.hpp"

namespace ipop::ga_appliance {
namespace {

using cli::ExitStatus;
using machines::MachineFiles;
using namespace std::chrono_literals;

constexpr Duration quit_limit = 30s;  // QEMU writes what it holds

/// As if the power failed. Errors: timed_out; what QEMU says.
Result<void> switch_off(io::LineClient& monitor) {
  if (auto told = tell_monitor(monitor, "quit"); !told && told.error().code != std::errc::not_connected) return told;
  return wait_for_end(monitor, io::monotonic_now() + quit_limit);
}

Result<void> switch_off_if_it_runs(const Context& context, const std::string& name) {
  const MachineFiles files = files_of(context, name);
  if (!runs(files)) return {};
  return take_step(context, "switch " + name + " off", [&]() -> Result<void> {
    auto monitor = open_monitor(files);
    return monitor ? switch_off(*monitor) : Result<void>(monitor.error());
  });
}

/// A machine that has been asked to stop.
struct Stopping {
  std::string name{};
  io::LineClient monitor;
};

class StopWork {
 public:
  StopWork(const Context& context, const StopMachines& verb) : context_(context), verb_(verb) {}

  ExitStatus run() {
    for (const std::string& name : verb_.names)
      ask(name);
    // They stop side by side.
    const TimePoint end = io::monotonic_now() + (verb_.now ? quit_limit : Duration(verb_.timeout));
    for (Stopping& machine : stopping_)
      wait(machine, end);
    const ExitStatus status = cli::status_of_many(verb_.names.size(), failed_);
    return status == ExitStatus::done && hard_ > 0 ? ExitStatus::partly : status;
  }

 private:
  void ask(const std::string& name) {
    const auto machine = load_machine(context_, name);
    if (!machine) return fail(name, machine.error());
    if (!runs(files_of(context_, name))) return say(name, "does not run");
    const std::string_view command = verb_.now ? "quit" : "system_powerdown";
    if (context_.options.dry_run) {
      context_.streams.out << "tell " << cli::printable(name) << ": " << command << '\n';
      return;
    }
    auto monitor = open_monitor(files_of(context_, name));
    if (!monitor) return fail(name, monitor.error());
    if (auto told = tell_monitor(*monitor, command); !told && told.error().code != std::errc::not_connected)
      return fail(name, told.error());
    stopping_.push_back({name, *std::move(monitor)});
  }

  void wait(Stopping& machine, TimePoint end) {
    cli::Progress progress(context_.streams);
    progress.show("waiting for the end of " + machine.name);
    auto ended = wait_for_end(machine.monitor, end);
    progress.clear();
    if (ended) return say(machine.name, verb_.now ? "switched off" : "stopped");
    if (ended.error().code == std::errc::timed_out && !verb_.now) {
      ended = switch_off(machine.monitor);
      if (ended) {
        ++hard_;
        return say(machine.name, "did not stop in time, and was switched off");
      }
    }
    fail(machine.name, ended.error());
  }

  void say(const std::string& name, std::string_view what) {
    if (context_.options.dry_run) return;
    context_.streams.out << cli::printable(name) << ": " << what << '\n' << std::flush;
  }
  void fail(const std::string& name, const Error& error) {
    ++failed_;
    cli::complain(context_.streams, tool, name + ": " + error.message());
  }

  const Context& context_;
  const StopMachines& verb_;
  std::vector<Stopping> stopping_;
  std::size_t failed_ = 0;
  std::size_t hard_ = 0;  ///< switched off because they did not stop
};

Result<std::string> reset_one(const Context& context, const std::string& name) {
  const auto machine = load_machine(context, name);
  if (!machine) return machine.error();
  if (auto off = switch_off_if_it_runs(context, name); !off) return std::move(off).error();
  if (auto made = make_disk(context, *machine); !made) return std::move(made).error();
  const auto started = launch(context, *machine);
  return started ? Result<std::string>("has a clean disk, and is " + *started) : started;
}

Result<std::string> delete_one(const Context& context, const std::string& name) {
  const auto machine = load_machine(context, name);
  // Also one whose settings are damaged.
  if (!machine && machine.error().code == Errc::not_found) return machine.error();
  if (auto good = machines::check_machine_name(name); !good) return good.error();
  const MachineFiles files = files_of(context, name);
  if (runs(files)) return {Errc::conflict, "runs; `ga-appliance stop` it first"};
  auto done = take_step(context, "remove " + files.folder, [&]() -> Result<void> {
    for (const std::string& path : files.all())
      if (io::exists(path))
        if (auto removed = io::remove_file(path); !removed) return removed;
    return io::remove_file(files.folder);
  });
  if (!done) return std::move(done).error();
  return std::string("deleted");
}

}  // namespace

ExitStatus carry_out(const Context& context, const StopMachines& verb) {
  return StopWork(context, verb).run();
}

ExitStatus carry_out(const Context& context, const ResetMachines& verb) {
  return for_each_machine(context, verb.names, [&](const std::string& name) { return reset_one(context, name); });
}

ExitStatus carry_out(const Context& context, const DeleteMachines& verb) {
  return for_each_machine(context, verb.names, [&](const std::string& name) { return delete_one(context, name); });
}

}  // namespace ipop::ga_appliance
