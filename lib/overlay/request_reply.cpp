#include "overlay/request_reply.hpp"

#include "base/machine.hpp"

namespace ipop::overlay {

bool RequestReply::add(TimePoint now, std::uint64_t token, Request request) {
  if (running_.size() >= max_requests) return false;
  running_[token] = Running{std::move(request), 0, 0, now, false};
  return true;
}

std::vector<RequestReply::Due> RequestReply::due(TimePoint now) {
  std::vector<Due> out;
  for (auto it = running_.begin(); it != running_.end();) {
    Running& running = it->second;
    if (running.next > now) {
      ++it;
    } else if (running.answered) {
      it = running_.erase(it);
    } else if (running.sent == tries) {
      out.push_back({it->first, running.request, true});
      it = running_.erase(it);
    } else {
      running.next = now + retry_first * (1U << running.sent);
      ++running.sent;
      out.push_back({it->first, running.request, false});
      ++it;
    }
  }
  return out;
}

const RequestReply::Request* RequestReply::find(std::uint64_t token) const {
  const auto it = running_.find(token);
  return it == running_.end() ? nullptr : &it->second.request;
}

bool RequestReply::take_answer(std::uint64_t token) {
  const auto it = running_.find(token);
  return it != running_.end() && ++it->second.answers <= max_answers;
}

bool RequestReply::note_answer(TimePoint now, std::uint64_t token) {
  const auto it = running_.find(token);
  if (it == running_.end() || it->second.answered) return true;
  it->second.answered = true;
  it->second.next = now + answers_live;
  return false;
}

std::optional<TimePoint> RequestReply::deadline() const {
  std::optional<TimePoint> out;
  for (const auto& [token, running] : running_)
    out = earliest(out, running.next);
  return out;
}

}  // namespace ipop::overlay
