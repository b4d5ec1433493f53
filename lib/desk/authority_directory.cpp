#include "desk/authority_directory.hpp"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string_view>

#include "base/hex.hpp"
#include "crypto/private_key.hpp"
#include "desk/damaged.hpp"
#include "desk/random_serial.hpp"
#include "groups/group_config.hpp"
#include "io/file.hpp"

namespace ipop::desk {
namespace {

constexpr std::size_t small_file = std::size_t{64} * 1024;
constexpr std::size_t policy_size = std::size_t{1} << 20U;
constexpr std::size_t largest_kept_file = std::size_t{128} << 20U;
constexpr mode_t secret = 0600;
constexpr mode_t readable = 0644;

Result<void> make_folders(const AuthorityFiles& files) {
  for (const std::string& folder : {files.directory(), files.requests(), files.issued()})
    if (auto done = io::make_directories(folder, 0700); !done) return done;
  return {};
}

Result<void> write_first_policy(const AuthorityFiles& files) {
  return io::write_file_atomically(files.policy(), to_toml(authority::AuthorityPolicy{}), readable);
}

Result<void> write_new(const AuthorityFiles& files, const crypto::CertificateAuthority& authority,
                       const std::string& key_pem, const authority::LedgerEntry& made) {
  if (auto done = make_folders(files); !done) return done;
  if (auto done = io::write_file_atomically(files.key(), key_pem, secret); !done) return done;
  if (auto done = io::write_file_atomically(files.certificate(), authority.certificate().to_pem(), readable); !done)
    return done;
  if (auto done = write_first_policy(files); !done) return done;
  return SharedLedger::begin(files, made);
}

Result<void> write_backup(const AuthorityFiles& files, const authority::AuthorityBackup& backup) {
  if (auto made = make_folders(files); !made) return made;
  for (const auto& file : backup.files) {
    if (file.name.starts_with(authority::AuthorityBackup::groups)) continue;
    const bool is_public = file.name == AuthorityFiles::certificate_name || file.name == AuthorityFiles::policy_name;
    const std::string path = files.in_directory(file.name);
    if (auto written = io::write_file_atomically(path, file.octets, is_public ? readable : secret); !written)
      return written;
  }
  return {};
}

/// Error: conflict, the ledger that is there would be lost.
Result<void> check_replaced(const AuthorityFiles& files, const authority::AuthorityBackup& backup) {
  const auto present = io::read_file(files.ledger(), largest_kept_file);
  if (!present) return {};
  const std::string& kept = *backup.file(AuthorityFiles::ledger_name);
  if (present->starts_with(kept))
    return {Errc::conflict, "the ledger in " + files.directory() + " has all that the backup has" +
                                (present->size() > kept.size() ? ", and more" : "")};
  if (!kept.starts_with(*present))
    return {Errc::conflict, "the ledger in " + files.directory() + " has entries that the backup has not"};
  return {};
}

/// Made beside its place and moved there whole: an authority is there or it is not.
AuthorityFiles beside(const std::string& directory) {
  std::error_code ignored;
  std::filesystem::remove_all(directory + ".part", ignored);
  return AuthorityFiles(directory + ".part");
}

}  // namespace

Result<AuthorityDirectory> AuthorityDirectory::make(const std::string& directory, const std::string& name,
                                                    const std::optional<std::string>& passphrase,
                                                    std::chrono::seconds life, WallTime now) {
  if (auto good = groups::check_group_name(name); !good) return std::move(good).error();
  if (io::exists(AuthorityFiles(directory).ledger()))
    return {Errc::conflict, "there is an authority in " + directory + " already"};
  const auto key = crypto::PrivateKey::generate();
  if (!key) return key.error();
  const auto authority = crypto::CertificateAuthority::create(*key, name, random_serial(),
                                                              now - 2 * crypto::validity_head_start, now + life);
  if (!authority) return authority.error();
  auto pem = passphrase ? key->to_encrypted_pem(*passphrase) : Result<std::string>(key->to_pem());
  if (!pem) return std::move(pem).error();

  const AuthorityFiles part = beside(directory);
  std::error_code error;
  const authority::LedgerEntry made{now, authority::LedgerMade{authority->certificate().fingerprint(), name}};
  auto written = write_new(part, *authority, *pem, made);
  if (written) {
    std::filesystem::rename(part.directory(), directory, error);
    if (error == std::errc::directory_not_empty || error == std::errc::file_exists)
      written = make_error(make_error_code(Errc::conflict), directory + " is there and not empty");
    else if (error)
      written = make_error(error, "making " + directory);
  }
  if (!written) {
    std::filesystem::remove_all(part.directory(), error);
    return std::move(written).error();
  }
  auto opened = open(directory, [passphrase]() -> Result<std::string> { return passphrase.value_or(""); });
  if (!opened) return opened;
  if (auto unlocked = opened->unlock(); !unlocked) return std::move(unlocked).error();
  return opened;
}

Result<AuthorityDirectory> AuthorityDirectory::open(const std::string& directory, PassphraseSource passphrase) {
  const AuthorityFiles files(directory);
  auto ledger = SharedLedger::open(files);
  if (!ledger && ledger.error().code == std::errc::no_such_file_or_directory)
    return {Errc::not_found, "no authority in " + directory};
  if (!ledger) return std::move(ledger).error();
  AuthorityDirectory out(files, *std::move(ledger), std::move(passphrase));
  const std::string path = files.certificate();
  const auto pem = io::read_file(path, small_file);
  if (!pem) return pem.error();
  auto certificate = crypto::Certificate::from_pem(*pem);
  if (!certificate) return damaged(path, std::move(certificate).error());
  out.authority_ = *std::move(certificate);
  {
    // Over before the directory moves to the caller: a turn ends where it was taken.
    const Turn turn(out);
    if (!turn) return turn.error();
  }
  const auto& made = out.ledger_.book().made();
  if (!made) return damaged(files.ledger(), "it is empty");
  if (made->authority != out.authority_.fingerprint())
    return damaged(path, "not the certificate that the ledger names");
  out.name_ = made->name;
  return out;
}

Result<void> AuthorityDirectory::begin_ledger(const std::string& directory, WallTime now) {
  const AuthorityFiles files(directory);
  const auto pem = io::read_file(files.certificate(), largest_kept_file);
  if (!pem) return pem.error();
  const auto authority = crypto::Certificate::from_pem(*pem);
  if (!authority) return Error(authority.error()).in(files.certificate());
  if (const auto key = io::read_secret_file(files.key(), largest_kept_file); !key) return key.error();
  if (auto made = make_folders(files); !made) return made;
  if (!io::exists(files.policy())) {
    if (auto written = write_first_policy(files); !written) return written;
  }
  return SharedLedger::begin(files, {now, authority::LedgerMade{authority->fingerprint(), authority->common_name()}});
}

Result<std::string> AuthorityDirectory::restore(const std::string& directory, const authority::AuthorityBackup& backup,
                                                bool replace, WallTime now) {
  if (!replace) {
    if (auto good = check_replaced(AuthorityFiles(directory), backup); !good) return std::move(good).error();
  }
  const AuthorityFiles part = beside(directory);
  auto written = write_backup(part, backup);
  auto opened = written ? open(part.directory(), {}) : Result<AuthorityDirectory>(written.error());
  if (!opened) {
    std::error_code ignored;
    std::filesystem::remove_all(part.directory(), ignored);
    return std::move(opened).error().in("the backup");
  }
  std::string aside;
  if (io::exists(directory)) {
    aside = directory + ".replaced-" + std::to_string(now.seconds);
    if (auto moved = io::rename_file(directory, aside); !moved) return std::move(moved).error();
  }
  if (auto moved = io::rename_file(part.directory(), directory); !moved) {
    if (!aside.empty()) (void)io::rename_file(aside, directory);
    return std::move(moved).error();
  }
  return aside;
}

Result<void> AuthorityDirectory::reopen() {
  auto anew = open(files_.directory(), passphrase_);
  if (!anew) return std::move(anew).error();
  if (anew->authority_.fingerprint() != authority_.fingerprint())
    return {Errc::conflict, files_.directory() + " holds another authority by now"};
  anew->signer_ = std::move(signer_);
  *this = *std::move(anew);
  return {};
}

Result<void> AuthorityDirectory::unlock() {
  if (signer_) return {};
  const std::string path = files_.key();
  const auto pem = io::read_secret_file(path, small_file);
  if (!pem) return pem.error();
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (!key && key.error().code == Errc::not_authorized) {
    const auto passphrase = passphrase_();
    if (!passphrase) return passphrase.error();
    key = crypto::PrivateKey::from_pem(*pem, *passphrase);
    if (!key && key.error().code == Errc::bad_checksum) return std::move(key).error().in(path);
  }
  if (!key) return damaged(path, std::move(key).error());
  auto signer = crypto::CertificateAuthority::from(*key, authority_);
  if (!signer) return std::move(signer).error().in(path);
  signer_ = *std::move(signer);
  return {};
}

Result<void> AuthorityDirectory::begin_turn() {
  for (std::string& line : ledger_.take_notes())
    note(std::move(line));
  auto text = io::read_file(files_.policy(), policy_size);
  if (!text) return text.error();
  // Each request reads it, and a long list of users takes longer than all else.
  if (policy_text_ == *text) return {};
  auto policy = authority::parse_authority_policy(*text, files_.policy());
  if (!policy) return std::move(policy).error();
  policy_ = *std::move(policy);
  policy_text_ = *std::move(text);
  return {};
}

Result<authority::AuthorityBackup> AuthorityDirectory::backup(WallTime now) {
  const Turn turn(*this);
  if (!turn) return turn.error();
  authority::AuthorityBackup out{name_, now, {}};
  for (const std::string_view name : {AuthorityFiles::key_name, AuthorityFiles::certificate_name,
                                      AuthorityFiles::policy_name, AuthorityFiles::ledger_name}) {
    auto text = io::read_file(files_.in_directory(name), largest_kept_file);
    if (!text) return text.error();
    out.files.push_back({std::string(name), *std::move(text)});
  }
  for (const auto* request : ledger_.book().waiting()) {
    const std::string name = AuthorityFiles::request_name(to_hex(request->key));
    // One whose file is gone is sent again by who waits for it.
    if (auto text = io::read_file(files_.in_directory(name), largest_kept_file))
      out.files.push_back({name, *std::move(text)});
  }
  return out;
}

}  // namespace ipop::desk
