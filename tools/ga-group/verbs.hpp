#pragma once

// One function a verb; each gives the exit status, and ends a failure with the next command to type.

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_group {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

/// Writes the group's file, starts its node where systemd runs, and prints a token.
cli::ExitStatus carry_out(const Context& context, const NewGroup& verb);
/// Makes authority and closed group of an open one, which stays as the way in, and prints its token.
cli::ExitStatus carry_out(const Context& context, const CloseGroup& verb);
/// Stops the group's node and puts its file aside; with `back` its node goes on in the open group.
cli::ExitStatus carry_out(const Context& context, const LeaveGroup& verb);
/// Writes the file that the token holds, starts the node where systemd runs, and waits for an address.
cli::ExitStatus carry_out(const Context& context, const JoinGroup& verb);
/// Prints a token with the endpoints that the node knows at this time.
cli::ExitStatus carry_out(const Context& context, const MakeToken& verb);
/// Writes into the group's file who gives out its addresses, and says how the members learn it.
cli::ExitStatus carry_out(const Context& context, const SetAddresses& verb);
/// `bad_config` when a file is wrong, after all are listed.
cli::ExitStatus carry_out(const Context& context, const ListGroups& verb);
cli::ExitStatus carry_out(const Context& context, const ShowGroup& verb);
/// Makes a new namespace, hands it to the chosen members of a closed group (in an open one: prints a
/// token), and moves this machine's node.
cli::ExitStatus carry_out(const Context& context, const RotateGroup& verb);
/// Moves this machine's node by what the group's authority handed over.
cli::ExitStatus carry_out(const Context& context, const AcceptHandover& verb);
/// `bad_config` when the file is wrong.
cli::ExitStatus carry_out(const Context& context, const CheckGroup& verb);
/// Prints what makes a started image a member, or writes it into a FAT image.
cli::ExitStatus carry_out(const Context& context, const MakeMedium& verb);
/// Configures this machine by the medium that was found, and joins. `bad_config`: a medium is wrong; nothing is
/// changed.
cli::ExitStatus carry_out(const Context& context, const AdoptMedium& verb);

}  // namespace ipop::ga_group
