#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "io/foreign_locks.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace ipop::leasebook {

/// A prepared statement of SQLite. Bind all parameters in order, step through the rows, reset; run() does the
/// last two for statements without rows.
class Statement {
 public:
  Statement() = default;

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind(ByteSpan octets);

  /// True: there is a row; false: there is none (any more), and the statement is reset.
  Result<bool> step();
  Result<void> run();
  void reset();

  /// A statement that is used again must not stand in the midst of its rows: the database would stay as it was for
  /// its connection.
  class ResetAtEnd {
   public:
    explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
    ~ResetAtEnd() { statement_.reset(); }
    ResetAtEnd(const ResetAtEnd&) = delete;
    ResetAtEnd& operator=(const ResetAtEnd&) = delete;

   private:
    Statement& statement_;
  };

  /// Columns of the current row, from 0; another type reads as SQLite converts it.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Bytes octets(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

/// One database of SQLite in a file, in WAL mode with `synchronous=FULL`: what was committed survives the loss of
/// power, and readers do not wait for the writer.
///
/// The journal lies beside the file by its name, so all processes have to open it by the same one: with two journals it
/// would be damaged. So a file that is mounted alone, without what lies beside it, is refused, and one that a process
/// has open by another name (a hard link). One Database a file and process, since closing one ends the locks of the
/// other.
///
/// Errors of all functions: std::errc::no_space_on_device, read_only_file_system, permission_denied,
/// device_or_resource_busy (another process writes for longer than 5 s, or has the file by another name), not_supported
/// (it is mounted alone), io_error (damaged, or no database).
class Database {
 public:
  enum class Access { read, write, create };

  /// To read, a read-only disk will do.
  static Result<Database> open(const std::string& path, Access access);

  Result<Statement> prepare(std::string_view sql);
  /// Any number of statements without parameters and rows of interest.
  Result<void> execute(const char* sql);
  /// Puts what is in the journal into the file, and gives the journal's place on the disk back.
  Result<void> empty_journal();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  /// `name` is how SQLite finds the file.
  static Result<Database> open_as(const std::string& path, const std::string& name, int flags, const char* settings);
  /// Errors: device_or_resource_busy, when a process has the file by another name; not_supported, when it is mounted
  /// alone.
  Result<void> refuse_other_name();

  std::vector<io::ForeignLocks> watched_;  // outlives the connection: closing them ends its locks
  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
};

/// BEGIN IMMEDIATE at once, ROLLBACK at the end of its life unless commit() was called.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace ipop::leasebook
