#pragma once

#include <optional>
#include <string>
#include <variant>

#include "desk/authority_desk.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

using desk::AuthorityDesk;
using desk::PassphraseSource;

/// Where the authority called `name` is kept: --dir when it is given.
std::string authority_directory(const Context& context, const std::string& name);

/// The option that chooses the same authority again, with a space before it, for a command to type; empty: it
/// needs none.
std::string same_authority(const Context& context);

/// Opens the authority that is meant: that of --dir, of --authority, `otherwise` when that is not empty
/// and there, or the only one of this machine. A failure has been reported: `no` (there is none), `usage`
/// (several), `permission`, `bad_config`.
std::variant<AuthorityDesk, cli::ExitStatus> open_desk(const Context& context, const std::string& otherwise = {});
/// The same, to change something: the ledger is compared with what the group remembers first, and `no` is reported when
/// it is behind, or a copy that went another way.
std::variant<AuthorityDesk, cli::ExitStatus> open_desk_to_change(const Context& context,
                                                                 const std::string& otherwise = {});
/// The same, and its key is read.
std::variant<AuthorityDesk, cli::ExitStatus> open_unlocked_desk(const Context& context,
                                                                const std::string& otherwise = {});

/// Whether an authority with a ledger is in the usual place.
bool has_authority_here();

/// The directory of an authority whose key is there and whose ledger is not; none: there is no such one, or several.
std::optional<std::string> lost_ledger(const Context& context);

/// Gives the passphrase of a key that is there, as the options say or from the terminal.
PassphraseSource passphrase_source(const Context& context, const std::string& prompt);
/// The passphrase for something new, asked for twice; none when the user gives an empty one on the
/// terminal. Errors: not_found (neither option nor terminal), conflict (typed differently), those of
/// reading.
Result<std::optional<std::string>> new_passphrase(const Context& context, const std::string& prompt);

/// Reports why new_passphrase gave none.
cli::ExitStatus report_passphrase(const Context& context, const Error& error);

/// Reports what a desk, a file or a node refused; the status that belongs to it.
cli::ExitStatus report(const Context& context, const Error& error);
/// Reports why a key can't be used.
cli::ExitStatus report_key(const Context& context, const Error& error);
/// Tells what the desk noted on the way.
void report_notes(const Context& context, AuthorityDesk& desk);

}  // namespace ipop::ga_cert
