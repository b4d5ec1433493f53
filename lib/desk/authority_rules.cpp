#include "desk/authority_rules.hpp"

#include <algorithm>
#include <utility>

#include "authority/pinned_addresses.hpp"
#include "cli/human.hpp"
#include "cli/text.hpp"
#include "crypto/revocation_list.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::desk {
namespace {

using authority::addresses_of;
using authority::AuthorityBook;
using authority::SignedBy;

constexpr std::size_t longest_reason = 500;
constexpr std::size_t longest_source = 200;
constexpr std::chrono::hours clock_tolerance{24};

authority::Asked asked_by(const crypto::CertificateRequest& request) {
  return {request.user(), addresses_of(request.pinned_addresses())};
}

}  // namespace

Result<void> AuthorityRules::check_clock(WallTime now, bool is_trusted) const {
  const auto says = [&](std::string_view what) {
    return "the clock of this machine says " + cli::utc_text(now) + ", " + std::string(what);
  };
  if (now < authority_.not_before()) return {Errc::expired, says("before this authority was made; set the clock")};
  if (now >= authority_.not_after())
    return {Errc::expired, says("after the authority's end (" + cli::utc_text(authority_.not_after()) +
                                "); set the clock, or make another authority")};
  const WallTime last = book_.entries().back().at;
  if (!is_trusted && now + clock_tolerance < last)
    return {Errc::expired, says("but the ledger was written at " + cli::utc_text(last) +
                                "; set the clock, or if it was wrong then and is right now, pass --trust-clock")};
  return {};
}

Result<RequestState> AuthorityRules::state_of(const AuthorityBook::Request& request) const {
  RequestState out;
  if (request.what == AuthorityBook::Request::What::waiting) return out;
  if (request.what == AuthorityBook::Request::What::denied) {
    out.what = RequestState::What::denied;
    out.reason = request.reason;
    return out;
  }
  const authority::LedgerSigned* latest = book_.latest(request.key);
  if (latest == nullptr) return {Errc::not_found, "the ledger has no certificate of this key"};
  auto certificate = crypto::Certificate::from_der(latest->certificate);
  if (!certificate) return std::move(certificate).error();
  out.what = RequestState::What::accepted;
  out.certificate = *std::move(certificate);
  return out;
}

Result<std::optional<RequestState>> AuthorityRules::known_state(const crypto::Digest256& key, bool has_token,
                                                                WallTime now) const {
  const AuthorityBook::Request* known = book_.request(key);
  if (known == nullptr) return std::optional<RequestState>();
  using What = AuthorityBook::Request::What;
  const authority::LedgerSigned* latest = book_.latest(key);
  const bool over = known->what == What::accepted && (latest == nullptr || latest->not_after <= now);
  const bool judged_anew = known->what == What::denied && known->by_policy;
  // Who was shut out is told so, and gets no copy of what no longer counts.
  const std::string& user = latest == nullptr ? known->user : latest->user;
  if (known->what == What::accepted && book_.is_revoked(key, user))
    return std::optional(RequestState{RequestState::What::denied, std::nullopt, revoked_text(key, user)});
  // With a token nobody has to wait, but a person's no stays a no.
  const bool shows_token = known->what == What::waiting && has_token;
  if (over || judged_anew || shows_token) return std::optional<RequestState>();
  auto state = state_of(*known);
  if (!state) return std::move(state).error();
  return std::optional(*std::move(state));
}

Result<std::optional<authority::Grant>> AuthorityRules::judge(const crypto::CertificateRequest& request,
                                                              bool has_token) const {
  if (book_.is_revoked(request.key_fingerprint(), request.user()))
    return {Errc::not_authorized, revoked_text(request.key_fingerprint(), request.user())};
  return authority::judge(policy_, asked_by(request), has_token);
}

Result<authority::LedgerRequested> AuthorityRules::queue(const crypto::CertificateRequest& request,
                                                         std::string_view source) const {
  if (book_.waiting_count() >= max_waiting)
    return {Errc::exhausted, "too many requests wait for a decision; try again later"};
  const std::string from = cli::printable(source.substr(0, longest_source));
  if (!from.empty() && book_.waiting_count(from) >= max_waiting_of_source)
    return {Errc::exhausted, "too many requests from " + from + " wait for a decision; try again later"};
  const auto asked = asked_by(request);
  return authority::LedgerRequested{request.key_fingerprint(), asked.user, asked.addresses, from};
}

Result<Signing> AuthorityRules::acceptance(const crypto::CertificateRequest& request,
                                           const authority::Wishes& wishes) const {
  auto granted = authority::grant(policy_, asked_by(request), wishes);
  if (!granted) return std::move(granted).error();
  return Signing{request.public_key(), request.key_fingerprint(), *std::move(granted), SignedBy::person};
}

Result<authority::LedgerDenied> AuthorityRules::denial(const crypto::Digest256& key, std::string_view reason) const {
  if (reason.empty() || reason.size() > longest_reason || cli::printable(reason) != reason)
    return {Errc::malformed,
            "a reason is 1 to " + std::to_string(longest_reason) + " octets of printable text in one line"};
  const AuthorityBook::Request* known = book_.request(key);
  if (known == nullptr) return {Errc::not_found, "no request of this key"};
  if (known->what == AuthorityBook::Request::What::accepted)
    return {Errc::conflict, "the request is accepted already; ga-cert revoke takes the certificate back"};
  return authority::LedgerDenied{key, known->user, std::string(reason), false, std::nullopt};
}

Result<std::variant<RequestState, Signing>> AuthorityRules::renewal(const crypto::Certificate& present,
                                                                    const crypto::CertificateRequest& request,
                                                                    WallTime now) const {
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
  if (asked_before) {
    auto state = state_of(*book_.request(key));
    if (!state) return std::move(state).error();
    return std::variant<RequestState, Signing>(*std::move(state));
  }
  return std::variant<RequestState, Signing>(
      Signing{request.public_key(),
              key,
              {present.user(), addresses_of(present.pinned_addresses()), policy_.life},
              SignedBy::renewal,
              present.key_fingerprint()});
}

Result<Signing> AuthorityRules::renewal_by_hand(const crypto::Certificate& present, const crypto::PublicKey& key,
                                                std::optional<std::chrono::seconds> life) const {
  const auto fingerprint = crypto::key_fingerprint_of(key);
  if (!fingerprint) return fingerprint.error();
  const authority::LedgerSigned* known = book_.by_serial(present.serial());
  if (known == nullptr || known->certificate != present.der())
    return {Errc::not_authorized, "this authority did not sign the certificate"};
  if (book_.is_revoked(known->key, known->user)) return {Errc::not_authorized, revoked_text(known->key, known->user)};
  auto granted = authority::grant(policy_, {}, {known->user, known->addresses, life});
  if (!granted) return std::move(granted).error();
  return Signing{key, *fingerprint, *std::move(granted), SignedBy::person, known->key};
}

Result<void> AuthorityRules::check_token(const authority::EnrolmentToken& token, std::string_view user,
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

Result<void> AuthorityRules::check_new_token(const TokenWish& wish, std::string_view policy_file) const {
  if (wish.uses == 0 || wish.uses > max_uses)
    return {Errc::out_of_range, "a token has 1 to " + std::to_string(max_uses) + " uses"};
  if (wish.life < std::chrono::seconds(1) || wish.life > max_token_life)
    return {Errc::out_of_range, "a token lives 1 second to 366 days"};
  if (wish.note.size() > longest_source || cli::printable(wish.note) != wish.note)
    return {Errc::malformed, "a note is at most " + std::to_string(longest_source) + " octets of printable text"};
  if (!policy_.accept_tokens)
    return {Errc::not_authorized,
            "the policy takes no tokens: write accept_tokens = true into " + std::string(policy_file)};
  if (wish.user.empty()) return {};
  if (auto good = authority::judge(policy_, {wish.user, {}}, true); !good) return std::move(good).error();
  return {};
}

Result<authority::LedgerTokenEnded> AuthorityRules::token_end(const crypto::Digest256& name) const {
  const AuthorityBook::Token* known = book_.token(name);
  if (known == nullptr) return {Errc::not_found, "no such token"};
  if (known->ended) return {Errc::conflict, "the token was taken back already"};
  return authority::LedgerTokenEnded{name};
}

Result<authority::LedgerAdministrator> AuthorityRules::administrator(const crypto::Digest256& key, WallTime now) const {
  const authority::LedgerSigned* latest = book_.latest(key);
  if (latest == nullptr || !book_.is_live(*latest, now))
    return {Errc::not_found, "this key has no valid certificate: an administrator is a member first"};
  if (book_.administrators().contains(key)) return {Errc::conflict, "the key may decide already"};
  return authority::LedgerAdministrator{key, latest->user};
}

Result<authority::LedgerAdministratorEnded> AuthorityRules::administrator_end(const crypto::Digest256& key) const {
  if (!book_.administrators().contains(key)) return {Errc::not_found, "no administrator has this key"};
  return authority::LedgerAdministratorEnded{key};
}

Result<crypto::Digest256> AuthorityRules::check_administrator(const crypto::Certificate& member, WallTime now) const {
  const auto group = crypto::TrustStore::closed_group(authority_);
  if (!group) return group.error();
  const auto who = (*group)->verify(member, now);
  if (!who) return {Errc::not_authorized, who.error().message()};
  if (book_.is_revoked(who->key, who->user)) return {Errc::not_authorized, "the key or the user is revoked"};
  if (!book_.administrators().contains(who->key))
    return {Errc::not_authorized,
            "this machine's key is no administrator's: on the authority's machine, ga-cert admin "
            "add " +
                who->user};
  return who->key;
}

Result<authority::LedgerRevoked> AuthorityRules::revocation(const Revocation& revocation) const {
  for (const auto& earlier : book_.revocations()) {
    const bool same = revocation.key ? earlier.event.key == revocation.key : earlier.event.user == revocation.user;
    if (same) return {Errc::conflict, "revoked already, by list " + std::to_string(earlier.event.number)};
  }
  if (book_.revocations().size() >= crypto::RevocationList::max_entries)
    return {Errc::exhausted, "the revocation list is full; make another authority (ga-group rotate)"};
  const std::string user = revocation.key ? std::string() : revocation.user;
  return authority::LedgerRevoked{revocation.key, user, revocation.reason, book_.list_number() + 1};
}

Result<std::vector<authority::LedgerLeftOut>> AuthorityRules::left_out(const std::vector<Bytes>& serials) const {
  std::vector<authority::LedgerLeftOut> left;
  for (const Bytes& serial : serials) {
    const authority::LedgerSigned* known = book_.by_serial(serial);
    if (known == nullptr) return {Errc::not_found, "no certificate with this serial number"};
    // A key may have several certificates.
    const bool is_noted = book_.is_left_out(known->key) ||
                          std::ranges::any_of(left, [&](const auto& other) { return other.key == known->key; });
    if (!is_noted) left.push_back({known->key, known->user});
  }
  return left;
}

std::string AuthorityRules::revoked_text(const crypto::Digest256& key, std::string_view user) const {
  for (const auto& [at, event] : book_.revocations()) {
    const bool is_meant = event.key ? *event.key == key : event.user == user;
    if (!is_meant) continue;
    return std::string(event.key ? "the key" : "the user") + " was revoked on " + cli::utc_text(at) + " by " +
           book_.made()->name + (event.reason.empty() ? "" : " (" + event.reason + ")");
  }
  return "the key or the user is revoked";
}

}  // namespace ipop::desk
