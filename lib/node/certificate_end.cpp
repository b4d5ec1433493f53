#include "node/certificate_end.hpp"

#include <algorithm>

namespace ipop::node {
namespace {

constexpr std::chrono::seconds told_before = std::chrono::hours(14 * 24);
constexpr std::chrono::seconds told_every = std::chrono::hours(24);
constexpr std::chrono::seconds longest_look = std::chrono::hours(1);

std::string time_left(std::chrono::seconds left) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(left).count();
  if (hours < 1) return "less than an hour";
  if (hours < 48) return std::to_string(hours) + (hours == 1 ? " hour" : " hours");
  return std::to_string(hours / 24) + " days";
}

}  // namespace

std::optional<std::string> CertificateEnd::notice(WallTime wall) const {
  if (has_ended(wall)) {
    return "this machine's certificate has ended: no member talks to it; ask for another with ga-cert join";
  }
  const std::chrono::seconds left = not_after_ - wall;
  if (left > std::min(told_before, (not_after_ - not_before_) / 4)) return std::nullopt;
  return "this machine's certificate ends in " + time_left(left) + " and was not renewed; try ga-cert renew";
}

std::optional<std::string> CertificateEnd::take_log(WallTime wall) {
  auto text = notice(wall);
  if (!text) {
    // A clock that was put right: what comes later is told anew.
    logged_.reset();
    end_logged_ = false;
    return std::nullopt;
  }
  const bool end_is_news = has_ended(wall) && !end_logged_;
  if (logged_ && !end_is_news && wall - *logged_ < told_every) return std::nullopt;
  logged_ = wall;
  end_logged_ = has_ended(wall);
  return text;
}

std::chrono::seconds CertificateEnd::look_after(WallTime wall) const {
  if (has_ended(wall)) return longest_look;
  return std::min(longest_look, not_after_ - wall + std::chrono::seconds(1));
}

}  // namespace ipop::node
