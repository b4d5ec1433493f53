#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "authority/pinned_addresses.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/text.hpp"
#include "crypto/trust_store.hpp"
#include "desk/authority_desk.hpp"
#include "io/file.hpp"
#include "io/system_rng.hpp"

namespace ipop::desk {
namespace {

using authority::addresses_of;
using authority::AuthorityBook;
using authority::SignedBy;

constexpr std::size_t longest_reason = 500;
constexpr std::size_t longest_source = 200;
// Requests that the policy turns away: what is above this is turned away all the same, but not
// written down, so that nobody can fill the disk with them.
constexpr double denials_at_once = 100;
constexpr double denials_a_second = 0.1;

authority::Asked asked_by(const crypto::CertificateRequest& request) {
  return {request.user(), addresses_of(request.pinned_addresses())};
}

void remove_file(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace

Result<AuthorityDesk::State> AuthorityDesk::state_of(const AuthorityBook::Request& request) const {
  State out;
  if (request.what == AuthorityBook::Request::What::waiting) return out;
  if (request.what == AuthorityBook::Request::What::denied) {
    out.what = State::What::denied;
    out.reason = request.reason;
    return out;
  }
  const authority::LedgerSigned* latest = book_.latest(request.key);
  if (latest == nullptr) return {Errc::not_found, "the ledger has no certificate of this key"};
  auto certificate = crypto::Certificate::from_der(latest->certificate);
  if (!certificate) return std::move(certificate).error();
  out.what = State::What::accepted;
  out.certificate = *std::move(certificate);
  return out;
}

Result<AuthorityDesk::State> AuthorityDesk::look_up(const crypto::Digest256& key_fingerprint) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  const AuthorityBook::Request* request = book_.request(key_fingerprint);
  if (request == nullptr) return {Errc::not_found, "no request of this key"};
  return state_of(*request);
}

std::string AuthorityDesk::revoked_text(const crypto::Digest256& key, std::string_view user) const {
  for (const auto& [at, event] : book_.revocations()) {
    const bool is_meant = event.key ? *event.key == key : event.user == user;
    if (!is_meant) continue;
    return std::string(event.key ? "the key" : "the user") + " was revoked on " + cli::utc_text(at) + " by " + name_ +
           (event.reason.empty() ? "" : " (" + event.reason + ")");
  }
  return "the key or the user is revoked";
}

Result<AuthorityDesk::State> AuthorityDesk::submit(const crypto::CertificateRequest& request, std::string_view source,
                                                   WallTime now,
                                                   const std::optional<authority::EnrolmentToken>& token) {
  if (request.der().size() > max_request)
    return {Errc::too_large, "the request is longer than " + std::to_string(max_request) + " octets"};
  // Without the key, what would be signed at once waits.
  if (policy_.accept_automatically || token) static_cast<void>(unlock());
  const Turn turn(*this);
  if (!turn) return turn.error();
  const crypto::Digest256& key = request.key_fingerprint();
  if (const AuthorityBook::Request* known = book_.request(key)) {
    using What = AuthorityBook::Request::What;
    const authority::LedgerSigned* latest = book_.latest(key);
    const bool over = known->what == What::accepted && (latest == nullptr || latest->not_after <= now);
    const bool judged_anew = known->what == What::denied && known->by_policy;
    // Who was shut out is told so, and gets no copy of what no longer counts.
    const std::string& user = latest == nullptr ? known->user : latest->user;
    if (known->what == What::accepted && book_.is_revoked(key, user))
      return State{State::What::denied, std::nullopt, revoked_text(key, user)};
    // With a token nobody has to wait, but a person's no stays a no.
    const bool shows_token = known->what == What::waiting && token;
    if (!over && !judged_anew && !shows_token) return state_of(*known);
  }
  if (!token) return decide_alone(request, source, now, std::nullopt);
  if (auto good = check_token(*token, request.user(), now); !good) return std::move(good).error();
  return decide_alone(request, source, now, token->name());
}

Result<void> AuthorityDesk::check_token(const authority::EnrolmentToken& token, std::string_view user,
                                        WallTime now) const {
  const AuthorityBook::Token* known = book_.token(token.name());
  if (known == nullptr || token.authority != authority_.fingerprint())
    return {Errc::not_authorized, "the enrolment token is not of this authority"};
  if (auto good = known->check(now); !good) return good;
  if (!known->made.user.empty() && known->made.user != user)
    return {Errc::not_authorized, "the enrolment token is for another user"};
  if (!policy_.accept_tokens) return {Errc::not_authorized, "the policy of this authority takes no enrolment tokens"};
  return {};
}

Result<AuthorityDesk::State> AuthorityDesk::decide_alone(const crypto::CertificateRequest& request,
                                                         std::string_view source, WallTime now,
                                                         const std::optional<crypto::Digest256>& token) {
  const crypto::Digest256& key = request.key_fingerprint();
  const auto asked = asked_by(request);
  const auto deny = [&](const Error& why) -> Result<State> {
    const AuthorityBook::Request* known = book_.request(key);
    const bool is_new = known == nullptr || known->reason != why.context;
    if (is_new && may_note_denial(now)) {
      auto noted = record(authority::LedgerDenied{key, request.user(), why.context, true}, now);
      if (!noted) return std::move(noted).error();
    }
    return State{State::What::denied, std::nullopt, why.context};
  };
  if (book_.is_revoked(key, request.user()))
    return deny(make_error(make_error_code(Errc::not_authorized), revoked_text(key, request.user())));
  const auto judged = authority::judge(policy_, asked, token.has_value());
  if (!judged) return deny(judged.error());
  if (*judged && signer_) {
    const SignedBy by = token ? SignedBy::token : SignedBy::policy;
    auto certificate = issue({request.public_key(), key, **judged, by, std::nullopt, token}, now);
    if (certificate) return State{State::What::accepted, *std::move(certificate), {}};
    const auto& code = certificate.error().code;
    if (code == Errc::conflict || code == Errc::exhausted || code == Errc::not_authorized)
      return deny(certificate.error());
    return std::move(certificate).error();
  }
  // What a token does not help waits as it did.
  if (const AuthorityBook::Request* known = book_.request(key);
      known != nullptr && known->what == AuthorityBook::Request::What::waiting)
    return state_of(*known);
  if (book_.waiting_count() >= max_waiting)
    return {Errc::exhausted, "too many requests wait for a decision; try again later"};
  const std::string from = cli::printable(source.substr(0, longest_source));
  if (!from.empty() && book_.waiting_count(from) >= max_waiting_of_source)
    return {Errc::exhausted, "too many requests from " + from + " wait for a decision; try again later"};
  if (auto written = io::write_file_atomically(path_of_request(key), request.to_pem(), 0600); !written)
    return std::move(written).error();
  if (auto noted = record(authority::LedgerRequested{key, asked.user, asked.addresses, from}, now); !noted) {
    remove_file(path_of_request(key));
    return std::move(noted).error();
  }
  return State{};
}

bool AuthorityDesk::may_note_denial(WallTime now) {
  const auto seconds = static_cast<double>((now - denials_since_).count());
  denials_left_ = std::clamp(denials_left_ + seconds * denials_a_second, 0.0, denials_at_once);
  denials_since_ = now;
  if (denials_left_ < 1) return false;
  denials_left_ -= 1;
  return true;
}

Result<crypto::Certificate> AuthorityDesk::issue(const Signing& signing, WallTime now) {
  if (auto good = book_.check_grant(policy_, signing.fingerprint, signing.grant, now, signing.replaces); !good)
    return std::move(good).error();
  auto certificate = sign_fields(signing, {}, now);
  if (certificate) remove_file(path_of_request(signing.fingerprint));
  return certificate;
}

Result<crypto::CertificateRequest> AuthorityDesk::request(const crypto::Digest256& key_fingerprint) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  const auto pem = io::read_file(path_of_request(key_fingerprint), 2 * max_request);
  if (!pem && pem.error().code == std::errc::no_such_file_or_directory)
    return {Errc::not_found, "no request of this key is kept"};
  if (!pem) return pem.error();
  auto request = crypto::CertificateRequest::from_pem(*pem);
  if (!request) return std::move(request).error().in(path_of_request(key_fingerprint));
  if (request->key_fingerprint() != key_fingerprint)
    return {Errc::malformed, path_of_request(key_fingerprint) + ": it is another key's request"};
  return request;
}

std::string other_machine_text(const authority::LedgerSigned& other) {
  return other.user + " has a valid certificate for another machine (key " + to_hex(other.key).substr(0, 16) +
         ", until " + cli::utc_text(other.not_after) +
         "); if this request is of the same person, pass --another-machine";
}

Result<crypto::Certificate> AuthorityDesk::accept(const crypto::Digest256& key_fingerprint,
                                                  const authority::Wishes& wishes, WallTime now,
                                                  const std::optional<crypto::Digest256>& administrator) {
  const auto kept = request(key_fingerprint);
  if (!kept) return kept.error();
  const std::string user = wishes.user.empty() ? kept->user() : wishes.user;
  const auto* other = book_.other_machine(user, key_fingerprint, now);
  if (other != nullptr && !wishes.another_machine) return {Errc::conflict, other_machine_text(*other)};
  return sign(*kept, wishes, now, administrator);
}

Result<crypto::Certificate> AuthorityDesk::sign(const crypto::CertificateRequest& request,
                                                const authority::Wishes& wishes, WallTime now,
                                                const std::optional<crypto::Digest256>& administrator) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(*this);
  if (!turn) return turn.error();
  auto granted = authority::grant(policy_, asked_by(request), wishes);
  if (!granted) return std::move(granted).error();
  Signing signing{request.public_key(), request.key_fingerprint(), *std::move(granted),
                  administrator ? SignedBy::administrator : SignedBy::person};
  signing.administrator = administrator;
  return issue(signing, now);
}

Result<authority::Grant> AuthorityDesk::preview(const crypto::CertificateRequest& request,
                                                const authority::Wishes& wishes, WallTime now) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  auto granted = authority::grant(policy_, asked_by(request), wishes);
  if (!granted) return granted;
  if (auto good = check_clock(now); !good) return std::move(good).error();
  if (auto good = book_.check_grant(policy_, request.key_fingerprint(), *granted, now); !good)
    return std::move(good).error();
  return granted;
}

Result<void> AuthorityDesk::deny(const crypto::Digest256& key_fingerprint, std::string_view reason, WallTime now,
                                 const std::optional<crypto::Digest256>& administrator) {
  if (reason.empty() || reason.size() > longest_reason || cli::printable(reason) != reason)
    return {Errc::malformed,
            "a reason is 1 to " + std::to_string(longest_reason) + " octets of printable text in one line"};
  const Turn turn(*this);
  if (!turn) return turn.error();
  const AuthorityBook::Request* known = book_.request(key_fingerprint);
  if (known == nullptr) return {Errc::not_found, "no request of this key"};
  if (known->what == AuthorityBook::Request::What::accepted)
    return {Errc::conflict, "the request is accepted already; ga-cert revoke takes the certificate back"};
  const authority::LedgerDenied denied{key_fingerprint, known->user, std::string(reason), false, administrator};
  if (auto noted = record(denied, now); !noted) return noted;
  forget_denied();
  return {};
}

void AuthorityDesk::forget_denied() {
  std::vector<const AuthorityBook::Request*> denied;
  for (const auto& [key, request] : book_.requests())
    if (request.what == AuthorityBook::Request::What::denied) denied.push_back(&request);
  if (denied.size() <= max_denied) return;
  std::ranges::sort(denied, std::ranges::greater(), [](const auto* request) { return request->decided; });
  for (std::size_t i = max_denied; i < denied.size(); ++i)
    remove_file(path_of_request(denied[i]->key));
}

Result<AuthorityDesk::State> AuthorityDesk::renew(const crypto::Certificate& present,
                                                  const crypto::CertificateRequest& request, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(*this);
  if (!turn) return turn.error();
  const auto group = crypto::TrustStore::closed_group(authority_);
  if (!group) return group.error();
  if (const auto peer = (*group)->verify(present, now); !peer) return peer.error();
  if (book_.is_revoked(present.key_fingerprint(), present.user()))
    return {Errc::not_authorized, revoked_text(present.key_fingerprint(), present.user())};
  if (!request.user().empty() && request.user() != present.user())
    return {Errc::not_authorized, "the request names another user than the certificate"};
  if (!policy_.allows_user(present.user()))
    return {Errc::not_authorized, "the policy of this authority no longer allows this user"};
  const crypto::Digest256& key = request.key_fingerprint();
  const authority::LedgerSigned* latest = book_.latest(key);
  const bool asked_before = latest != nullptr && latest->user == present.user() && book_.is_live(*latest, now) &&
                            latest->serial != present.serial() && latest->not_after >= present.not_after();
  if (asked_before) return state_of(*book_.request(key));
  auto certificate = issue({request.public_key(),
                            key,
                            {present.user(), addresses_of(present.pinned_addresses()), policy_.life},
                            SignedBy::renewal,
                            present.key_fingerprint()},
                           now);
  if (!certificate) return std::move(certificate).error();
  return State{State::What::accepted, *std::move(certificate), {}};
}

Result<crypto::Certificate> AuthorityDesk::renew_by_hand(const crypto::Certificate& present,
                                                         const crypto::PublicKey& key,
                                                         std::optional<std::chrono::seconds> life, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const auto fingerprint = crypto::key_fingerprint_of(key);
  if (!fingerprint) return fingerprint.error();
  const Turn turn(*this);
  if (!turn) return turn.error();
  const authority::LedgerSigned* known = book_.by_serial(present.serial());
  if (known == nullptr || known->certificate != present.der())
    return {Errc::not_authorized, "this authority did not sign the certificate"};
  if (book_.is_revoked(known->key, known->user)) return {Errc::not_authorized, revoked_text(known->key, known->user)};
  authority::Wishes wishes{known->user, known->addresses, life};
  auto granted = authority::grant(policy_, {}, wishes);
  if (!granted) return std::move(granted).error();
  return issue({key, *fingerprint, *std::move(granted), SignedBy::person, known->key}, now);
}

Result<crypto::Certificate> AuthorityDesk::sign_server(const crypto::PublicKey& key,
                                                       const std::vector<crypto::PinnedAddress>& addresses,
                                                       const std::vector<std::string>& dns_names, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const auto fingerprint = crypto::key_fingerprint_of(key);
  if (!fingerprint) return fingerprint.error();
  const Turn turn(*this);
  if (!turn) return turn.error();
  const authority::Grant granted{name_ + " authority", addresses_of(addresses), policy_.life};
  return sign_fields({key, *fingerprint, granted, SignedBy::server}, dns_names, now);
}

Result<authority::EnrolmentToken> AuthorityDesk::make_token(const TokenWish& wish, WallTime now) {
  if (wish.uses == 0 || wish.uses > max_uses)
    return {Errc::out_of_range, "a token has 1 to " + std::to_string(max_uses) + " uses"};
  if (wish.life < std::chrono::seconds(1) || wish.life > max_token_life)
    return {Errc::out_of_range, "a token lives 1 second to 366 days"};
  if (wish.note.size() > longest_source || cli::printable(wish.note) != wish.note)
    return {Errc::malformed, "a note is at most " + std::to_string(longest_source) + " octets of printable text"};
  const Turn turn(*this);
  if (!turn) return turn.error();
  if (auto good = check_clock(now); !good) return std::move(good).error();
  if (!policy_.accept_tokens)
    return {Errc::not_authorized,
            "the policy takes no tokens: write accept_tokens = true into " + path_of("policy.toml")};
  if (!wish.user.empty()) {
    if (auto good = authority::judge(policy_, {wish.user, {}}, true); !good) return std::move(good).error();
  }
  io::SystemRng rng;
  const auto token = authority::make_enrolment_token(authority_.fingerprint(), rng);
  auto noted = record(authority::LedgerToken{token.name(), wish.uses, now + wish.life, wish.user, wish.note}, now);
  if (!noted) return std::move(noted).error();
  return token;
}

Result<void> AuthorityDesk::end_token(const crypto::Digest256& name, WallTime now) {
  const Turn turn(*this);
  if (!turn) return turn.error();
  const AuthorityBook::Token* known = book_.token(name);
  if (known == nullptr) return {Errc::not_found, "no such token"};
  if (known->ended) return {Errc::conflict, "the token was taken back already"};
  return record(authority::LedgerTokenEnded{name}, now);
}

Result<crypto::RevocationList> AuthorityDesk::revoke(const Revocation& revocation, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  {
    const Turn turn(*this);
    if (!turn) return turn.error();
    if (auto good = check_clock(now); !good) return std::move(good).error();
    for (const auto& earlier : book_.revocations()) {
      const bool same = revocation.key ? earlier.event.key == revocation.key : earlier.event.user == revocation.user;
      if (same) return {Errc::conflict, "revoked already, by list " + std::to_string(earlier.event.number)};
    }
    if (book_.revocations().size() >= crypto::RevocationList::max_entries)
      return {Errc::exhausted, "the revocation list is full; make another authority (ga-group rotate)"};
    const std::string user = revocation.key ? std::string() : revocation.user;
    auto noted =
        record(authority::LedgerRevoked{revocation.key, user, revocation.reason, book_.list_number() + 1}, now);
    if (!noted) return std::move(noted).error();
    if (auto published = publish(); !published) return std::move(published).error();
  }
  auto list = revocations();
  if (!list) return std::move(list).error();
  return **std::move(list);
}

}  // namespace ipop::desk
