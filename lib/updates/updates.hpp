#pragma once

// How a machine gets to a new state and, when that is not content, back to the old one: as values. Nothing here reads a
// file, asks HTCondor or restarts a machine: tools/ga-update does, and the boot disk counts its boots.
//
//   journal.hpp     the update that is under way, as the text that tool and boot disk hand each other
//   history.hpp     those that have ended
//   successor.hpp   whether a release may follow the one in use, or newer packages those in use
//   package_plan.hpp    what apt would upgrade, as a text that stands for it
//   debian_version.hpp  which version is newer
//   repositories.hpp    where apt may have packages from
//   trial_watch.hpp when the new state is content, and when it is given up
//   waves.hpp       whose turn it is, so that a pool never loses more than a share
//   departure.hpp   when this machine goes

#include "updates/debian_version.hpp"
#include "updates/departure.hpp"
#include "updates/history.hpp"
#include "updates/journal.hpp"
#include "updates/package_plan.hpp"
#include "updates/repositories.hpp"
#include "updates/successor.hpp"
#include "updates/trial_watch.hpp"
#include "updates/waves.hpp"
