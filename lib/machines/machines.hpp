#pragma once

// Virtual machines of this host, as values: what one is given, and the commands that make it, run it and end it.
// Nothing here starts a program or opens a file: tools/ga-appliance does.
//
//   virtual_machine.hpp  what a machine is given, as the file `machine.toml` keeps it
//   qemu_command.hpp     the programs' arguments
//   bridge_rules.hpp     whom QEMU lets onto a bridge of the host
//   monitor.hpp          what QEMU's monitor is told and answers (QMP)

#include "machines/bridge_rules.hpp"
#include "machines/monitor.hpp"
#include "machines/qemu_command.hpp"
#include "machines/virtual_machine.hpp"
