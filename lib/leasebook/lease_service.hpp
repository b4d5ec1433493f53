#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "crypto/private_key.hpp"
#include "crypto/trust_store.hpp"
#include "leasebook/lease_book.hpp"
#include "leasing/soap.hpp"
#include "net/endpoint.hpp"

namespace ipop::leasebook {

/// Answers the requests of members from a LeaseBook.
///
/// Requests that came together are one transaction, and nobody hears of anything before it is on disk. When the book
/// can't be written (disk full, damaged, read-only), everybody is refused: nothing is given out that could be given
/// out twice.
class LeaseService {
 public:
  /// Who is a member of the group; null: the group is not known here at this time, and its members are refused.
  using TrustOf = std::function<std::shared_ptr<const crypto::TrustStore>(const LeaseGroup& group)>;

  struct Question {
    leasing::SoapRequest request{};
    net::Endpoint source{};
  };
  struct Answer {
    Result<leasing::SoapLease> lease{Errc::malformed};
    bool is_clients_fault = true;  ///< where there is an error
  };

  /// `book` and `key`, which signs grants, outlive the service.
  LeaseService(LeaseBook& book, const crypto::PrivateKey& key, TrustOf trust_of);

  /// One answer a question, in their order.
  std::vector<Answer> answer(WallTime now, std::span<const Question> questions);
  /// Whoever the group's authority does not admit any more has no lease. Looks at a part of the leases, behind `after`,
  /// so that requests are answered between two parts.
  Result<LeaseBook::Ended> end_revoked(WallTime now, const LeaseGroup& group, const crypto::TrustStore& trust,
                                       net::Ipv4Address after);
  /// `lease_obtain`, `lease_renew`, `lease_release`; refusals by reason (`refused_...`); `lease_batches`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  /// What is told is counted in `told`, which holds when the book has it.
  Answer answer_one(WallTime now, const Question& question, const std::vector<LeaseGroup>& groups, Counters& told);
  Result<Ask> judge(WallTime now, const Question& question, const LeaseGroup& group);
  Result<std::vector<Answer>> answer_all(WallTime now, std::span<const Question> questions);

  LeaseBook& book_;
  const crypto::PrivateKey& key_;
  TrustOf trust_of_;
  Counters counters_;
  bool is_broken_ = false;  ///< the transaction can't be committed any more
};

}  // namespace ipop::leasebook
