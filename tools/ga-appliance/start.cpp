#include <array>
#include <filesystem>
#include <fstream>

#include "bridge_access.hpp"
#include "io/file.hpp"
#include "io/run_process.hpp"
#include "machine_folder.hpp"

namespace ipop::ga_appliance {
namespace {

using cli::ExitStatus;
using machines::MachineFiles;
using machines::VirtualMachine;
using namespace std::chrono_literals;

constexpr std::size_t largest_medium = std::size_t{16} << 20U;
constexpr Duration medium_limit = 60s;

/// The image as the machine's settings keep it. Errors: malformed (the path), errno.
Result<VirtualMachine> what_is_made(const StartMachines& verb, const std::string& name) {
  VirtualMachine machine = verb.made;
  machine.name = name;
  machine.has_medium = !verb.medium.empty() || !verb.group.empty();
  std::error_code error;
  machine.image = std::filesystem::absolute(verb.made.image, error).lexically_normal().string();
  if (error) return make_error(error, verb.made.image);
  if (auto good = machines::check_image_path(machine.image); !good) return good.error();
  std::ifstream file(machine.image, std::ios::binary);
  std::array<char, 4> beginning{};
  if (!file.read(beginning.data(), beginning.size()))
    return {Errc::not_found, machine.image + " is no disk image that can be read"};
  machine.form = machines::form_of_disk({beginning.data(), beginning.size()});
  return machine;
}

Result<void> give_medium(const Context& context, const StartMachines& verb, const MachineFiles& files,
                         const std::string& name) {
  if (!verb.medium.empty()) {
    return take_step(context, "copy " + verb.medium + " to " + files.medium(), [&]() -> Result<void> {
      const auto octets = io::read_file(verb.medium, largest_medium);
      return octets ? io::write_file_atomically(files.medium(), *octets, 0600) : octets.error();
    });
  }
  if (verb.group.empty()) return {};
  std::vector<std::string> command{
      io::program_beside("ga-group"), "medium", verb.group, "--host-name", name, "--out", files.medium()};
  if (verb.host_node) command.emplace_back("--host-node");
  for (const std::string& role : verb.roles)
    command.insert(command.end(), {"--role", role});
  for (const std::string& key : verb.ssh_keys)
    command.insert(command.end(), {"--ssh-key", key});
  return run_program(context, command, medium_limit);
}

Result<void> check_bridge_of(const VirtualMachine& machine) {
  return machine.bridge.empty() ? Result<void>() : check_bridge_access(machine.bridge);
}

/// It is a machine when its settings are there, which are written last.
Result<VirtualMachine> make_machine(const Context& context, const StartMachines& verb, const std::string& name) {
  auto machine = what_is_made(verb, name);
  if (!machine) return machine;
  const MachineFiles files = files_of(context, name);
  if (auto good = machines::check_folder(files); !good) return good.error();
  if (auto open = check_bridge_of(*machine); !open) return std::move(open).error();
  auto done = take_step(context, "make " + files.folder, [&] { return io::make_directories(files.folder, 0700); });
  if (done) done = make_disk(context, *machine);
  if (done) done = give_medium(context, verb, files, name);
  if (done) {
    done = take_step(context, "write " + files.settings(),
                     [&] { return io::write_file_atomically(files.settings(), to_toml(*machine), 0600); });
  }
  if (!done) return std::move(done).error();
  return machine;
}

Result<std::string> start_one(const Context& context, const StartMachines& verb, const std::string& name) {
  auto found = find_machine(context, name);
  if (!found) return std::move(found).error();
  if (*found && !verb.made.image.empty() && !runs(files_of(context, name)))
    return {Errc::conflict, "is there already, with what it was given; without --image it starts, `delete` removes it"};
  if (*found && runs(files_of(context, name))) return std::string("runs already");
  if (!*found && verb.made.image.empty()) return {Errc::not_found, "there is no such machine; --image FILE makes it"};
  if (*found) {
    auto open = check_bridge_of(**found);
    return open ? launch(context, **found) : Result<std::string>(std::move(open).error());
  }
  const auto machine = make_machine(context, verb, name);
  return machine ? launch(context, *machine) : Result<std::string>(machine.error());
}

}  // namespace

ExitStatus carry_out(const Context& context, const StartMachines& verb) {
  if (verb.host_node && verb.names.size() > 1) {
    cli::complain(context.streams, tool, "--host-node is for one machine: the node of this host has one address");
    return ExitStatus::usage;
  }
  return for_each_machine(context, verb.names, [&](const std::string& name) { return start_one(context, verb, name); });
}

}  // namespace ipop::ga_appliance
