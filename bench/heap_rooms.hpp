#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace ipop::bench {

/// Octets of the heap in use by the part of the node that asked for them: records, links, channels and so on.
///
/// A sample: of all that operator new gives one allocation in every 64 KiB is noted, with who asked for it, until it is
/// freed. So the sum of a hundred members is right to some percent, and it costs next to nothing. Only in a program
/// that is linked with heap_rooms.cpp, which has but one thread.
std::map<std::string, double> octets_by_room();

}  // namespace ipop::bench
