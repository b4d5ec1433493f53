#include "node/certificate_renewal.hpp"

#include <algorithm>
#include <utility>

#include "crypto/renewal_time.hpp"

namespace ipop::node {
namespace {

// Of the time between the earliest request and the end: the first requests of many members are spread over it.
constexpr int spread_part = 16;
// Of the time that is left: so many attempts are made at least, and the authority's machine may be away for days.
constexpr int attempt_part = 20;
constexpr std::chrono::seconds shortest_pause{10};
constexpr std::chrono::seconds longest_pause = std::chrono::hours(6);

}  // namespace

CertificateRenewal::CertificateRenewal(WallTime not_before, WallTime not_after, std::uint64_t chance)
    : not_after_(not_after), next_(crypto::renewal_time(not_before, not_after)) {
  const auto spread = (not_after - next_).count() / spread_part;
  if (spread > 0) next_ = next_ + std::chrono::seconds(chance % static_cast<std::uint64_t>(spread));
}

bool CertificateRenewal::take_request(WallTime wall) {
  if (asking_ || wall < next_ || wall >= not_after_) return false;
  asking_ = true;
  return true;
}

void CertificateRenewal::handle_failure(WallTime wall, std::string reason) {
  asking_ = false;
  failure_ = std::move(reason);
  next_ = wall + std::clamp((not_after_ - wall) / attempt_part, shortest_pause, longest_pause);
}

std::optional<std::string> CertificateRenewal::notice(WallTime wall) const {
  if (failure_.empty() || wall >= not_after_) return std::nullopt;
  return "this machine's certificate is due for renewal, and the last attempt failed: " + failure_;
}

std::optional<std::chrono::seconds> CertificateRenewal::look_after(WallTime wall) const {
  if (asking_ || wall >= not_after_) return std::nullopt;
  return std::max(next_ - wall, std::chrono::seconds(0));
}

}  // namespace ipop::node
