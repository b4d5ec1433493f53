// What keeps an authority one: its backup, and the comparison of its ledger with what a group remembers of it.

#include <algorithm>
#include <filesystem>

#include "cli/human.hpp"
#include "desk/authority_desk.hpp"
#include "io/file.hpp"

namespace ipop::desk {
namespace {

constexpr std::size_t largest_kept_file = std::size_t{128} << 20U;
constexpr std::string_view ledger_name = "ledger.jsonl";
constexpr std::string_view taken_over = "taken over from the group's list";

std::string entry_text(std::uint64_t count) {
  return "entry " + std::to_string(count);
}

}  // namespace

Result<authority::AuthorityBackup> AuthorityDesk::backup(WallTime now) {
  const Turn turn(*this);
  if (!turn) return turn.error();
  authority::AuthorityBackup out{name_, now, {}};
  for (const char* name : {"authority.key", "authority.pem", "policy.toml", "ledger.jsonl"}) {
    auto text = io::read_file(path_of(name), largest_kept_file);
    if (!text) return text.error();
    out.files.push_back({name, *std::move(text)});
  }
  for (const auto* request : book_.waiting()) {
    const std::string path = path_of_request(request->key);
    // One whose file is gone is sent again by who waits for it.
    if (auto text = io::read_file(path, largest_kept_file))
      out.files.push_back({path.substr(directory_.size() + 1), *std::move(text)});
  }
  return out;
}

Result<std::string> AuthorityDesk::restore(const std::string& directory, const authority::AuthorityBackup& backup,
                                           bool replace, WallTime now) {
  const std::string ledger = directory + "/" + std::string(ledger_name);
  if (const auto present = io::read_file(ledger, largest_kept_file); present && !replace) {
    const std::string& kept = *backup.file(ledger_name);
    if (present->starts_with(kept))
      return {Errc::conflict, "the ledger in " + directory + " has all that the backup has" +
                                  (present->size() > kept.size() ? ", and more" : "")};
    if (!kept.starts_with(*present))
      return {Errc::conflict, "the ledger in " + directory + " has entries that the backup has not"};
  }
  // Written beside its place and moved there whole; what was there stays.
  const std::string part = directory + ".part";
  std::error_code error;
  std::filesystem::remove_all(part, error);
  auto written = io::make_directories(part, 0700);
  for (const char* inner : {"/requests", "/issued"})
    if (written) written = io::make_directories(part + inner, 0700);
  for (const auto& file : backup.files) {
    if (file.name.starts_with(authority::AuthorityBackup::groups)) continue;
    const bool is_public = file.name == "authority.pem" || file.name == "policy.toml";
    if (written) written = io::write_file_atomically(part + "/" + file.name, file.octets, is_public ? 0644 : 0600);
  }
  auto opened = written ? open(part, {}) : Result<AuthorityDesk>(written.error());
  if (!opened) {
    std::filesystem::remove_all(part, error);
    return std::move(opened).error().in("the backup");
  }
  std::string aside;
  if (io::exists(directory)) {
    aside = directory + ".replaced-" + std::to_string(now.seconds);
    if (auto moved = io::rename_file(directory, aside); !moved) return std::move(moved).error();
  }
  if (auto moved = io::rename_file(part, directory); !moved) {
    if (!aside.empty()) (void)io::rename_file(aside, directory);
    return std::move(moved).error();
  }
  return aside;
}

Result<void> AuthorityDesk::reopen() {
  auto anew = open(directory_, passphrase_);
  if (!anew) return std::move(anew).error();
  if (anew->authority_.fingerprint() != authority_.fingerprint())
    return {Errc::conflict, directory_ + " holds another authority by now"};
  anew->signer_ = std::move(signer_);
  anew->clock_is_right_ = clock_is_right_;
  anew->denials_left_ = denials_left_;
  anew->denials_since_ = denials_since_;
  *this = *std::move(anew);
  return {};
}

Result<std::string> AuthorityDesk::sign_mark(WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  return authority::sign_ledger_mark({book_.count(), link_, now}, authority_, signer_->key());
}

Result<void> AuthorityDesk::compare(const authority::LedgerMark& remembered) const {
  if (remembered.count <= book_.resumed_at()) return {};
  if (remembered.count > book_.count())
    return {Errc::conflict, "the ledger in " + directory_ + " ends with " + entry_text(book_.count()) +
                                ", and the group knows " + entry_text(remembered.count) + " of " +
                                cli::utc_text(remembered.at) +
                                ": this is an old backup, or a copy of an authority that went on elsewhere"};
  const auto known = std::ranges::lower_bound(links_, remembered.count, {}, [](const auto& it) { return it.first; });
  if (known == links_.end() || known->first != remembered.count || known->second == remembered.link) return {};
  return {Errc::conflict, "the ledger in " + directory_ + " has another " + entry_text(remembered.count) +
                              " than the group knows, of " + cli::utc_text(remembered.at) +
                              ": two copies of this authority went on, each by itself"};
}

Result<void> AuthorityDesk::begin_ledger(const std::string& directory, WallTime now) {
  const std::string path = directory + "/authority.pem";
  const auto pem = io::read_file(path, largest_kept_file);
  if (!pem) return pem.error();
  const auto authority = crypto::Certificate::from_pem(*pem);
  if (!authority) return Error(authority.error()).in(path);
  if (const auto key = io::read_secret_file(directory + "/authority.key", largest_kept_file); !key) return key.error();
  for (const char* inner : {"/requests", "/issued"})
    if (auto made = io::make_directories(directory + inner, 0700); !made) return made;
  const std::string policy = directory + "/policy.toml";
  if (!io::exists(policy)) {
    auto written = io::write_file_atomically(policy, to_toml(authority::AuthorityPolicy{}), 0644);
    if (!written) return written;
  }
  auto journal = io::Journal::make(directory + "/" + std::string(ledger_name), 0600);
  if (!journal) return journal.error();
  if (auto locked = journal->lock(std::chrono::seconds(10)); !locked) return locked.error();
  authority::LedgerLink link{};
  return journal->append(
      authority::to_line({now, authority::LedgerMade{authority->fingerprint(), authority->common_name()}}, link));
}

Result<std::size_t> AuthorityDesk::resume(const std::optional<authority::LedgerMark>& remembered,
                                          const std::optional<crypto::RevocationList>& list, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  if (list && !list->is_signed_by(authority_.public_key()))
    return {Errc::not_authorized, "the revocation list is another authority's"};
  const Turn turn(*this);
  if (!turn) return turn.error();
  if (auto good = check_clock(now); !good) return std::move(good).error();
  const std::uint64_t count = std::max(remembered ? remembered->count : 0, book_.count());
  const std::uint64_t number = std::max(list ? list->number() : 0, book_.list_number());
  if (auto noted = record(authority::LedgerResumed{count, number}, now); !noted) return std::move(noted).error();
  std::size_t taken = 0;
  const auto take = [&](const std::optional<crypto::Digest256>& key, const std::string& user) -> Result<void> {
    const bool known = std::ranges::any_of(book_.revocations(), [&](const auto& it) {
      return key ? it.event.key == key : !it.event.key && it.event.user == user;
    });
    if (known) return {};
    ++taken;
    return record(authority::LedgerRevoked{key, user, std::string(taken_over), book_.list_number() + 1}, now);
  };
  if (list) {
    for (const crypto::Digest256& key : list->keys())
      if (auto noted = take(key, {}); !noted) return std::move(noted).error();
    for (const std::string& user : list->users())
      if (auto noted = take(std::nullopt, user); !noted) return std::move(noted).error();
  }
  if (auto published = publish(); !published) return std::move(published).error();
  return taken;
}

}  // namespace ipop::desk
