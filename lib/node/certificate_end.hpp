#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace ipop::node {

/// How near the end of a certificate is, and when to tell of it. Renewal begins at two thirds of a
/// certificate's life, so that one in the last quarter of it was not renewed; of a long one the last
/// 14 days count.
class CertificateEnd {
 public:
  CertificateEnd(WallTime not_before, WallTime not_after) : not_before_(not_before), not_after_(not_after) {}

  /// A sentence for a person; none while the end is far.
  [[nodiscard]] std::optional<std::string> notice(WallTime wall) const;
  /// The notice when it is to be logged: the first one, once a day, and when the end came.
  [[nodiscard]] std::optional<std::string> take_log(WallTime wall);
  /// Look again after this time: at the end, or within the hour.
  [[nodiscard]] std::chrono::seconds look_after(WallTime wall) const;

 private:
  [[nodiscard]] bool has_ended(WallTime wall) const { return wall > not_after_; }

  WallTime not_before_;
  WallTime not_after_;
  std::optional<WallTime> logged_;
  bool end_logged_ = false;
};

}  // namespace ipop::node
