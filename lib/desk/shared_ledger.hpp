#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authority/authority_book.hpp"
#include "authority/authority_ledger.hpp"
#include "authority/ledger_mark.hpp"
#include "base/group_files.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "io/journal.hpp"

namespace ipop::desk {

/// An authority's ledger on the disk, and the book that its entries make.
///
/// Several processes write it, each in its turn: a Turn reads what others wrote and keeps them out while it lives. An
/// entry is on the disk before the book has it. After a line that can't be taken in there is no turn any more.
class SharedLedger {
 public:
  /// Begins a ledger, with the entry that made the authority. Errors: errno (there is a file already, ...).
  static Result<void> begin(const AuthorityFiles& files, const authority::LedgerEntry& made);
  /// Nothing is read before the first turn. Errors: errno.
  static Result<SharedLedger> open(const AuthorityFiles& files);

  class Turn {
   public:
    explicit Turn(SharedLedger& ledger) : journal_(ledger.journal_), taken_(ledger.take_turn()) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { journal_.unlock(); }
    /// False: the ledger could not be locked or read; error() says why.
    explicit operator bool() const { return taken_.has_value(); }
    [[nodiscard]] const Error& error() const { return taken_.error(); }

   private:
    io::Journal& journal_;
    Result<void> taken_;
  };

  /// Adds an entry; only in a turn. Errors: malformed (it contradicts the book; nothing is written), errno.
  Result<void> record(authority::LedgerEvent event, WallTime now);
  /// All that was read and recorded.
  [[nodiscard]] const authority::AuthorityBook& book() const { return book_; }
  /// How far the ledger has come.
  [[nodiscard]] authority::LedgerMark mark(WallTime now) const { return {book_.count(), link_, now}; }
  /// Whether it is the ledger that a group remembers. Error: conflict, it is behind, or went another way.
  [[nodiscard]] Result<void> compare(const authority::LedgerMark& remembered) const;
  /// Whether another file was put in its place.
  [[nodiscard]] bool is_replaced() const { return journal_.is_replaced(); }
  /// What a person should know of a line that was never finished; empty after the call.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 private:
  SharedLedger(AuthorityFiles files, io::Journal journal) : files_(std::move(files)), journal_(std::move(journal)) {}
  Result<void> take_turn();
  Result<void> take_in(const io::Journal::Found& found);
  void put_aside(const std::string& torn);

  AuthorityFiles files_;
  io::Journal journal_;
  authority::AuthorityBook book_;
  authority::LedgerLink link_{};
  std::vector<std::pair<std::uint64_t, authority::LedgerLink>> links_;  // of each entry, by its count
  std::size_t line_ = 0;
  std::optional<Error> damage_;
  std::vector<std::string> notes_;
};

}  // namespace ipop::desk
