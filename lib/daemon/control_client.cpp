#include "daemon/control_client.hpp"

#include "control/rpc.hpp"
#include "io/system_clock.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_kept_events = 1024;

}  // namespace

Result<ControlClient> ControlClient::connect(const std::string& path) {
  auto socket = io::LineClient::connect(path);
  if (!socket) return std::move(socket).error();
  return ControlClient(*std::move(socket));
}

Result<node::Answer> ControlClient::call(const node::Command& command, Duration limit) {
  const TimePoint end = io::monotonic_now() + limit;
  const std::int64_t id = next_id_++;
  if (auto sent = socket_.send(control::encode_request(id, command), limit); !sent) return std::move(sent).error();
  return wait_for_answer(id, end);
}

Result<void> ControlClient::subscribe(Duration limit) {
  const TimePoint end = io::monotonic_now() + limit;
  const std::int64_t id = next_id_++;
  if (auto sent = socket_.send(control::encode_subscribe(id), limit); !sent) return sent;
  auto answer = wait_for_answer(id, end);
  if (!answer) return std::move(answer).error();
  return {};
}

Result<node::Event> ControlClient::next_event(Duration limit) {
  const TimePoint end = io::monotonic_now() + limit;
  while (events_.empty()) {
    const auto line = socket_.receive(end - io::monotonic_now());
    if (!line) return line.error();
    auto message = control::decode_message(*line);
    if (!message && message.error().code == Errc::unsupported) continue;
    if (!message) return std::move(message).error();
    if (auto* event = std::get_if<node::Event>(&*message)) events_.push_back(std::move(*event));
  }
  node::Event first = std::move(events_.front());
  events_.pop_front();
  return first;
}

Result<node::Answer> ControlClient::wait_for_answer(std::int64_t id, TimePoint end) {
  while (true) {
    const auto line = socket_.receive(end - io::monotonic_now());
    if (!line) return line.error();
    auto message = control::decode_message(*line);
    if (!message && message.error().code == Errc::unsupported) continue;
    if (!message) return std::move(message).error();
    if (auto* event = std::get_if<node::Event>(&*message)) {
      if (events_.size() >= max_kept_events) events_.pop_front();
      events_.push_back(std::move(*event));
    } else if (auto& answer = std::get<control::AnswerMessage>(*message); answer.id == id) {
      return std::move(answer.answer);
    }
  }
}

}  // namespace ipop::daemon
