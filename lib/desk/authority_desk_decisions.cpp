// What comes in, and what people decide of it.

#include <utility>

#include "base/hex.hpp"
#include "cli/human.hpp"
#include "desk/authority_desk.hpp"
#include "io/system_rng.hpp"

namespace ipop::desk {

using authority::AuthorityBook;
using authority::SignedBy;

Result<AuthorityDesk::State> AuthorityDesk::look_up(const crypto::Digest256& key_fingerprint) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  const AuthorityBook::Request* request = book().request(key_fingerprint);
  if (request == nullptr) return {Errc::not_found, "no request of this key"};
  return rules().state_of(*request);
}

Result<AuthorityDesk::State> AuthorityDesk::submit(const crypto::CertificateRequest& request, std::string_view source,
                                                   WallTime now,
                                                   const std::optional<authority::EnrolmentToken>& token) {
  if (request.der().size() > RequestFiles::max_request)
    return {Errc::too_large, "the request is longer than " + std::to_string(RequestFiles::max_request) + " octets"};
  // Without the key, what would be signed at once waits.
  if (policy().accept_automatically || token) static_cast<void>(unlock());
  const Turn turn(directory_);
  if (!turn) return turn.error();
  auto known = rules().known_state(request.key_fingerprint(), token.has_value(), now);
  if (!known) return std::move(known).error();
  if (*known) return **std::move(known);
  if (!token) return decide_alone(request, source, now, std::nullopt);
  if (auto good = rules().check_token(*token, request.user(), now); !good) return std::move(good).error();
  return decide_alone(request, source, now, token->name());
}

Result<AuthorityDesk::State> AuthorityDesk::decide_alone(const crypto::CertificateRequest& request,
                                                         std::string_view source, WallTime now,
                                                         const std::optional<crypto::Digest256>& token) {
  const crypto::Digest256& key = request.key_fingerprint();
  const auto judged = rules().judge(request, token.has_value());
  if (!judged) return deny_alone(request, judged.error(), now);
  if (*judged && directory_.is_unlocked()) {
    const SignedBy by = token ? SignedBy::token : SignedBy::policy;
    auto certificate = issue({request.public_key(), key, **judged, by, std::nullopt, token}, now);
    if (certificate) return State{State::What::accepted, *std::move(certificate), {}};
    const auto& code = certificate.error().code;
    if (code == Errc::conflict || code == Errc::exhausted || code == Errc::not_authorized)
      return deny_alone(request, certificate.error(), now);
    return std::move(certificate).error();
  }
  // What a token does not help waits as it did.
  if (const AuthorityBook::Request* known = book().request(key);
      known != nullptr && known->what == AuthorityBook::Request::What::waiting)
    return rules().state_of(*known);
  auto queued = rules().queue(request, source);
  if (!queued) return std::move(queued).error();
  if (auto written = requests_.put(request); !written) return std::move(written).error();
  if (auto noted = directory_.record(*std::move(queued), now); !noted) {
    requests_.remove(key);
    return std::move(noted).error();
  }
  return State{};
}

Result<AuthorityDesk::State> AuthorityDesk::deny_alone(const crypto::CertificateRequest& request, const Error& why,
                                                       WallTime now) {
  const crypto::Digest256& key = request.key_fingerprint();
  const AuthorityBook::Request* known = book().request(key);
  const bool is_new = known == nullptr || known->reason != why.context;
  if (is_new && denials_.take(now)) {
    auto noted = directory_.record(authority::LedgerDenied{key, request.user(), why.context, true}, now);
    if (!noted) return std::move(noted).error();
  }
  return State{State::What::denied, std::nullopt, why.context};
}

Result<crypto::CertificateRequest> AuthorityDesk::request(const crypto::Digest256& key_fingerprint) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  return requests_.find(key_fingerprint);
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
  const auto* other = book().other_machine(user, key_fingerprint, now);
  if (other != nullptr && !wishes.another_machine) return {Errc::conflict, other_machine_text(*other)};
  return sign(*kept, wishes, now, administrator);
}

Result<crypto::Certificate> AuthorityDesk::sign(const crypto::CertificateRequest& request,
                                                const authority::Wishes& wishes, WallTime now,
                                                const std::optional<crypto::Digest256>& administrator) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(directory_);
  if (!turn) return turn.error();
  auto signing = rules().acceptance(request, wishes);
  if (!signing) return std::move(signing).error();
  if (administrator) signing->by = SignedBy::administrator;
  signing->administrator = administrator;
  return issue(*signing, now);
}

Result<authority::Grant> AuthorityDesk::preview(const crypto::CertificateRequest& request,
                                                const authority::Wishes& wishes, WallTime now) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  auto signing = rules().acceptance(request, wishes);
  if (!signing) return std::move(signing).error();
  if (auto good = check_clock(now); !good) return std::move(good).error();
  if (auto good = book().check_grant(policy(), request.key_fingerprint(), signing->grant, now); !good)
    return std::move(good).error();
  return std::move(signing->grant);
}

Result<void> AuthorityDesk::deny(const crypto::Digest256& key_fingerprint, std::string_view reason, WallTime now,
                                 const std::optional<crypto::Digest256>& administrator) {
  const Turn turn(directory_);
  if (!turn) return turn.error();
  auto denied = rules().denial(key_fingerprint, reason);
  if (denied) denied->administrator = administrator;
  if (auto noted = record(std::move(denied), now); !noted) return noted;
  requests_.forget_denied(book());
  return {};
}

Result<AuthorityDesk::State> AuthorityDesk::renew(const crypto::Certificate& present,
                                                  const crypto::CertificateRequest& request, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(directory_);
  if (!turn) return turn.error();
  auto renewal = rules().renewal(present, request, now);
  if (!renewal) return std::move(renewal).error();
  if (auto* signed_before = std::get_if<State>(&*renewal)) return std::move(*signed_before);
  auto certificate = issue(std::get<Signing>(*renewal), now);
  if (!certificate) return std::move(certificate).error();
  return State{State::What::accepted, *std::move(certificate), {}};
}

Result<crypto::Certificate> AuthorityDesk::renew_by_hand(const crypto::Certificate& present,
                                                         const crypto::PublicKey& key,
                                                         std::optional<std::chrono::seconds> life, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(directory_);
  if (!turn) return turn.error();
  const auto signing = rules().renewal_by_hand(present, key, life);
  if (!signing) return signing.error();
  return issue(*signing, now);
}

Result<authority::EnrolmentToken> AuthorityDesk::make_token(const TokenWish& wish, WallTime now) {
  const Turn turn(directory_);
  if (!turn) return turn.error();
  if (auto good = rules().check_new_token(wish, directory_.files().policy()); !good) return std::move(good).error();
  if (auto good = check_clock(now); !good) return std::move(good).error();
  io::SystemRng rng;
  const auto token = authority::make_enrolment_token(authority().fingerprint(), rng);
  const authority::LedgerToken made{token.name(), wish.uses, now + wish.life, wish.user, wish.note};
  if (auto noted = directory_.record(made, now); !noted) return std::move(noted).error();
  return token;
}

Result<void> AuthorityDesk::end_token(const crypto::Digest256& name, WallTime now) {
  const Turn turn(directory_);
  if (!turn) return turn.error();
  return record(rules().token_end(name), now);
}

}  // namespace ipop::desk
