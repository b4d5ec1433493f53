#pragma once

#include <map>
#include <string>

#include "node/command.hpp"

namespace ipop::ipop_ctl {

/// What members are called, for a person.
class MemberNames {
 public:
  explicit MemberNames(const node::MembersAnswer& members);

  /// The member as the walk found it; nothing: it was not found.
  [[nodiscard]] const node::MemberRow* find(const NodeId& id) const;
  /// The name, else the beginning of the id.
  [[nodiscard]] std::string name_of(const NodeId& id) const;
  /// The node's words with a name in the place of each short id that has one.
  [[nodiscard]] std::string in_words(std::string text) const;

 private:
  std::map<NodeId, node::MemberRow> members_{};
};

}  // namespace ipop::ipop_ctl
