#include "daemon/state_directory.hpp"

#include <iterator>
#include <utility>

#include "control/saved_history.hpp"
#include "io/file.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_key = 16'384;
constexpr std::size_t max_state = 65'536;
constexpr std::size_t max_certificate = 65'536;
constexpr std::size_t max_revocations = std::size_t{8} << 20U;
constexpr std::size_t max_history = std::size_t{1} << 20U;

// A node that was told to end takes its leave of others first; who types stop and start behind one another, or restarts
// a service, starts the next one meanwhile.
constexpr Duration ending_node = 5s;

bool is_missing(const Error& error) {
  return error.code == std::errc::no_such_file_or_directory || error.code == std::errc::not_a_directory;
}

/// A pipe in the place of a file would stop the node until somebody writes to it.
Result<std::string> read_kept(const std::string& path, std::size_t limit) {
  if (auto place = io::check_place(path); !place) return place.error();
  return io::read_file(path, limit);
}

}  // namespace

Result<StateDirectory> StateDirectory::open(const std::string& path) {
  StateDirectory out(path);
  auto made = io::make_directories(path, 0700);
  if (made) {
    auto lock = io::DirectoryLock::take(path, ending_node);
    if (lock) {
      out.lock_ = *std::move(lock);
      return out;
    }
    if (lock.error().code == std::errc::device_or_resource_busy) return std::move(lock).error();
    made = std::move(lock).error();
  }
  out.note_failure(made.error(), "key, address and peers are lost at the next start");
  return out;
}

Result<std::optional<crypto::PrivateKey>> StateDirectory::find_key() const {
  const std::string file = NodeFiles(path_).key();
  const auto pem = io::read_secret_file(file, max_key);
  if (!pem && is_missing(pem.error())) return std::optional<crypto::PrivateKey>();
  if (!pem) return pem.error();
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (!key) return std::move(key).error().in(file + ": damaged (restore it, or move it away to start as a new node)");
  return std::optional(*std::move(key));
}

Result<crypto::PrivateKey> StateDirectory::load_key() {
  auto found = find_key();
  if (!found) return std::move(found).error();
  if (*found) return **std::move(found);
  auto key = crypto::PrivateKey::generate();
  if (!key) return std::move(key).error().in("making a key");
  // Without the directory for itself it could write over the key that another program makes there meanwhile.
  if (lock_) keep(NodeFiles(path_).key(), key->to_pem(), "the node is another one after a restart");
  return key;
}

control::SavedState StateDirectory::load_state() {
  const std::string file = NodeFiles(path_).state();
  const auto text = read_kept(file, max_state);
  if (!text && is_missing(text.error())) return {};
  auto state = text ? control::parse_saved_state(*text) : Result<control::SavedState>(text.error());
  if (state) {
    kept_ = *state;
    return *std::move(state);
  }
  const std::string aside = file + ".damaged";
  const bool moved = io::rename_file(file, aside).has_value();
  log_.push_back({LogLevel::warning,
                  "state file is damaged; starting without it",
                  {{"file", moved ? aside : file}, {"reason", state.error().message()}}});
  return {};
}

void StateDirectory::save(const control::SavedState& state) {
  if (kept_ == state) return write_due();
  kept_ = state;
  keep(NodeFiles(path_).state(), to_text(state), "address and peers are not remembered");
}

std::vector<node::GoneRow> StateDirectory::load_history() const {
  const auto text = read_kept(NodeFiles(path_).history(), max_history);
  auto members = text ? control::parse_history(*text) : Result<std::vector<node::GoneRow>>(text.error());
  return members ? *std::move(members) : std::vector<node::GoneRow>{};
}

void StateDirectory::save_history(const std::vector<node::GoneRow>& members) {
  keep(NodeFiles(path_).history(), control::history_text(members), "who was a member is forgotten at the next start");
}

Result<std::optional<std::string>> StateDirectory::load_certificate() const {
  auto text = read_kept(certificate_file(), max_certificate);
  if (text) return std::optional(*std::move(text));
  if (is_missing(text.error())) return std::optional<std::string>();
  return std::move(text).error();
}

std::optional<Bytes> StateDirectory::load_revocations() const {
  const auto text = read_kept(NodeFiles(path_).revocations(), max_revocations);
  if (!text || text->empty()) return std::nullopt;
  return to_bytes(as_bytes(*text));
}

void StateDirectory::save_revocations(ByteSpan list) {
  keep(NodeFiles(path_).revocations(), std::string(as_text(list)),
       "the revocation list is learnt again after a restart");
}

void StateDirectory::note_bad_revocations(const Error& error) {
  log_.push_back({LogLevel::warning,
                  "the kept revocation list does not count; peers have it",
                  {{"file", NodeFiles(path_).revocations()}, {"reason", error.message()}}});
}

std::vector<LogLine> StateDirectory::take_log() {
  return std::exchange(log_, {});
}

void StateDirectory::keep(const std::string& file, std::string text, std::string_view consequence) {
  due_.insert_or_assign(file, Due{std::move(text), consequence});
  write_due();
}

void StateDirectory::write_due() {
  if (due_.empty()) return;
  for (auto it = due_.begin(); it != due_.end();) {
    auto written = io::write_file_atomically(it->first, it->second.text, 0600);
    if (!written) note_failure(written.error(), it->second.consequence);
    it = written ? due_.erase(it) : std::next(it);
  }
  if (due_.empty() && std::exchange(failing_, false))
    log_.push_back({LogLevel::info, "state directory can be written again", {{"directory", path_}}});
}

void StateDirectory::note_failure(const Error& error, std::string_view consequence) {
  if (std::exchange(failing_, true)) return;
  log_.push_back({LogLevel::warning,
                  "state directory can't be written; running on",
                  {{"directory", path_}, {"reason", error.message()}, {"consequence", std::string(consequence)}}});
}

}  // namespace ipop::daemon
