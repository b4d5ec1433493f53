#include "machines/qemu_command.hpp"

#include <algorithm>
#include <cstdint>

namespace ipop::machines {
namespace {

constexpr std::string_view qemu_vendor = "52:54:00";
constexpr std::size_t longest_socket_name = 107;

/// A text in an option of QEMU's, where a comma ends a value and two stand for one.
std::string in_option(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == ',') out += ',';
  }
  return out;
}

std::string drive(const std::string& file, std::string_view rest) {
  return "file=" + in_option(file) + ",if=virtio," + std::string(rest);
}

}  // namespace

std::vector<std::string> MachineFiles::all() const {
  return {settings(), disk(), medium(), monitor(), console(), screen(), log(), process()};
}

Result<void> check_folder(const MachineFiles& files) {
  const std::size_t longest = std::max({files.monitor().size(), files.console().size(), files.screen().size()});
  if (longest <= longest_socket_name) return {};
  return {Errc::too_large, files.folder + " is too long a name for a folder with sockets; give a shorter --dir"};
}

std::vector<std::string> disk_command(const VirtualMachine& machine, const std::string& disk) {
  return {"qemu-img", "create", "-q", "-f", "qcow2", "-b", machine.image, "-F", std::string(to_string(machine.form)),
          disk};
}

std::string mac_of(std::string_view name) {
  std::uint32_t hash = 2'166'136'261U;  // FNV-1a
  for (const char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(qemu_vendor);
  for (int shift = 20; shift >= 0; shift -= 4) {
    if (shift % 8 == 4) out += ':';
    out += digits[(hash >> static_cast<unsigned>(shift)) % 16];
  }
  return out;
}

std::vector<std::string> qemu_command(const VirtualMachine& machine, const MachineFiles& files, Accelerator with) {
  std::vector<std::string> out{"qemu-system-x86_64", "-name", machine.name, "-nodefaults"};
  const auto add = [&out](const std::string& option, std::string value) {
    out.push_back(option);
    out.push_back(std::move(value));
  };
  if (with == Accelerator::kvm) {
    add("-accel", "kvm");
    add("-cpu", "host");
  } else {
    add("-accel", "tcg,thread=multi");
    // QEMU 7.2 translates cmpxchg16b wrongly, and Linux stops there.
    add("-cpu", "max,-cx16");
  }
  add("-smp", std::to_string(machine.processors));
  add("-m", std::to_string(machine.memory));
  add("-drive", drive(files.disk(), "format=qcow2"));
  if (machine.has_medium) add("-drive", drive(files.medium(), "format=raw,readonly=on"));
  if (machine.bridge.empty())
    add("-nic", "user,model=virtio-net-pci");
  else
    add("-nic", "bridge,br=" + machine.bridge + ",model=virtio-net-pci,mac=" + mac_of(machine.name));
  add("-device", "virtio-rng-pci");
  // Resets a machine that hangs.
  add("-device", "i6300esb");
  add("-vga", "std");
  add("-display", "vnc=unix:" + in_option(files.screen()));
  add("-chardev",
      "socket,id=console,server=on,wait=off,path=" + in_option(files.console()) + ",logfile=" + in_option(files.log()));
  add("-serial", "chardev:console");
  add("-qmp", "unix:" + in_option(files.monitor()) + ",server=on,wait=off");
  add("-pidfile", files.process());
  out.emplace_back("-daemonize");
  return out;
}

}  // namespace ipop::machines
