#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// One line of the answer to "why is this pair direct, relayed or down?".
struct JournalEntry {
  TimePoint when{};
  std::string text{};  ///< for a person; escaped
};

/// What happened lately between this node and each peer; bounded in peers and lines.
class LinkJournal {
 public:
  static constexpr std::size_t max_entries = 16;
  static constexpr std::size_t max_peers = 256;

  /// Foreign text in `text` is escaped by the caller. A line equal to the last one only moves its
  /// time.
  void add(TimePoint now, const NodeId& peer, std::string text);
  void count_punch_attempt(TimePoint now, const NodeId& peer);

  /// Oldest first.
  [[nodiscard]] std::vector<JournalEntry> entries(const NodeId& peer) const;
  [[nodiscard]] unsigned punch_attempts(const NodeId& peer) const;

 private:
  struct Page {
    std::vector<JournalEntry> entries{};
    unsigned punch_attempts = 0;
    TimePoint latest{};
  };
  Page& page(TimePoint now, const NodeId& peer);

  std::map<NodeId, Page> pages_;
};

}  // namespace ipop::overlay
