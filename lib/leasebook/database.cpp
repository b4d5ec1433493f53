#include "leasebook/database.hpp"

#include <cerrno>
#include <cstdio>
#include <sqlite3.h>

namespace ipop::leasebook {
namespace {

// A command of the administrator holds the database for milliseconds; an import of a million leases for seconds.
constexpr int busy_milliseconds = 5000;

Error database_error(sqlite3* database, const std::string& path) {
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database);
  std::errc what = std::errc::io_error;
  switch (code & 0xff) {
    case SQLITE_FULL: what = std::errc::no_space_on_device; break;
    case SQLITE_READONLY: what = std::errc::read_only_file_system; break;
    case SQLITE_PERM:
    case SQLITE_AUTH: what = std::errc::permission_denied; break;
    case SQLITE_CANTOPEN: what = std::errc::no_such_file_or_directory; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: what = std::errc::device_or_resource_busy; break;
    case SQLITE_NOMEM: what = std::errc::not_enough_memory; break;
    default: break;
  }
  const char* words = database == nullptr ? "no memory" : sqlite3_errmsg(database);
  return Error{std::make_error_code(what), path + ": " + words};
}

std::string path_of(sqlite3_stmt* statement) {
  const char* name = sqlite3_db_filename(sqlite3_db_handle(statement), "main");
  return name == nullptr ? std::string("database") : std::string(name);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  (void)sqlite3_finalize(statement);
}

Statement& Statement::bind(std::int64_t value) {
  (void)sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  (void)sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(ByteSpan octets) {
  (void)sqlite3_bind_blob(statement_.get(), ++bound_, octets.data(), static_cast<int>(octets.size()), SQLITE_TRANSIENT);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = database_error(sqlite3_db_handle(statement_.get()), path_of(statement_.get()));
  reset();
  return error;
}

Result<void> Statement::run() {
  const auto row = step();
  reset();
  if (!row) return row.error();
  return {};
}

void Statement::reset() {
  (void)sqlite3_reset(statement_.get());
  (void)sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

Bytes Statement::octets(int column) const {
  const auto* octets = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  if (octets == nullptr) return {};
  return {octets, octets + sqlite3_column_bytes(statement_.get(), column)};
}

void Database::Close::operator()(sqlite3* database) const {
  (void)sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::string& path, Access access) {
  Database out;
  out.path_ = path;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  out.database_.reset(opened);
  if (code != SQLITE_OK) return database_error(opened, path);
  (void)sqlite3_busy_timeout(opened, busy_milliseconds);
  // What a file says of itself runs no code here, and is looked at before it is believed.
  (void)sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  (void)sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // 8 MiB of pages; the service has 32 MiB in all.
  const char* settings = access == Access::read
                             ? "PRAGMA query_only=ON; PRAGMA cell_size_check=ON; PRAGMA cache_size=-8192"
                             : "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                               "PRAGMA cell_size_check=ON; PRAGMA cache_size=-8192";
  if (auto set = out.execute(settings); !set) {
    // SQLite opens what it can't write for reading, and then misses the file of its journal.
    if (access != Access::read) {
      const std::unique_ptr<std::FILE, int (*)(std::FILE*)> writable(std::fopen(path.c_str(), "r+b"), std::fclose);
      if (!writable) return make_error(std::error_code(errno, std::generic_category()), path);
    }
    return std::move(set).error();
  }
  return out;
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement out;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK)
    return database_error(database_.get(), path_);
  out.statement_.reset(statement);
  return out;
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return database_error(database_.get(), path_);
  return {};
}

Result<std::int64_t> Database::data_version() {
  auto statement = prepare("PRAGMA data_version");
  if (!statement) return std::move(statement).error();
  const auto row = statement->step();
  if (!row) return row.error();
  return statement->integer(0);
}

Result<Transaction> Transaction::begin(Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return std::move(begun).error();
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto committed = database_->execute("COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

}  // namespace ipop::leasebook
