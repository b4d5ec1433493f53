#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/timer_table.hpp"
#include "base/wall_clock.hpp"
#include "crypto/certificate.hpp"
#include "crypto/trust_store.hpp"
#include "node/certificate_end.hpp"
#include "node/certificate_renewal.hpp"

namespace ipop::node {

/// This node's own certificate in a closed group: tells of its end, asks for the next one, says that it is revoked.
class OwnCertificate {
 public:
  /// It is time for the next certificate. The owner asks the authority for it, and either makes a node with it or
  /// tells handle_renewal_failure().
  struct AskForNext {};
  using Output = std::variant<AskForNext, LogLine>;

  /// Both outlive this. `renews`: the way to the authority is over the virtual network, so only with an interface.
  /// `chance` is the member's own, as in CertificateRenewal.
  OwnCertificate(const crypto::Certificate& certificate, const WallClock& clock, bool renews, std::uint64_t chance);

  /// The clock was set.
  void handle_clock_set(TimePoint now);
  void handle_trust(const crypto::TrustStore& trust);
  /// This node got an address, or has none any more.
  void handle_lease(TimePoint now, bool is_held);
  /// Answers AskForNext: no certificate came, for this reason; it is asked for again.
  void handle_renewal_failure(TimePoint now, std::string reason);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

  /// When the list was signed that names it; none: none does.
  [[nodiscard]] std::optional<WallTime> revoked() const;
  /// What a person should know of it, a sentence each.
  [[nodiscard]] std::vector<std::string> notices() const;

 private:
  enum class Timer {
    end,      ///< it nears its end
    renewal,  ///< the next one may be asked for
    count_
  };
  struct Revoked {
    std::uint64_t list = 0;
    WallTime issued{};
  };

  void look_at_end(TimePoint now);
  void look_at_renewal(TimePoint now);

  const crypto::Certificate& certificate_;
  const WallClock& clock_;
  CertificateEnd end_;
  std::optional<std::string> end_notice_;
  std::optional<CertificateRenewal> renewal_;
  std::optional<std::string> renewal_notice_;
  std::optional<Revoked> revoked_;
  bool revocation_told_ = false;
  bool has_lease_ = false;
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<OwnCertificate>);

}  // namespace ipop::node
