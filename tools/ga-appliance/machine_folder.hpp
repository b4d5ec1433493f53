#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/control_socket.hpp"
#include "machines/qemu_command.hpp"
#include "verbs.hpp"

namespace ipop::ga_appliance {

machines::MachineFiles files_of(const Context& context, const std::string& name);

/// What the machine was given; none where there is no such machine. Errors: malformed (the name, a line of its
/// settings), errno.
Result<std::optional<machines::VirtualMachine>> find_machine(const Context& context, const std::string& name);
/// Likewise; error not_found where there is none.
Result<machines::VirtualMachine> load_machine(const Context& context, const std::string& name);

/// Whether its QEMU runs: it serves the monitor.
bool runs(const machines::MachineFiles& files);
/// Its monitor, ready for commands. Errors: those of a connection; conflict with what QEMU says.
Result<io::LineClient> open_monitor(const machines::MachineFiles& files);
/// Gives the monitor a command, and waits until QEMU has taken it.
Result<void> tell_monitor(io::LineClient& monitor, std::string_view command);
/// Waits until QEMU has ended. Errors: timed_out.
Result<void> wait_for_end(io::LineClient& monitor, TimePoint end);

/// Runs a program; its first words where it fails. With --dry-run it is printed.
Result<void> run_program(const Context& context, const std::vector<std::string>& command, Duration limit);
/// Does the step, or prints it with --dry-run.
Result<void> take_step(const Context& context, const std::string& text, const std::function<Result<void>()>& work);

/// A clean disk in the place of the one that is there. Errors: those of run_program.
Result<void> make_disk(const Context& context, const machines::VirtualMachine& machine);
/// Starts its QEMU; gives what a person should know. Errors: those of run_program.
Result<std::string> launch(const Context& context, const machines::VirtualMachine& machine);

/// Does the same with each, says how it went, and gives the status of all together.
cli::ExitStatus for_each_machine(const Context& context, const std::vector<std::string>& names,
                                 const std::function<Result<std::string>(const std::string&)>& work);

}  // namespace ipop::ga_appliance
