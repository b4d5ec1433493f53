#pragma once

// Hosts that run bootstrap nodes, as values: how they are named, what is run on them over ssh, what they answer, and
// what an installation or upgrade has to change there. Nothing here starts a program or opens a file:
// tools/ga-simplenode does.
//
//   host.hpp         a host as ssh(1) takes it, and a file of them
//   ssh_command.hpp  the arguments of ssh, and what its failures mean
//   report.hpp       what a host says about itself
//   package_file.hpp  Debian packages by their names, and dpkg's order of versions
//   host_plan.hpp    what is changed on a host
//   install_plan.hpp  what it lacks to have a group's node
//   upgrade_plan.hpp  how it gets another version
//   rota.hpp         how many hosts are worked on at a time, and whose turn it is

#include "fleet/host.hpp"
#include "fleet/install_plan.hpp"
#include "fleet/package_file.hpp"
#include "fleet/report.hpp"
#include "fleet/rota.hpp"
#include "fleet/ssh_command.hpp"
#include "fleet/upgrade_plan.hpp"
