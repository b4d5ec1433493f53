#include "member_names.hpp"

namespace ipop::ipop_ctl {

MemberNames::MemberNames(const node::MembersAnswer& members) {
  for (const node::MemberRow& member : members.members)
    members_[member.id] = member;
}

const node::MemberRow* MemberNames::find(const NodeId& id) const {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

std::string MemberNames::name_of(const NodeId& id) const {
  const node::MemberRow* member = find(id);
  return member == nullptr || member->name.empty() ? to_short_string(id) : member->name;
}

std::string MemberNames::in_words(std::string text) const {
  for (const auto& [id, member] : members_) {
    const std::string digits = to_short_string(id);
    // A name is another member's text: it is not searched for ids again.
    for (std::size_t at = 0; !member.name.empty() && (at = text.find(digits, at)) != std::string::npos;) {
      text.replace(at, digits.size(), member.name);
      at += member.name.size();
    }
  }
  return text;
}

}  // namespace ipop::ipop_ctl
