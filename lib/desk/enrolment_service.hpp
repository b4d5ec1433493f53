#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "authority/est.hpp"
#include "authority/request_limiter.hpp"
#include "base/expiring_map.hpp"
#include "base/log.hpp"
#include "desk/authority_desk.hpp"
#include "net/endpoint.hpp"
#include "net/http.hpp"

namespace ipop::desk {

/// Answers the requests that come over the network: what the desk says, in the words of RFC 7030.
///
/// Each decision, and each refusal, is a log line; foreign text in it is escaped where it is written.
class EnrolmentService {
 public:
  /// Gives the closed group's file for members; errors: not_found (there is none), others.
  using GroupSource = std::function<Result<std::string>()>;
  using Log = std::function<void(const LogLine&)>;
  /// When a request came, by both clocks.
  struct Moment {
    TimePoint now{};
    WallTime wall{};
  };

  /// `desk` outlives the service.
  EnrolmentService(AuthorityDesk& desk, GroupSource group, Log log)
      : desk_(desk), group_(std::move(group)), log_(std::move(log)), questions_(AuthorityDesk::max_waiting) {}

  net::HttpAnswer answer(const Moment& at, const net::Endpoint& source, const net::HttpRequest& request);

  /// While it holds, everybody is told to ask again, and nothing but the authority's certificate is given out.
  void hold(bool is_on_hold) { is_on_hold_ = is_on_hold; }

 private:
  net::HttpAnswer enrol(const Moment& at, const std::string& source, const authority::est::WantsCertificate& wish);
  net::HttpAnswer renew(const Moment& at, const std::string& source, const authority::est::WantsRenewal& wish);
  net::HttpAnswer give_group(const Moment& at, const std::string& source, const crypto::Certificate& member);
  net::HttpAnswer show_requests(const Moment& at, const std::string& source, const crypto::Certificate& member);
  net::HttpAnswer decide(const Moment& at, const std::string& source, const authority::est::WantsDecision& wish);
  net::HttpAnswer fail(const std::string& source, const Error& error);
  std::chrono::seconds next_question(TimePoint now, const crypto::Digest256& key);

  AuthorityDesk& desk_;
  GroupSource group_;
  Log log_;
  bool is_on_hold_ = false;
  authority::RequestLimiter limiter_;
  ExpiringMap<crypto::Digest256, unsigned> questions_;  // how often a key that waits has asked
};

}  // namespace ipop::desk
