#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crypto/private_key.hpp"
#include "groups/group_config.hpp"
#include "leasebook/lease_book.hpp"
#include "verbs.hpp"

// The server's directory: the book, and the key that signs grants.

namespace ipop::ipop_dhcp {

/// One line about a failure, and its status: `permission`, `bad_config` (damaged, a newer program's), `no`.
cli::ExitStatus report(const Context& context, const Error& error);

/// The program with the options that say where its files are, as far as they were typed: what `next:` lines begin with.
std::string this_program(const Context& context);

/// The book. With `create` the directory (0700) and the book are made where there are none; a failure has been
/// reported, one of a book that is not there with what to do.
std::variant<leasebook::LeaseBook, cli::ExitStatus> open_book(const Context& context,
                                                              leasebook::Database::Access access);
/// The group that is meant: the one named, or the only one. A failure has been reported.
std::variant<leasebook::LeaseGroup, cli::ExitStatus> choose_group(const Context& context, leasebook::LeaseBook& book);

/// A status, and a failure that has been reported, where the book follows another server's: what is changed here would
/// be lost, or be in the way of what comes from there.
std::optional<cli::ExitStatus> refuse_follower(const Context& context, leasebook::LeaseBook& book);

/// The key of this server; made and kept (0600) while the book has no group. Errors: errno; malformed, also when it is
/// missing: what another key grants, no member believes; not_authorized.
Result<crypto::PrivateKey> load_server_key(const Context& context, leasebook::LeaseBook& book);

/// A group's file of this machine. Errors: errno; malformed, with file and line.
Result<groups::GroupConfig> load_group_file(const Context& context, const std::string& name);

}  // namespace ipop::ipop_dhcp
