#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "crypto/private_key.hpp"
#include "dht/record.hpp"
#include "router/record_judge.hpp"

namespace ipop::router {

/// Writes this node's records of one kind: each above the one before, also above those of before a restart, and with
/// the rank that a name had once it was granted.
class RecordWriter {
 public:
  /// `certificate` is of `key`, in a closed group. `key` and `judge` outlive this.
  RecordWriter(dht::RecordKind kind, Bytes certificate, const crypto::PrivateKey& key, const RecordJudge& judge)
      : kind_(kind), certificate_(std::move(certificate)), key_(key), judge_(judge) {}

  /// A record that lives for `time`, and not beyond `until`. `held` is the one that it follows, null: none.
  [[nodiscard]] dht::Record write(TimePoint now, Bytes name, Bytes value, Duration time, std::optional<WallTime> until,
                                  const dht::Record* held);
  [[nodiscard]] bool is_own(const dht::Record& record) const { return record.owner == key_.public_key(); }
  /// The ring has this one of ours.
  void note(const dht::Record& own) { last_sequence_ = std::max(last_sequence_, own.sequence); }
  /// Takes over our own record of the name, as from before a restart; false: it is not among these.
  [[nodiscard]] bool remember(const Bytes& name, const std::vector<dht::Record>& records);

 private:
  dht::RecordKind kind_;
  Bytes certificate_;
  const crypto::PrivateKey& key_;
  const RecordJudge& judge_;
  std::uint64_t last_sequence_ = 0;
  std::optional<dht::Record> earlier_{};  // from before a restart
};

}  // namespace ipop::router
