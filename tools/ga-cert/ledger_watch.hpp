#pragma once

#include <string>

#include "group_memory.hpp"

namespace ipop::ga_cert {

/// Whether a server may go on with its ledger, as far as the nodes of this machine can say: compared with all that its
/// groups were heard to remember, and put anew before them after each decision.
class LedgerWatch {
 public:
  /// Both outlive it.
  LedgerWatch(const Context& context, AuthorityDesk& desk) : context_(context), desk_(desk) {}

  /// Asks and compares; blocks for a few seconds at most. A ledger that was put in the place of ours is read.
  void look();
  /// What is wrong with the ledger, as a sentence; empty: nothing that anybody here knows of.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// Before an answer: whether a decision must not be made on what the last look found.
  [[nodiscard]] bool is_due(TimePoint now) const;
  /// Until the next look, when nothing is decided meanwhile.
  [[nodiscard]] Duration pause() const;
  /// Whether the groups know all that the ledger has.
  [[nodiscard]] bool is_told() const { return told_ == desk_.book().count(); }

 private:
  /// Of the ledger in its place, with what is known.
  std::string compare();

  const Context& context_;
  AuthorityDesk& desk_;
  GroupMemory known_;  // the most that was ever heard
  std::string fault_;
  bool waits_for_member_ = false;  // others are members, and this machine's nodes reach none
  TimePoint looked_{};
  std::uint64_t told_ = 0;  // the ledger's count, as the groups know it
};

}  // namespace ipop::ga_cert
