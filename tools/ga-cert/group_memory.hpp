#pragma once

#include <optional>

#include "authority/ledger_mark.hpp"
#include "crypto/revocation_list.hpp"
#include "desk_choice.hpp"

namespace ipop::ga_cert {

/// What the groups of an authority on this machine know of it: in their hash tables, and in their nodes' revocation
/// lists.
struct GroupMemory {
  bool was_asked = false;  ///< a node answered
  bool was_alone = true;   ///< none of them had a link: what it answered is what it knows itself
  std::optional<authority::LedgerMark> mark{};
  std::optional<crypto::RevocationList> list{};
};
/// Asks the nodes that run here, for a few seconds; who does not answer says nothing.
GroupMemory recall(const Context& context, const crypto::Certificate& authority);

/// Whether nodes answered, and nobody was there whom they could ask, though others are members.
bool is_unheard(const AuthorityDesk& desk, const GroupMemory& memory);
/// Whether the ledger is the one that the groups know. What is wrong, as a sentence; none: nothing, or nobody to ask.
std::optional<std::string> find_ledger_fault(const AuthorityDesk& desk, const GroupMemory& memory);
/// Asks, compares, and reports what is wrong: `no`, with the way out. That nobody could be asked is said.
cli::ExitStatus check_ledger(const Context& context, const AuthorityDesk& desk);
/// Prints the way out of a ledger that is not the one that the group knows.
void suggest_way_out(const Context& context);

/// Has the groups remember how far the ledger has come. Whether one of them does; nothing is lost when none does, since
/// the next decision tells of this one.
bool remember_ledger(const Context& context, AuthorityDesk& desk);

}  // namespace ipop::ga_cert
