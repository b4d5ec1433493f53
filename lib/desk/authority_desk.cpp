#include "desk/authority_desk.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "authority/pinned_addresses.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "groups/group_config.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"

namespace ipop::desk {
namespace {

constexpr std::string_view key_file = "authority.key";
constexpr std::string_view certificate_file = "authority.pem";
constexpr std::string_view policy_file = "policy.toml";
constexpr std::string_view ledger_file = "ledger.jsonl";
constexpr std::string_view list_file = "revocations.list";
constexpr std::string_view crl_file = "crl.pem";

constexpr std::size_t small_file = std::size_t{64} * 1024;
constexpr std::size_t policy_size = std::size_t{1} << 20U;
constexpr std::size_t list_size = std::size_t{16} << 20U;  // 100,000 users of 64 octets and more
constexpr mode_t secret = 0600;
constexpr mode_t readable = 0644;
// A decision takes a few milliseconds; somebody who holds the ledger for longer hangs.
constexpr auto turn_limit = std::chrono::seconds(10);
// A CRL has to be fetched again before its end; half of this is how late a person may be.
constexpr std::chrono::hours crl_life{24 * 30};
constexpr std::chrono::hours clock_tolerance{24};

Bytes random_serial() {
  io::SystemRng rng;
  Bytes out(16);
  rng.fill(out);
  return out;
}

/// Errors of the certificate or the ledger: the file is named, and damaged state it is.
Error damaged(const std::string& path, Error error) {
  return make_error(make_error_code(Errc::malformed), std::move(error).in(path).message());
}

/// The number in the first line of crl.pem.
std::optional<std::uint64_t> number_of_crl(std::string_view pem) {
  constexpr std::string_view begin = "# CRL ";
  if (!pem.starts_with(begin)) return std::nullopt;
  std::uint64_t out = 0;
  for (const char c : pem.substr(begin.size(), 18)) {
    if (c < '0' || c > '9') break;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return out;
}

Result<void> write_new(const std::string& directory, const crypto::CertificateAuthority& authority,
                       const std::string& key_pem, const authority::LedgerEntry& made) {
  for (const char* part : {"", "/requests", "/issued"})
    if (auto done = io::make_directories(directory + part, 0700); !done) return done;
  const auto put = [&](std::string_view file, std::string_view text, mode_t mode) {
    return io::write_file_atomically(directory + "/" + std::string(file), text, mode);
  };
  if (auto done = put(key_file, key_pem, secret); !done) return done;
  if (auto done = put(certificate_file, authority.certificate().to_pem(), readable); !done) return done;
  if (auto done = put(policy_file, to_toml(authority::AuthorityPolicy{}), readable); !done) return done;
  auto journal = io::Journal::make(directory + "/" + std::string(ledger_file), secret);
  if (!journal) return journal.error();
  if (auto locked = journal->lock(turn_limit); !locked) return locked.error();
  authority::LedgerLink link{};
  return journal->append(to_line(made, link));
}

}  // namespace

Result<AuthorityDesk> AuthorityDesk::make(const std::string& directory, const std::string& name,
                                          const std::optional<std::string>& passphrase, std::chrono::seconds life,
                                          WallTime now) {
  if (auto good = groups::check_group_name(name); !good) return std::move(good).error();
  if (io::exists(directory + "/" + std::string(ledger_file)))
    return {Errc::conflict, "there is an authority in " + directory + " already"};
  const auto key = crypto::PrivateKey::generate();
  if (!key) return key.error();
  const auto authority = crypto::CertificateAuthority::create(*key, name, random_serial(),
                                                              now - 2 * crypto::validity_head_start, now + life);
  if (!authority) return authority.error();
  auto pem = passphrase ? key->to_encrypted_pem(*passphrase) : Result<std::string>(key->to_pem());
  if (!pem) return std::move(pem).error();

  // Made beside its place and moved there whole: an authority is there or it is not.
  const std::string part = directory + ".part";
  std::error_code error;
  std::filesystem::remove_all(part, error);
  const authority::LedgerEntry made{now, authority::LedgerMade{authority->certificate().fingerprint(), name}};
  auto written = write_new(part, *authority, *pem, made);
  if (written) {
    std::filesystem::rename(part, directory, error);
    if (error == std::errc::directory_not_empty || error == std::errc::file_exists)
      written = make_error(make_error_code(Errc::conflict), directory + " is there and not empty");
    else if (error)
      written = make_error(error, "making " + directory);
  }
  if (!written) {
    std::filesystem::remove_all(part, error);
    return std::move(written).error();
  }
  auto desk = open(directory, [passphrase]() -> Result<std::string> { return passphrase.value_or(""); });
  if (!desk) return desk;
  if (auto unlocked = desk->unlock(); !unlocked) return std::move(unlocked).error();
  {
    // Over before the desk moves to the caller: a turn ends where it was taken.
    const Turn turn(*desk);
    if (!turn) return turn.error();
    // The authority is there all the same: crl() makes the list when it can.
    if (auto published = desk->publish(); !published)
      desk->notes_.push_back("the authority is made, but not its CRL: " + published.error().message());
  }
  return desk;
}

Result<AuthorityDesk> AuthorityDesk::open(const std::string& directory, PassphraseSource passphrase) {
  const std::string ledger = directory + "/" + std::string(ledger_file);
  auto journal = io::Journal::open(ledger);
  if (!journal && journal.error().code == std::errc::no_such_file_or_directory)
    return {Errc::not_found, "no authority in " + directory};
  if (!journal) return std::move(journal).error();
  AuthorityDesk desk(directory, *std::move(journal), std::move(passphrase));
  const std::string path = desk.path_of(certificate_file);
  const auto pem = io::read_file(path, small_file);
  if (!pem) return pem.error();
  auto certificate = crypto::Certificate::from_pem(*pem);
  if (!certificate) return damaged(path, std::move(certificate).error());
  desk.authority_ = *std::move(certificate);
  {
    const Turn turn(desk);
    if (!turn) return turn.error();
  }
  const auto& made = desk.book_.made();
  if (!made) return damaged(ledger, make_error(make_error_code(Errc::malformed), "it is empty"));
  if (made->authority != desk.authority_.fingerprint())
    return damaged(path, make_error(make_error_code(Errc::malformed), "not the certificate that the ledger names"));
  desk.name_ = made->name;
  return desk;
}

Result<void> AuthorityDesk::unlock() {
  if (signer_) return {};
  const std::string path = path_of(key_file);
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

std::vector<std::string> AuthorityDesk::take_notes() {
  return std::exchange(notes_, {});
}

Result<void> AuthorityDesk::refresh() {
  const Turn turn(*this);
  if (!turn) return turn.error();
  return {};
}

std::string AuthorityDesk::path_of_request(const crypto::Digest256& key) const {
  return path_of("requests/" + to_hex(key) + ".csr");
}

Result<void> AuthorityDesk::take_turn() {
  // The journal gives each line once: with one that is not understood the book would end there for good.
  if (damage_) return *damage_;
  const auto found = journal_.lock(turn_limit);
  if (!found) return found.error();
  if (auto taken = take_in(*found); !taken) {
    damage_ = std::move(taken).error();
    return *damage_;
  }
  return read_policy();
}

Result<void> AuthorityDesk::read_policy() {
  const std::string path = path_of(policy_file);
  auto text = io::read_file(path, policy_size);
  if (!text) return text.error();
  // Each request reads it, and a long list of users takes longer than all else.
  if (policy_text_ == *text) return {};
  auto policy = authority::parse_authority_policy(*text, path);
  if (!policy) return std::move(policy).error();
  policy_ = *std::move(policy);
  policy_text_ = *std::move(text);
  return {};
}

Result<void> AuthorityDesk::take_in(const io::Journal::Found& found) {
  std::string_view rest = found.lines;
  while (!rest.empty()) {
    const auto stop = rest.find('\n');
    auto entry = authority::parse_ledger_line(rest.substr(0, stop), link_);
    auto applied = entry ? book_.apply(*entry) : Result<void>(entry.error());
    if (!applied) return damaged(path_of(ledger_file) + ":" + std::to_string(line_ + 1), std::move(applied).error());
    ++line_;
    links_.emplace_back(book_.count(), link_);
    rest.remove_prefix(stop + 1);
  }
  if (found.torn.empty() || !book_.made()) return {};
  const std::string aside = path_of("ledger.torn");
  notes_.push_back("the ledger's last line was not finished (a process was killed or the disk was full): its " +
                   std::to_string(found.torn.size()) + " octets are in " + aside);
  // On a full disk nothing can be noted; the ledger is whole again all the same.
  static_cast<void>(io::write_file_atomically(aside, found.torn, secret));
  static_cast<void>(record(authority::LedgerMended{found.torn.size()}, io::wall_time_now()));
  return {};
}

Result<void> AuthorityDesk::record(authority::LedgerEvent event, WallTime now) {
  const authority::LedgerEntry entry{now, std::move(event)};
  if (auto good = book_.check(entry); !good) return good;
  authority::LedgerLink link = link_;
  if (auto added = journal_.append(to_line(entry, link)); !added) return added;
  link_ = link;
  ++line_;
  auto applied = book_.apply(entry);
  if (applied) links_.emplace_back(book_.count(), link_);
  return applied;
}

Result<void> AuthorityDesk::check_clock(WallTime now) const {
  const auto says = [&](std::string_view what) {
    return "the clock of this machine says " + cli::utc_text(now) + ", " + std::string(what);
  };
  if (now < authority_.not_before()) return {Errc::expired, says("before this authority was made; set the clock")};
  if (now >= authority_.not_after())
    return {Errc::expired, says("after the authority's end (" + cli::utc_text(authority_.not_after()) +
                                "); set the clock, or make another authority")};
  const WallTime last = book_.entries().back().at;
  if (!clock_is_right_ && now + clock_tolerance < last)
    return {Errc::expired, says("but the ledger was written at " + cli::utc_text(last) +
                                "; set the clock, or if it was wrong then and is right now, pass --trust-clock")};
  return {};
}

Result<crypto::Certificate> AuthorityDesk::sign_fields(const Signing& signing,
                                                       const std::vector<std::string>& dns_names, WallTime now) {
  if (auto good = check_clock(now); !good) return std::move(good).error();
  crypto::CertificateAuthority::Fields fields;
  fields.user = signing.grant.user;
  fields.group = name_;
  fields.pinned_addresses = authority::pinned_of(signing.grant.addresses);
  fields.dns_names = dns_names;
  fields.serial = random_serial();
  fields.not_before = std::max(now - crypto::validity_head_start, authority_.not_before());
  fields.not_after = std::min(now + signing.grant.life, authority_.not_after());
  auto certificate = signer_->sign(signing.key, fields);
  if (!certificate) return certificate;
  const authority::LedgerSigned event{signing.fingerprint,
                                      signing.grant.user,
                                      signing.grant.addresses,
                                      certificate->serial(),
                                      certificate->not_before(),
                                      certificate->not_after(),
                                      signing.by,
                                      certificate->der(),
                                      signing.token,
                                      signing.administrator};
  if (auto noted = record(event, now); !noted) return std::move(noted).error();
  // The ledger has it: whatever happens to the copy, it can be printed again.
  const std::string copy = path_of("issued/" + to_hex(certificate->serial()) + ".pem");
  if (auto copied = io::write_file_atomically(copy, certificate->to_pem(), readable); !copied)
    notes_.push_back("the certificate is signed, but " + copied.error().message());
  return certificate;
}

Result<void> AuthorityDesk::publish() {
  const auto put = [&](std::string_view file, std::string_view octets) {
    return io::write_file_atomically(path_of(file), octets, readable);
  };
  crypto::CertificateAuthority::CrlFields crl{
      book_.crl_number(), book_.crl_issued(), book_.crl_issued() + crl_life, {}};
  for (const authority::LedgerSigned* certificate : book_.certificates()) {
    const auto since = book_.revoked_since(certificate->key, certificate->user);
    if (since && certificate->not_after > crl.issued) crl.revoked.push_back({certificate->serial, *since});
  }
  const auto der = signer_->sign_crl(crl);
  if (!der) return der.error();
  const std::string title = "# CRL " + std::to_string(crl.number) + " of " + name_ + ", " + cli::utc_text(crl.issued) +
                            " to " + cli::utc_text(crl.next) + "\n";
  if (auto done = put(crl_file, title + crypto::crl_to_pem(*der)); !done) return done;
  if (book_.list_number() == 0) return {};

  crypto::RevocationList::Content content{book_.list_number(), book_.list_issued(), {}, {}};
  for (const auto& revoked : book_.revocations()) {
    if (revoked.event.key) content.keys.push_back(*revoked.event.key);
    if (!revoked.event.user.empty()) content.users.push_back(revoked.event.user);
  }
  const auto list = crypto::RevocationList::sign(signer_->key(), std::move(content));
  if (!list) return list.error();
  Bytes octets;
  encode(*list, octets);
  return put(list_file, as_text(octets));
}

Result<std::optional<crypto::RevocationList>> AuthorityDesk::revocations() {
  {
    const Turn turn(*this);
    if (!turn) return turn.error();
    if (book_.list_number() == 0) return std::optional<crypto::RevocationList>();
  }
  const auto read = [&]() -> std::optional<crypto::RevocationList> {
    const auto octets = io::read_file(path_of(list_file), list_size);
    if (!octets) return std::nullopt;
    auto list = crypto::decode_revocation_list(as_bytes(*octets));
    const bool good = list && list->number() == book_.list_number() && list->is_signed_by(authority_.public_key());
    return good ? std::optional(*std::move(list)) : std::nullopt;
  };
  if (auto list = read()) return list;
  // Lost or behind, as when a process was killed between ledger and list: made again from the ledger.
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(*this);
  if (!turn) return turn.error();
  if (auto published = publish(); !published) return std::move(published).error();
  if (auto list = read()) return list;
  return damaged(path_of(list_file), make_error(make_error_code(Errc::malformed), "it can't be read back"));
}

Result<std::string> AuthorityDesk::crl(bool anew, WallTime now) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  const auto read = [&] { return io::read_file(path_of(crl_file), list_size); };
  auto pem = read();
  const bool current = pem && number_of_crl(*pem) == book_.crl_number();
  const bool aged = now >= book_.crl_issued() + crl_life / 2;
  if (current && !aged && !anew) return pem;
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(*this);
  if (!turn) return turn.error();
  if (aged || anew) {
    if (auto good = check_clock(now); !good) return std::move(good).error();
    if (auto noted = record(authority::LedgerCrl{}, now); !noted) return std::move(noted).error();
  }
  if (auto published = publish(); !published) return std::move(published).error();
  return read();
}

}  // namespace ipop::desk
