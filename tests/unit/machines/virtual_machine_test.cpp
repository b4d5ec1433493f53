#include "machines/virtual_machine.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::machines;

TEST_CASE("what a machine was given is read back as it was written") {
  VirtualMachine machine;
  machine.name = "worker-1";
  machine.image = "/srv/images, all/appliance.raw";
  machine.form = DiskForm::raw;
  machine.has_medium = true;
  machine.memory = 1024;
  machine.processors = 3;
  machine.accelerator = Accelerator::tcg;
  machine.bridge = "br-lab.1";
  const auto read = parse_machine(to_toml(machine), "machine.toml", "worker-1");
  REQUIRE(read);
  CHECK(*read == machine);
}

TEST_CASE("settings that are wrong are one line with file and line") {
  const auto message = [](std::string_view text) {
    const auto read = parse_machine(text, "m", "a");
    return read ? std::string() : read.error().message();
  };
  CHECK(message("").starts_with("m:1: "));
  CHECK(message("image = \"/a\"\nmemory_mib = 1\n").starts_with("m:2: "));
  CHECK(message("image = \"/a\"\nform = \"vdi\"\n") == "m:2: the form is qcow2 or raw");
  CHECK(message("image = \"/a\"\naccelerator = \"xen\"\n") == "m:2: the accelerator is auto, kvm or tcg");
  CHECK(message("image = \"a\"\n").starts_with("m:1: the image \"a\" is not an absolute path"));
  CHECK(
      message("image = \"/a\"\nbridge = \"br0,helper=/x\"\n").starts_with("m:2: the bridge \"br0,helper=/x\" is not"));
  CHECK(message("image = \"/a\"\ncolour = 1\n").starts_with("m:2: "));
}

TEST_CASE("a machine's name is that of a host and of a folder") {
  CHECK(check_machine_name("a"));
  CHECK(check_machine_name("worker-12"));
  for (const std::string_view wrong : {"", "-a", "a-", "A", "a.b", "a/b", "..", "a b", "a,b"})
    CHECK_MESSAGE(!check_machine_name(wrong), wrong);
  CHECK(check_machine_name(std::string(32, 'a')));
  CHECK(!check_machine_name(std::string(33, 'a')));
}

TEST_CASE("a bridge has the name of an interface, which ends no option and no path") {
  for (const std::string_view right : {"br0", "virbr-1_a.b"})
    CHECK_MESSAGE(check_bridge_name(right), right);
  for (const std::string_view wrong : {"", ".", "..", "-br", "a/b", "a,b", "a b", "0123456789abcdef"})
    CHECK_MESSAGE(!check_bridge_name(wrong), wrong);
}

TEST_CASE("a disk's form is in its first octets") {
  CHECK(form_of_disk("QFI\xfb") == DiskForm::qcow2);
  CHECK(form_of_disk(std::string(4, '\0')) == DiskForm::raw);
  CHECK(form_of_disk("QFI") == DiskForm::raw);
}
