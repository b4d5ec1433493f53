#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "machines/virtual_machine.hpp"

namespace ipop::machines {

/// The files of a machine, all in its folder.
struct MachineFiles {
  std::string folder{};
  [[nodiscard]] std::string settings() const { return folder + "/machine.toml"; }
  [[nodiscard]] std::string disk() const { return folder + "/disk.qcow2"; }
  [[nodiscard]] std::string medium() const { return folder + "/medium.img"; }
  [[nodiscard]] std::string monitor() const { return folder + "/monitor"; }  ///< socket of QMP
  [[nodiscard]] std::string console() const { return folder + "/console"; }  ///< socket of its serial line
  [[nodiscard]] std::string screen() const { return folder + "/screen"; }    ///< socket of a VNC server
  [[nodiscard]] std::string log() const { return folder + "/console.log"; }  ///< all that it wrote to the serial line
  [[nodiscard]] std::string process() const { return folder + "/pid"; }
  /// All of them, in the order in which they may be removed: a machine without settings is none.
  [[nodiscard]] std::vector<std::string> all() const;
};

/// A socket's name has 107 octets at most (unix(7)). Error: too_large.
Result<void> check_folder(const MachineFiles& files);

/// The command that makes a new `disk` over the image, which stays as it is.
std::vector<std::string> disk_command(const VirtualMachine& machine, const std::string& disk);

/// The MAC of a machine on a bridge, made of its name: one machine keeps its own, and two differ.
std::string mac_of(std::string_view name);

/// The command that starts the machine in the background; `with` is kvm or tcg.
std::vector<std::string> qemu_command(const VirtualMachine& machine, const MachineFiles& files, Accelerator with);

}  // namespace ipop::machines
