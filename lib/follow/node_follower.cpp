#include "follow/node_follower.hpp"

#include <utility>

#include "io/system_clock.hpp"

namespace ipop::follow {
namespace {

// A node that restarts is back within a second; a connection attempt costs next to nothing.
constexpr Duration retry_pause = 250ms;

bool is_change_of_status(const node::Event& event) {
  return !std::holds_alternative<node::DhtChangedEvent>(event);
}

}  // namespace

NodeFollower::NodeFollower(io::EventLoop& loop, std::string socket, Handlers handlers)
    : loop_(loop), socket_(std::move(socket)), handlers_(std::move(handlers)), retry_(loop, [this] { connect(); }) {
  retry_.arm(io::monotonic_now());
}

void NodeFollower::connect() {
  auto client = io::LineClient::connect(socket_);
  if (!client) return lose(client.error());
  connection_ = std::make_unique<Connection>(Connection{*std::move(client)});
  connection_->watch.emplace(loop_, connection_->client.fd(), [this] { read(); });
  trouble_.reset();
  // Subscribed first, so that nothing happens unseen between the question and the events.
  if (auto sent = connection_->client.send(control::encode_subscribe(next_id_++), Duration::zero()); !sent)
    return lose(sent.error());
  ask_status();
}

void NodeFollower::ask(const node::Command& command, AnswerHandler on_answer) {
  if (connection_ == nullptr)
    return fail_later(std::move(on_answer), trouble_.value_or(make_error(make_error_code(std::errc::not_connected),
                                                                         "the node is not running")));
  if (asked_.size() >= most_asked)
    return fail_later(std::move(on_answer),
                      make_error(make_error_code(Errc::exhausted), "too many requests are in progress"));
  const std::int64_t id = next_id_++;
  // A node that takes no more is as good as none: half of a line can't be taken back.
  const auto sent = connection_->client.send(control::encode_request(id, command), Duration::zero());
  asked_.emplace(id, std::move(on_answer));
  if (!sent) {
    const std::weak_ptr<bool> alive = is_alive_;
    loop_.post([this, alive, why = sent.error()] {
      if (!alive.expired() && connection_ != nullptr) lose(why);
    });
  }
}

Result<void> NodeFollower::wait_until(const std::function<bool()>& is_so, Duration limit) {
  const auto is_refused = [this] { return trouble_ && trouble_->code == std::errc::permission_denied; };
  if (!loop_.run_until([&] { return is_so() || is_refused(); }, limit))
    return trouble_ ? *trouble_ : make_error(make_error_code(std::errc::timed_out), "the node did not answer in time");
  if (!is_so()) return *trouble_;
  return {};
}

void NodeFollower::read() {
  // What a handler does may lose the connection.
  while (connection_ != nullptr) {
    const auto line = connection_->client.receive(Duration::zero());
    if (!line && line.error().code == std::errc::timed_out) return;
    if (!line) return lose(line.error());
    const auto message = control::decode_message(*line);
    if (!message && message.error().code == Errc::unsupported) continue;
    if (!message) return lose(message.error());
    std::visit([this](const auto& what) { take(what); }, *message);
  }
}

void NodeFollower::take(const control::AnswerMessage& message) {
  const auto asked = asked_.find(message.id);
  if (asked == asked_.end()) return;
  const AnswerHandler on_answer = std::move(asked->second);
  asked_.erase(asked);
  on_answer(message.answer);
}

void NodeFollower::take(const node::Event& event) {
  if (handlers_.on_event) handlers_.on_event(event);
  if (is_change_of_status(event) && connection_ != nullptr) ask_status();
}

void NodeFollower::ask_status() {
  if (is_status_asked_) {
    is_status_stale_ = true;
    return;
  }
  is_status_asked_ = true;
  is_status_stale_ = false;
  ask(node::StatusCommand{}, [this](const Result<node::Answer>& answer) {
    is_status_asked_ = false;
    const auto* status = answer ? std::get_if<node::StatusAnswer>(&*answer) : nullptr;
    if (status != nullptr) {
      status_ = *status;
      if (handlers_.on_status) handlers_.on_status(*status);
    }
    if (is_status_stale_ && connection_ != nullptr) ask_status();
  });
}

void NodeFollower::lose(Error why) {
  const bool is_news = !trouble_;
  connection_.reset();
  status_.reset();
  trouble_ = why;
  retry_.arm(io::monotonic_now() + retry_pause);
  const auto asked = std::exchange(asked_, {});
  is_status_stale_ = false;
  if (is_news && handlers_.on_lost) handlers_.on_lost(why);
  for (const auto& [id, on_answer] : asked)
    on_answer(make_error(make_error_code(std::errc::not_connected), "the node exited"));
}

void NodeFollower::fail_later(AnswerHandler on_answer, Error why) {
  const std::weak_ptr<bool> alive = is_alive_;
  loop_.post([alive, on_answer = std::move(on_answer), why = std::move(why)] {
    if (!alive.expired()) on_answer(why);
  });
}

}  // namespace ipop::follow
