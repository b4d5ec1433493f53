#include "machines/qemu_command.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "machines/bridge_rules.hpp"
#include "machines/monitor.hpp"

using namespace ipop;
using namespace ipop::machines;

namespace {

bool has(const std::vector<std::string>& command, std::string_view option, std::string_view value) {
  for (std::size_t i = 0; i + 1 < command.size(); ++i)
    if (command[i] == option && command[i + 1] == value) return true;
  return false;
}

VirtualMachine some_machine() {
  VirtualMachine machine;
  machine.name = "a";
  machine.image = "/i.qcow2";
  return machine;
}

}  // namespace

TEST_CASE("a comma in a path does not end QEMU's option") {
  auto machine = some_machine();
  machine.has_medium = true;
  const auto command = qemu_command(machine, {"/x,readonly=on/a"}, Accelerator::tcg);
  CHECK(has(command, "-drive", "file=/x,,readonly=on/a/disk.qcow2,if=virtio,format=qcow2"));
  CHECK(has(command, "-drive", "file=/x,,readonly=on/a/medium.img,if=virtio,format=raw,readonly=on"));
  CHECK(has(command, "-qmp", "unix:/x,,readonly=on/a/monitor,server=on,wait=off"));
}

TEST_CASE("without a medium there is one disk only") {
  const auto command = qemu_command(some_machine(), {"/d/a"}, Accelerator::kvm);
  CHECK(std::ranges::count(command, "-drive") == 1);
}

TEST_CASE("a machine that QEMU translates has no cmpxchg16b") {
  CHECK(has(qemu_command(some_machine(), {"/d/a"}, Accelerator::tcg), "-cpu", "max,-cx16"));
  CHECK(has(qemu_command(some_machine(), {"/d/a"}, Accelerator::kvm), "-cpu", "host"));
}

TEST_CASE("a machine has a watchdog that resets it when it hangs") {
  CHECK(has(qemu_command(some_machine(), {"/d/a"}, Accelerator::kvm), "-device", "i6300esb"));
}

TEST_CASE("a machine is behind QEMU's NAT, or a port of a bridge with a MAC made of its name") {
  auto machine = some_machine();
  CHECK(has(qemu_command(machine, {"/d/a"}, Accelerator::kvm), "-nic", "user,model=virtio-net-pci"));
  machine.bridge = "br0";
  CHECK(has(qemu_command(machine, {"/d/a"}, Accelerator::kvm), "-nic",
            "bridge,br=br0,model=virtio-net-pci,mac=" + mac_of("a")));
  CHECK(mac_of("a") == "52:54:00:0c:29:2c");  // FNV-1a of "a" is e40c292c
  CHECK(mac_of("b") != mac_of("a"));
}

TEST_CASE("QEMU's rules: a bridge is allowed by its name or with all, and what is denied stays so") {
  CHECK(!allows_bridge("", "br0"));
  CHECK(allows_bridge("# ours\nallow br0\n", "br0"));
  CHECK(!allows_bridge("allow br0\n", "br1"));
  CHECK(allows_bridge("allow all", "br0"));
  CHECK(!allows_bridge("allow all\ndeny br0\n", "br0"));
  CHECK(!allows_bridge("deny all\nallow br0\n", "br0"));
  CHECK(!allows_bridge("#allow br0\n", "br0"));
  CHECK(allows_bridge("include /etc/qemu/alice.conf\n", "br0"));
}

TEST_CASE("a new disk lies over the image, whose form is said") {
  auto machine = some_machine();
  machine.form = DiskForm::raw;
  CHECK(disk_command(machine, "/d/a/disk") == std::vector<std::string>{"qemu-img", "create", "-q", "-f", "qcow2", "-b",
                                                                       "/i.qcow2", "-F", "raw", "/d/a/disk"});
}

TEST_CASE("a folder whose sockets would have too long a name is refused") {
  CHECK(check_folder({"/" + std::string(98, 'a')}));
  CHECK(!check_folder({"/" + std::string(99, 'a')}));
}

TEST_CASE("settings are removed first, so that a machine without its disk is none") {
  CHECK(MachineFiles{"/d/a"}.all().front() == "/d/a/machine.toml");
}

TEST_CASE("the monitor says that a command was done, or why not; greetings and events say neither") {
  CHECK(monitor_line("quit") == R"({"execute":"quit"})");
  CHECK(parse_monitor_answer(R"({"return": {}})") == MonitorAnswer{true, {}});
  CHECK(parse_monitor_answer(R"({"error": {"class": "CommandNotFound", "desc": "The command \"x\" is unknown"}})") ==
        MonitorAnswer{false, "The command \"x\" is unknown"});
  CHECK(parse_monitor_answer(R"({"error": {}})") == MonitorAnswer{false, "QEMU refused"});
  CHECK(!parse_monitor_answer(R"({"QMP": {"version": {}}})"));
  CHECK(!parse_monitor_answer(R"({"timestamp": {"seconds": 1}, "event": "SHUTDOWN"})"));
  CHECK(!parse_monitor_answer(""));
}
