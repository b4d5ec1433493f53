#pragma once

#include "options.hpp"

namespace ipop::ipop_dhcp {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

/// Ends on SIGTERM or SIGINT.
cli::ExitStatus carry_out(const Context& context, const Serve& verb);
/// `no` when there is no lease.
cli::ExitStatus carry_out(const Context& context, const ListLeases& verb);
/// `no` when nobody has it.
cli::ExitStatus carry_out(const Context& context, const ShowLease& verb);
cli::ExitStatus carry_out(const Context& context, const Reserve& verb);
cli::ExitStatus carry_out(const Context& context, const Release& verb);
/// All of it or, with `partly`, all but the leases that are named.
cli::ExitStatus carry_out(const Context& context, const Import& verb);
cli::ExitStatus carry_out(const Context& context, const Export& verb);
cli::ExitStatus carry_out(const Context& context, const Configure& verb);
/// `no` when nobody had it.
cli::ExitStatus carry_out(const Context& context, const History& verb);
/// Ends on SIGTERM or SIGINT, or when it is promoted.
cli::ExitStatus carry_out(const Context& context, const Follow& verb);
cli::ExitStatus carry_out(const Context& context, const Promote& verb);
cli::ExitStatus carry_out(const Context& context, const Check& verb);
/// `no` when the server refuses.
cli::ExitStatus carry_out(const Context& context, const AskServer& verb);

}  // namespace ipop::ipop_dhcp
