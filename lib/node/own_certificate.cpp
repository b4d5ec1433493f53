#include "node/own_certificate.hpp"

#include <chrono>
#include <utility>

namespace ipop::node {
namespace {

/// As 2026-11-28.
std::string day_of(WallTime time) {
  const std::chrono::year_month_day date(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(time.seconds))));
  const auto two = [](unsigned number) { return (number < 10 ? "-0" : "-") + std::to_string(number); };
  return std::to_string(static_cast<int>(date.year())) + two(static_cast<unsigned>(date.month())) +
         two(static_cast<unsigned>(date.day()));
}

}  // namespace

OwnCertificate::OwnCertificate(const crypto::Certificate& certificate, const WallClock& clock, bool renews,
                               std::uint64_t chance)
    : certificate_(certificate), clock_(clock), end_(certificate.not_before(), certificate.not_after()) {
  if (renews) renewal_.emplace(certificate.not_before(), certificate.not_after(), chance);
}

void OwnCertificate::handle_clock_set(TimePoint now) {
  look_at_end(now);
  look_at_renewal(now);
}

void OwnCertificate::handle_trust(const crypto::TrustStore& trust) {
  const crypto::RevocationList* list = trust.revocations();
  if (list == nullptr || !trust.is_revoked(certificate_.key_fingerprint(), certificate_.user())) {
    revoked_.reset();
    return;
  }
  revoked_ = Revoked{list->number(), list->issued()};
  if (std::exchange(revocation_told_, true)) return;
  outputs_.push(LogLine{LogLevel::error,
                        "this machine's certificate is revoked: no member talks to it any more",
                        {{"list", std::to_string(revoked_->list)}}});
}

void OwnCertificate::handle_lease(TimePoint now, bool is_held) {
  has_lease_ = is_held;
  if (is_held) look_at_renewal(now);
}

void OwnCertificate::handle_renewal_failure(TimePoint now, std::string reason) {
  if (!renewal_) return;
  outputs_.push(LogLine{LogLevel::warning, "the certificate was not renewed", {{"reason", reason}}});
  renewal_->handle_failure(clock_.at(now), std::move(reason));
  look_at_renewal(now);
}

void OwnCertificate::handle_timeout(TimePoint now) {
  if (timers_.expire(Timer::end, now)) look_at_end(now);
  if (timers_.expire(Timer::renewal, now)) look_at_renewal(now);
}

void OwnCertificate::look_at_end(TimePoint now) {
  const WallTime wall = clock_.at(now);
  end_notice_ = end_.notice(wall);
  if (auto text = end_.take_log(wall)) outputs_.push(LogLine{LogLevel::warning, *std::move(text), {}});
  timers_.set(Timer::end, now + end_.look_after(wall));
}

void OwnCertificate::look_at_renewal(TimePoint now) {
  if (!renewal_) return;
  const WallTime wall = clock_.at(now);
  renewal_notice_ = renewal_->notice(wall);
  timers_.clear(Timer::renewal);
  // A new address looks again; who is revoked would be refused.
  if (!has_lease_ || revoked_) return;
  if (renewal_->take_request(wall)) {
    outputs_.push(LogLine{LogLevel::info, "asking for the next certificate", {}});
    outputs_.push(AskForNext{});
  }
  if (const auto pause = renewal_->look_after(wall)) timers_.set(Timer::renewal, now + *pause);
}

std::optional<WallTime> OwnCertificate::revoked() const {
  return revoked_ ? std::optional(revoked_->issued) : std::nullopt;
}

std::vector<std::string> OwnCertificate::notices() const {
  std::vector<std::string> out;
  if (revoked_) {
    out.push_back("this machine's certificate is revoked by list " + std::to_string(revoked_->list) +
                  " of the authority " + certificate_.issuer() + ", " + day_of(revoked_->issued) +
                  ": no member talks to it; its administrator knows why");
  }
  if (end_notice_) out.push_back(*end_notice_);
  if (renewal_notice_) out.push_back(*renewal_notice_);
  return out;
}

}  // namespace ipop::node
