#include "leasebook/database.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sqlite3.h>
#include <thread>

#include "io/mount_point.hpp"

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
  // What lies beside the database, its shared memory above all, has codes of its own for each step that fails.
  const int reason = database == nullptr ? 0 : sqlite3_system_errno(database);
  if (what == std::errc::io_error && (reason == ENOSPC || reason == EDQUOT)) what = std::errc::no_space_on_device;
  if (what == std::errc::io_error && reason == EROFS) what = std::errc::read_only_file_system;
  const char* words = database == nullptr ? "no memory" : sqlite3_errmsg(database);
  return Error{std::make_error_code(what), path + ": " + words};
}

// 8 MiB of pages; the service has 32 MiB in all. The first page is read, so that what can't be read is known at once.
constexpr const char* reading =
    "PRAGMA query_only=ON; PRAGMA cell_size_check=ON; PRAGMA cache_size=-8192; SELECT 1 FROM sqlite_schema LIMIT 1";
constexpr const char* writing =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; "
    "PRAGMA cache_size=-8192";
// While it is put into the file nobody is answered; a page that many leases change is written once for all of them.
constexpr std::uintmax_t longest_journal = std::uintmax_t{4} << 20U;
constexpr std::uintmax_t shortest_journal = std::uintmax_t{256} << 10U;
constexpr std::uintmax_t page_size = 4096;

/// Where SQLite looks for what lies beside a file: where a symbolic link leads to.
std::string real_path(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

/// The journal is emptied before it has filled the disk: then the file, which has to grow first, could not take it.
/// An import of a million leases leaves no journal of its size behind.
std::string journal_settings(const std::string& path) {
  std::error_code error;
  const auto room = std::filesystem::space(std::filesystem::path(real_path(path)).parent_path(), error).available;
  const std::uintmax_t size = error ? longest_journal : std::clamp(room / 4, shortest_journal, longest_journal);
  return "PRAGMA wal_autocheckpoint=" + std::to_string(size / page_size) +
         "; PRAGMA journal_size_limit=" + std::to_string(size);
}

std::uintmax_t journal_size(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(real_path(path) + "-wal", error);
  return error ? 0 : size;
}

// Who reads or writes a database in WAL mode holds the first on the file as long as it is open, and the second on the
// shared memory beside it (SQLite's os_unix.c: SHARED_FIRST and SHARED_SIZE, UNIX_SHM_DMS).
struct LockedOctets {
  long start;
  long length;
};
constexpr LockedOctets of_connections{0x40000002, 510};
constexpr LockedOctets of_shared_memory{128, 1};
// A process that opens or closes the file has for a moment the one without the other.
constexpr int looks = 50;
constexpr std::chrono::milliseconds between_looks{20};

/// A path as it stands in a URI (RFC 3986, 2.1): SQLite reads ?, # and % there.
std::string uri_path(const std::string& path) {
  std::string out;
  for (const char c : path)
    out += c == '?' ? "%3f" : c == '#' ? "%23" : c == '%' ? "%25" : std::string(1, c);
  return out;
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
  int flags = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::create) flags |= SQLITE_OPEN_CREATE;
  auto opened = open_as(path, path, flags, access == Access::read ? reading : writing);
  // SQLite opens what it can't write for reading, and says nothing where it finds all files.
  if (opened && access != Access::read && sqlite3_db_readonly(opened->database_.get(), "main") == 1)
    opened = make_error(std::make_error_code(std::errc::read_only_file_system), path);
  if (opened && access != Access::read)
    if (auto set = opened->execute(journal_settings(path).c_str()); !set) return std::move(set).error();
  if (opened) return opened;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> writable(std::fopen(path.c_str(), "r+b"), std::fclose);
  if (writable) return opened;
  const int reason = errno;
  if (access != Access::read) return make_error(std::error_code(reason, std::generic_category()), path);
  // Nobody writes on a disk that is read-only, so the file alone is all there is; but for a journal, which has what
  // was committed last.
  if (reason != EROFS || journal_size(path) > 0) return opened;
  return open_as(path, "file:" + uri_path(path) + "?immutable=1", flags | SQLITE_OPEN_URI, reading);
}

Result<void> Database::refuse_other_name() {
  if (io::is_mount_point(real_path(path_)))
    return make_error(std::make_error_code(std::errc::not_supported),
                      path_ + ": only this file is mounted here, without the journal beside it; mount its folder");
  auto file = io::ForeignLocks::open(path_);
  if (!file) return {};  // SQLite says why
  watched_.push_back(*std::move(file));
  const std::size_t book = watched_.size() - 1;
  for (int look = 0; look < looks; ++look) {
    if (look > 0) std::this_thread::sleep_for(between_looks);
    const auto is_open = watched_[book].any(of_connections.start, of_connections.length);
    if (!is_open) return is_open.error();
    if (!*is_open) return {};
    auto beside = io::ForeignLocks::open(real_path(path_) + "-shm");
    if (!beside) continue;
    const auto is_by_this_name = beside->any(of_shared_memory.start, of_shared_memory.length);
    watched_.push_back(*std::move(beside));
    if (!is_by_this_name) return is_by_this_name.error();
    if (*is_by_this_name) return {};
  }
  return make_error(std::make_error_code(std::errc::device_or_resource_busy),
                    path_ + ": another process has this file open by another name; use the name that it uses");
}

Result<Database> Database::open_as(const std::string& path, const std::string& name, int flags, const char* settings) {
  Database out;
  out.path_ = path;
  if (auto alone = out.refuse_other_name(); !alone) return std::move(alone).error();
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  out.database_.reset(opened);
  if (code != SQLITE_OK) return database_error(opened, path);
  (void)sqlite3_busy_timeout(opened, busy_milliseconds);
  // What a file says of itself runs no code here, and is looked at before it is believed.
  (void)sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  (void)sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (auto set = out.execute(settings); !set) return std::move(set).error();
  // Two that open it at one moment by two names see each other only here.
  if (auto alone = out.refuse_other_name(); !alone) return std::move(alone).error();
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

Result<void> Database::empty_journal() {
  return execute("PRAGMA wal_checkpoint(TRUNCATE)");
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
