#pragma once

#include <optional>

#include "base/rng.hpp"
#include "group_files.hpp"
#include "token_maker.hpp"
#include "verbs.hpp"

// A closed group NAME and the open group NAME-enrol beside it, on whose network machines ask NAME's authority for their
// certificate.

namespace ipop::ga_group {

/// A port for a node: below those that Linux gives to outgoing connections (32768 and up), above the registered ones in
/// common use, so that it is free and a router's mapping to it stays right; the one after it is for an entrance.
std::uint16_t random_port(Rng& rng);

/// Makes authority, group and entrance, makes this machine the first member, starts all and prints the token. What an
/// interrupted call has made is taken up again.
cli::ExitStatus make_closed_group(const Context& context, const NewGroup& verb);

/// The way into a closed group on the machine of its authority.
struct Entrance {
  GroupFile file{};
  ClosedToken token{};
};
/// None: the group is open, or its entrance is on another machine.
std::optional<Entrance> entrance_of(const Context& context, const GroupFile& group);

/// Says how this machine gets its certificate by hand.
void suggest_certificate(const Context& context, const GroupFile& file);

}  // namespace ipop::ga_group
