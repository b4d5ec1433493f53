#include "machines/virtual_machine.hpp"

#include <algorithm>
#include <array>

#include "settings/toml_reader.hpp"
#include "settings/wording.hpp"

namespace ipop::machines {
namespace {

using settings::in_quotes;
using settings::malformed;

constexpr std::size_t longest_name = 32;
constexpr std::size_t longest_interface = 15;  // IFNAMSIZ, without the zero at the end
constexpr std::size_t longest_path = 4096;     // PATH_MAX
constexpr std::array<std::string_view, 7> machine_keys{"image",      "form",        "medium", "memory_mib",
                                                       "processors", "accelerator", "bridge"};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string_view to_string(Accelerator accelerator) {
  switch (accelerator) {
    case Accelerator::automatic: return "auto";
    case Accelerator::kvm: return "kvm";
    case Accelerator::tcg: return "tcg";
  }
  return {};
}

Result<Accelerator> parse_accelerator(std::string_view word) {
  for (const Accelerator accelerator : {Accelerator::automatic, Accelerator::kvm, Accelerator::tcg})
    if (word == to_string(accelerator)) return accelerator;
  return malformed("the accelerator is auto, kvm or tcg");
}

DiskForm form_of_disk(std::string_view beginning) {
  // QEMU's docs/interop/qcow2: the first four octets.
  return beginning.starts_with("QFI\xfb") ? DiskForm::qcow2 : DiskForm::raw;
}

std::string_view to_string(DiskForm form) {
  return form == DiskForm::qcow2 ? "qcow2" : "raw";
}

Result<void> check_machine_name(std::string_view name) {
  const bool right = !name.empty() && name.size() <= longest_name && is_letter_or_digit(name.front()) &&
                     is_letter_or_digit(name.back()) &&
                     std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
  if (right) return {};
  return malformed("the name " + in_quotes(name.substr(0, 64)) +
                   " is not 1 to 32 of a-z, 0-9 and -, with a letter or digit at both ends");
}

Result<void> check_bridge_name(std::string_view name) {
  const auto right = [](char c) {
    return is_letter_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= longest_interface && name.front() != '.' && name.front() != '-' &&
      std::all_of(name.begin(), name.end(), right))
    return {};
  return malformed("the bridge " + in_quotes(name.substr(0, 64)) + " is not 1 to 15 of letters, digits and . _ -");
}

Result<void> check_image_path(std::string_view path) {
  const bool right = path.starts_with('/') && path.size() <= longest_path &&
                     std::all_of(path.begin(), path.end(), [](char c) { return c >= ' ' && c <= '~'; }) &&
                     path.find_first_of("\"\\?") == std::string_view::npos;
  if (right) return {};
  return malformed("the image " + in_quotes(path.substr(0, 200)) +
                   " is not an absolute path of printable ASCII without \", \\ and ?");
}

std::string to_toml(const VirtualMachine& machine) {
  return "image = " + in_quotes(machine.image) + "\nform = " + in_quotes(to_string(machine.form)) +
         "\nmedium = " + (machine.has_medium ? "true" : "false") + "\nmemory_mib = " + std::to_string(machine.memory) +
         "\nprocessors = " + std::to_string(machine.processors) +
         "\naccelerator = " + in_quotes(to_string(machine.accelerator)) + "\n" +
         (machine.bridge.empty() ? "" : "bridge = " + in_quotes(machine.bridge) + "\n");
}

Result<VirtualMachine> parse_machine(std::string_view text, std::string_view file, std::string name) {
  VirtualMachine out;
  out.name = std::move(name);
  settings::TomlReader reader(text, file, machine_keys);
  reader.require("image", "image = \"/srv/appliance.qcow2\"");
  reader.text("image", "image = \"/srv/appliance.qcow2\"", [&](std::string_view value) -> Result<void> {
    out.image = value;
    return check_image_path(value);
  });
  reader.text("form", "form = \"qcow2\"", [&](std::string_view value) -> Result<void> {
    if (value != "qcow2" && value != "raw") return malformed("the form is qcow2 or raw");
    out.form = value == "raw" ? DiskForm::raw : DiskForm::qcow2;
    return {};
  });
  reader.flag("medium", out.has_medium);
  out.memory = static_cast<int>(reader.number("memory_mib", least_memory, most_memory, 512).value_or(out.memory));
  out.processors = static_cast<int>(reader.number("processors", 1, most_processors, 1).value_or(out.processors));
  reader.text("accelerator", "accelerator = \"auto\"",
              [&](std::string_view value) { return settings::take(parse_accelerator(value), out.accelerator); });
  reader.text("bridge", "bridge = \"br0\"", [&](std::string_view value) {
    out.bridge = value;
    return check_bridge_name(value);
  });
  if (reader.failed()) return *reader.failed();
  return out;
}

}  // namespace ipop::machines
