#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/group_files.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "control/saved_state.hpp"
#include "crypto/private_key.hpp"
#include "io/directory_lock.hpp"
#include "node/command.hpp"

namespace ipop::daemon {

/// Where a node keeps its key (`key.pem`, 0600) and what it remembers (`state.json`); in a closed group
/// also its certificate (`certificate.pem`) and the revocation list of the last time.
///
/// A directory that can't be written (full disk, read-only file system) does not stop the node: it
/// runs on what it has and says so once, until writing works again. What could not be written, of any of
/// these, is tried again with each call that saves something.
class StateDirectory {
 public:
  /// Makes the directory (0700) when it is missing. Error: std::errc::device_or_resource_busy when
  /// another node uses it: two with one key would shut each other out.
  static Result<StateDirectory> open(const std::string& path);

  /// To look into: it is neither made nor taken, and nothing is to be saved there.
  static StateDirectory look(const std::string& path) { return StateDirectory(path); }

  /// The key that is there, if any. Errors: as of load_key().
  [[nodiscard]] Result<std::optional<crypto::PrivateKey>> find_key() const;
  /// The node's key; made and stored at the first start. Errors: a key file that is there but can't be
  /// used: malformed, not_authorized (others may read it), errno. Such a file is never replaced:
  /// with it the node's place on the ring, its address and its names would be lost.
  Result<crypto::PrivateKey> load_key();
  /// What was saved; nothing at the first start. A damaged file is renamed to `state.json.damaged`.
  control::SavedState load_state();
  /// Writes it unless the disk has just that.
  void save(const control::SavedState& state);
  /// Members of the ring that were heard of, in `members.json`; none where the file is missing or damaged.
  [[nodiscard]] std::vector<node::GoneRow> load_history() const;
  void save_history(const std::vector<node::GoneRow>& members);

  [[nodiscard]] std::string certificate_file() const { return NodeFiles(path_).certificate(); }
  /// The text of the file; none when there is none. Errors: errno.
  [[nodiscard]] Result<std::optional<std::string>> load_certificate() const;
  /// The encoded list of the last time; none when there is none or it can't be read.
  [[nodiscard]] std::optional<Bytes> load_revocations() const;
  void save_revocations(ByteSpan list);
  void note_bad_revocations(const Error& error);

  /// What an operator should know of the calls before; each once.
  std::vector<LogLine> take_log();

 private:
  explicit StateDirectory(std::string path) : path_(std::move(path)) {}
  struct Due {
    std::string text{};
    std::string_view consequence{};  ///< of its not being written
  };
  void keep(const std::string& file, std::string text, std::string_view consequence);
  void write_due();
  void note_failure(const Error& error, std::string_view consequence);

  std::string path_;
  std::optional<io::DirectoryLock> lock_;
  bool failing_ = false;
  std::map<std::string, Due> due_;           // by file: what the disk is to have, and has not
  std::optional<control::SavedState> kept_;  // what the disk has, or is due
  std::vector<LogLine> log_;
};

}  // namespace ipop::daemon
