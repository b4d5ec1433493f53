#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ipop::machines {

enum class Accelerator {
  automatic,  ///< KVM where it works, else TCG
  kvm,
  tcg,  ///< QEMU's own translation: works everywhere, many times slower
};
std::string_view to_string(Accelerator accelerator);
Result<Accelerator> parse_accelerator(std::string_view word);

enum class DiskForm { raw, qcow2 };
/// From the first octets of a disk image.
DiskForm form_of_disk(std::string_view beginning);
std::string_view to_string(DiskForm form);

constexpr int least_memory = 256;  ///< MiB
constexpr int most_memory = 1 << 20;
constexpr int most_processors = 255;

/// What a machine was given when it was made (the file `machine.toml`).
struct VirtualMachine {
  std::string name{};
  std::string image{};  ///< path of the disk image that its own disk lies over
  DiskForm form = DiskForm::qcow2;
  bool has_medium = false;
  int memory = 512;  ///< MiB
  int processors = 1;
  Accelerator accelerator = Accelerator::automatic;
  std::string bridge{};  ///< of the host, which its interface is a port of; empty: behind QEMU's NAT
  friend bool operator==(const VirtualMachine&, const VirtualMachine&) = default;
};

/// 1 to 32 of a-z 0-9 -, with a letter or digit at both ends: a folder's name and a host's. Error: malformed.
Result<void> check_machine_name(std::string_view name);
/// The name of a network interface: 1 to 15 of letters, digits and . _ -. Error: malformed.
Result<void> check_bridge_name(std::string_view name);
/// A path that a file of settings, and an option of QEMU's, holds as it is. Error: malformed.
Result<void> check_image_path(std::string_view path);

/// Both ways as `machine.toml`; the name is that of the folder. Errors (malformed) are one line with file and line.
std::string to_toml(const VirtualMachine& machine);
Result<VirtualMachine> parse_machine(std::string_view text, std::string_view file, std::string name);

}  // namespace ipop::machines
