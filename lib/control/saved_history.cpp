#include "control/saved_history.hpp"

#include <utility>

#include "control/codec.hpp"
#include "node/member_history.hpp"

namespace ipop::control {

std::string history_text(const std::vector<node::GoneRow>& members) {
  node::MembersAnswer out;
  out.gone = members;
  return dump(encode_result(node::Answer(std::move(out)))) + "\n";
}

Result<std::vector<node::GoneRow>> parse_history(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return json.error();
  auto decoded = decode_result(*json);
  if (!decoded) return std::move(decoded).error();
  auto* answer = std::get_if<node::MembersAnswer>(&*decoded);
  if (answer == nullptr) return {Errc::unsupported, "not a list of members"};
  if (answer->gone.size() > node::MemberHistory::most) answer->gone.resize(node::MemberHistory::most);
  return std::move(answer->gone);
}

}  // namespace ipop::control
