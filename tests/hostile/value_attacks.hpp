#pragma once

#include <cstddef>

#include "hostile/attacks.hpp"

// Attacks on what members store in the ring.

namespace ipop::hostile {

AttackResult fill_replicas();
/// `promised`: the share of look-ups that succeed.
AttackResult lying_members(std::size_t honest, std::size_t lying, double promised);
AttackResult mangle();

}  // namespace ipop::hostile
