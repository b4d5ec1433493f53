#include "authority/authority_book.hpp"

#include <algorithm>

#include "base/machine.hpp"
#include "crypto/renewal_time.hpp"

namespace ipop::authority {
namespace {

Result<void> contradiction(std::string_view what) {
  return {Errc::malformed, "the entry contradicts those before it: " + std::string(what)};
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

}  // namespace

Result<void> AuthorityBook::check(const LedgerEntry& entry) const {
  const bool is_first = entries_.empty();
  if (is_first != std::holds_alternative<LedgerMade>(entry.event))
    return contradiction(is_first ? "it does not begin with the making of the authority" : "made twice");
  return std::visit(Overloaded{
                        [&](const LedgerRequested& event) -> Result<void> {
                          const auto known = requests_.find(event.key);
                          if (known != requests_.end() && known->second.what == Request::What::waiting)
                            return contradiction("this key's request waits already");
                          return {};
                        },
                        [&](const LedgerSigned& event) -> Result<void> {
                          const bool is_member = event.by != SignedBy::server;
                          if (is_member && event.token && !tokens_.contains(*event.token))
                            return contradiction("a token that was never made");
                          if (by_serial_.contains(event.serial)) return contradiction("a serial number used twice");
                          return {};
                        },
                        [&](const LedgerRevoked& event) -> Result<void> {
                          if (event.number != list_number_ + 1)
                            return contradiction("the number of the revocation list");
                          return {};
                        },
                        [&](const LedgerToken& event) -> Result<void> {
                          if (tokens_.contains(event.token)) return contradiction("a token made twice");
                          return {};
                        },
                        [&](const LedgerTokenEnded& event) -> Result<void> {
                          if (!tokens_.contains(event.token)) return contradiction("a token that was never made");
                          return {};
                        },
                        [&](const LedgerAdministratorEnded& event) -> Result<void> {
                          if (!administrators_.contains(event.key))
                            return contradiction("an administrator who was never named");
                          return {};
                        },
                        [&](const LedgerResumed& event) -> Result<void> {
                          if (event.count < count() || event.list < list_number_)
                            return contradiction("it goes on behind what is here");
                          return {};
                        },
                        [](const auto&) -> Result<void> { return {}; },
                    },
                    entry.event);
}

Result<void> AuthorityBook::apply(const LedgerEntry& entry) {
  if (auto good = check(entry); !good) return good;
  take(entry, entries_.size());
  entries_.push_back(entry);
  return {};
}

void AuthorityBook::take(const LedgerEntry& entry, std::size_t index) {
  const auto set_waiting = [this](Request& request, Request::What what) {
    if (request.what == Request::What::waiting) {
      --waiting_;
      const auto same = waiting_of_source_.find(request.source);
      if (--same->second == 0) waiting_of_source_.erase(same);
    }
    request.what = what;
  };
  std::visit(Overloaded{
                 [&](const LedgerMade& event) {
                   made_ = event;
                   crl_number_ = 1;
                   crl_issued_ = entry.at;
                 },
                 [&](const LedgerRequested& event) {
                   requests_[event.key] = {event.key, event.user, event.addresses, event.source, entry.at};
                   ++waiting_;
                   ++waiting_of_source_[event.source];
                 },
                 [&](const LedgerSigned& event) {
                   by_serial_.emplace(event.serial, index);
                   if (event.by == SignedBy::server) return;
                   if (event.token) ++tokens_.at(*event.token).used;
                   if (event.by == SignedBy::person || event.by == SignedBy::administrator) left_out_.erase(event.key);
                   by_key_[event.key].push_back(index);
                   keys_of_user_[event.user].insert(event.key);
                   for (const net::Ipv4Address address : event.addresses)
                     by_address_[address].push_back(index);
                   const auto [it, is_new] = requests_.try_emplace(event.key);
                   Request& request = it->second;
                   if (is_new)
                     request = {event.key, event.user, event.addresses, "", entry.at, Request::What::accepted};
                   if (!is_new) set_waiting(request, Request::What::accepted);
                   request.decided = entry.at;
                   request.reason.clear();
                 },
                 [&](const LedgerDenied& event) {
                   const auto [it, is_new] = requests_.try_emplace(event.key);
                   Request& request = it->second;
                   if (is_new) request = {event.key, event.user, {}, "", entry.at, Request::What::denied};
                   if (!is_new) set_waiting(request, Request::What::denied);
                   request.decided = entry.at;
                   request.reason = event.reason;
                   request.by_policy = event.by_policy;
                 },
                 [&](const LedgerRevoked& event) {
                   if (event.key) revoked_keys_.try_emplace(*event.key, entry.at);
                   if (!event.user.empty()) revoked_users_.try_emplace(event.user, entry.at);
                   revoked_.push_back({entry.at, event});
                   list_number_ = event.number;
                   list_issued_ = crl_issued_ = entry.at;
                   ++crl_number_;
                 },
                 [&](const LedgerCrl&) {
                   ++crl_number_;
                   crl_issued_ = entry.at;
                 },
                 [](const LedgerMended&) {},
                 [&](const LedgerToken& event) {
                   tokens_.emplace(event.token, Token{event, entry.at});
                 },
                 [&](const LedgerTokenEnded& event) { tokens_.at(event.token).ended = true; },
                 [&](const LedgerLeftOut& event) { left_out_.insert(event.key); },
                 [&](const LedgerAdministrator& event) { administrators_[event.key] = event.user; },
                 [&](const LedgerAdministratorEnded& event) { administrators_.erase(event.key); },
                 [&](const LedgerResumed& event) {
                   lost_ = event.count - entries_.size();
                   resumed_at_ = event.count;
                   if (event.list > list_number_) list_issued_ = entry.at;
                   list_number_ = event.list;
                 },
             },
             entry.event);
}

std::size_t AuthorityBook::waiting_count(std::string_view source) const {
  const auto same = waiting_of_source_.find(source);
  return same == waiting_of_source_.end() ? 0 : same->second;
}

std::vector<const AuthorityBook::Request*> AuthorityBook::waiting() const {
  std::vector<const Request*> out;
  for (const auto& [key, request] : requests_)
    if (request.what == Request::What::waiting) out.push_back(&request);
  std::ranges::stable_sort(out, {}, [](const Request* request) { return request->at; });
  return out;
}

const AuthorityBook::Request* AuthorityBook::request(const crypto::Digest256& key) const {
  const auto it = requests_.find(key);
  return it == requests_.end() ? nullptr : &it->second;
}

std::vector<const LedgerSigned*> AuthorityBook::certificates() const {
  std::vector<const LedgerSigned*> out;
  for (const LedgerEntry& entry : entries_)
    if (const auto* event = std::get_if<LedgerSigned>(&entry.event)) out.push_back(event);
  return out;
}

const LedgerSigned* AuthorityBook::latest(const crypto::Digest256& key) const {
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return nullptr;
  const LedgerSigned* out = nullptr;
  for (const std::size_t index : it->second) {
    const auto& event = std::get<LedgerSigned>(entries_[index].event);
    if (out == nullptr || out->not_after <= event.not_after) out = &event;
  }
  return out;
}

const LedgerSigned* AuthorityBook::by_serial(ByteSpan serial) const {
  const auto it = by_serial_.find(to_bytes(serial));
  return it == by_serial_.end() ? nullptr : &std::get<LedgerSigned>(entries_[it->second].event);
}

const AuthorityBook::Token* AuthorityBook::token(const crypto::Digest256& name) const {
  const auto it = tokens_.find(name);
  return it == tokens_.end() ? nullptr : &it->second;
}

Result<void> AuthorityBook::Token::check(WallTime now) const {
  if (ended) return {Errc::not_authorized, "the enrolment token was taken back"};
  if (used >= made.uses)
    return {Errc::not_authorized, "the enrolment token is used up (it was good for " +
                                      counted(static_cast<std::size_t>(made.uses), "use", "uses") + ")"};
  if (now >= made.expires) return {Errc::expired, "the enrolment token is past its end, or a clock is wrong"};
  return {};
}

std::optional<WallTime> AuthorityBook::revoked_since(const crypto::Digest256& key, std::string_view user) const {
  std::optional<WallTime> out;
  if (const auto it = revoked_keys_.find(key); it != revoked_keys_.end()) out = it->second;
  if (const auto it = revoked_users_.find(user); it != revoked_users_.end())
    out = out ? std::min(*out, it->second) : it->second;
  return out;
}

bool AuthorityBook::is_revoked(const crypto::Digest256& key, std::string_view user) const {
  return revoked_since(key, user).has_value();
}

bool AuthorityBook::is_live(const LedgerSigned& certificate, WallTime now) const {
  return certificate.by != SignedBy::server && now < certificate.not_after &&
         !is_revoked(certificate.key, certificate.user);
}

std::size_t AuthorityBook::live_keys(std::string_view user, WallTime now) const {
  const auto it = keys_of_user_.find(user);
  if (it == keys_of_user_.end()) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(it->second, [&](const crypto::Digest256& key) {
    return std::ranges::any_of(by_key_.at(key), [&](std::size_t index) {
      const auto& event = std::get<LedgerSigned>(entries_[index].event);
      return event.user == user && is_live(event, now);
    });
  }));
}

const LedgerSigned* AuthorityBook::other_machine(std::string_view user, const crypto::Digest256& key,
                                                 WallTime now) const {
  const LedgerSigned* out = nullptr;
  for (const LedgerSigned* it : certificates()) {
    const bool is_other = it->user == user && it->key != key && is_live(*it, now);
    if (is_other && (out == nullptr || out->not_after <= it->not_after)) out = it;
  }
  return out;
}

Result<void> AuthorityBook::check_grant(const AuthorityPolicy& policy, const crypto::Digest256& key, const Grant& grant,
                                        WallTime now, const std::optional<crypto::Digest256>& replaces) const {
  if (revoked_keys_.contains(key)) return {Errc::not_authorized, "this key is revoked; make another one"};
  if (revoked_users_.contains(grant.user)) return {Errc::not_authorized, "the user is revoked"};
  for (const net::Ipv4Address address : grant.addresses) {
    const auto it = by_address_.find(address);
    if (it == by_address_.end()) continue;
    for (const std::size_t index : it->second) {
      const auto& event = std::get<LedgerSigned>(entries_[index].event);
      if (event.key != key && event.key != replaces && is_live(event, now))
        return {Errc::conflict, "the address " + to_string(address) + " is pinned to another key"};
    }
  }
  std::size_t live = 0;
  bool counts_already = false;
  std::optional<WallTime> first_end;
  const LedgerSigned* newest = nullptr;
  if (const auto it = by_key_.find(key); it != by_key_.end()) {
    for (const std::size_t index : it->second) {
      const auto& event = std::get<LedgerSigned>(entries_[index].event);
      if (!is_live(event, now)) continue;
      ++live;
      counts_already |= event.user == grant.user;
      first_end = first_end ? std::min(*first_end, event.not_after) : event.not_after;
      if (newest == nullptr || newest->not_after <= event.not_after) newest = &event;
    }
  }
  const auto days_until = [now](WallTime then) {
    return counted(static_cast<std::size_t>((then - now).count() / 86'400) + 1, "day", "days");
  };
  const std::string has = "this key has " + counted(live, "live certificate", "live certificates");
  if (live >= max_live_of_key)
    return {Errc::exhausted, has + " already; the next one can be signed in " + days_until(*first_end)};
  // Whoever renews by hand again and again would have no renewal left when one is due, and fall out of the group.
  const bool is_last = live + 1 == max_live_of_key;
  if (is_last && newest->user == grant.user && newest->addresses == grant.addresses) {
    const WallTime due = crypto::renewal_time(newest->not_before, newest->not_after);
    if (now < due)
      return {Errc::exhausted, has + " and is not due for renewal; it can be renewed again in " + days_until(due)};
  }
  const std::size_t keys = live_keys(grant.user, now);
  if (!counts_already && keys >= policy.quota)
    return {Errc::exhausted, "the user has " + counted(keys, "key", "keys") +
                                 " with a live certificate, which is the quota; one has to be revoked or to end first"};
  return {};
}

}  // namespace ipop::authority
