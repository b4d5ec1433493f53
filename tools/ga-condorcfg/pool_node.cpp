#include "pool_node.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "io/system_clock.hpp"
#include "pool/condor_manager.hpp"

namespace ipop::ga_condorcfg {
namespace {

constexpr std::int64_t subscribe_id = 1;
constexpr std::int64_t status_id = 2;
constexpr std::int64_t watch_id = 3;
constexpr std::int64_t managers_id = 4;
constexpr std::int64_t put_id = 5;
constexpr Duration send_limit = 1s;  // a Unix socket: the node reads or is stuck
// A node that restarts is back within a second; a connection attempt costs next to nothing.
constexpr Duration connect_pause = 250ms;
constexpr Duration put_pause = 5s;        // after one that failed
constexpr Duration look_pause = 5s;       // after a question that failed
constexpr Duration look_unwatched = 10s;  // at a node of an older release, which tells of no changes
// A hint may come before most replicas have what it hints at, and is not given again.
constexpr std::array<Duration, 3> look_after_hint{1s, 3s, 10s};

}  // namespace

PoolNode::PoolNode(io::EventLoop& loop, std::string socket, Handlers handlers)
    : loop_(loop),
      socket_(std::move(socket)),
      handlers_(std::move(handlers)),
      reconnect_(loop, [this] { connect(); }),
      renew_(loop, [this] { put(); }),
      look_again_(loop, [this] { ask_managers(); }) {
  reconnect_.arm(io::monotonic_now());
}

void PoolNode::announce(std::string text) {
  if (announcement_ == text) return;
  announcement_ = std::move(text);
  put();
}

void PoolNode::connect() {
  auto client = io::LineClient::connect(socket_);
  if (!client) return disconnect(client.error().message());
  client_ = *std::move(client);
  watch_.emplace(loop_, client_->fd(), [this] { read(); });
  // Subscribed first, so that nothing happens unseen between question and events.
  if (auto sent = client_->send(control::encode_subscribe(subscribe_id), send_limit); !sent)
    return disconnect(sent.error().message());
  ask(watch_id, node::DhtWatchCommand{std::string(pool::manager_key)});
  ask(status_id, node::StatusCommand{});
  put();
}

void PoolNode::disconnect(const std::string& reason) {
  if (!std::exchange(is_complaining_, true))
    handlers_.log({LogLevel::warning, "the group's node does not answer", {{"file", socket_}, {"reason", reason}}});
  if (client_) handlers_.on_lost();
  watch_.reset();
  client_.reset();
  renew_.disarm();
  look_again_.disarm();
  reconnect_.arm(io::monotonic_now() + connect_pause);
}

void PoolNode::read() {
  // What a handler does may lose the connection.
  while (client_) {
    const auto line = client_->receive(Duration::zero());
    if (line) {
      take_line(*line);
    } else if (line.error().code == std::errc::timed_out) {
      return;
    } else {
      return disconnect(line.error().message());
    }
  }
}

void PoolNode::take_line(std::string_view line) {
  const auto message = control::decode_message(line);
  if (!message) return;  // an event that this release does not know
  if (std::exchange(is_complaining_, false)) handlers_.log({LogLevel::info, "the group's node answers again", {}});
  if (const auto* event = std::get_if<node::Event>(&*message)) return take_event(*event);
  const auto& answer = std::get<control::AnswerMessage>(*message);
  if (answer.id == status_id && answer.answer) {
    const auto* status = std::get_if<node::StatusAnswer>(&*answer.answer);
    if (status != nullptr) handlers_.on_status(*status);
    // Before it has its place in the ring, a node knows nothing of others' records.
    if (status != nullptr && status->joined) ask_managers();
  } else if (answer.id == watch_id) {
    can_watch_ = answer.answer.has_value();
    if (!can_watch_) handlers_.log({LogLevel::warning, "the node is an older version: polling it every 10 s", {}});
  } else if (answer.id == managers_id) {
    const auto* found = answer.answer ? std::get_if<node::DhtAnswer>(&*answer.answer) : nullptr;
    const bool is_known =
        found != nullptr && (found->outcome == dht::Outcome::done || found->outcome == dht::Outcome::not_found);
    if (!is_known) return look_again_.arm(io::monotonic_now() + look_pause);
    if (hinted_looks_ < look_after_hint.size())
      look_again_.arm(io::monotonic_now() + look_after_hint[hinted_looks_++]);
    else if (!can_watch_)
      look_again_.arm(io::monotonic_now() + look_unwatched);
    handlers_.on_managers(*found);
  } else if (answer.id == put_id) {
    take_stored(answer);
  }
}

void PoolNode::take_event(const node::Event& event) {
  const bool is_own_change =
      std::holds_alternative<node::LeaseHeldEvent>(event) || std::holds_alternative<node::LeaseLostEvent>(event) ||
      std::holds_alternative<node::NameHeldEvent>(event) || std::holds_alternative<node::JoinedEvent>(event);
  if (is_own_change) return ask(status_id, node::StatusCommand{});
  const auto* changed = std::get_if<node::DhtChangedEvent>(&event);
  if (changed == nullptr || changed->key != pool::manager_key) return;
  hinted_looks_ = 0;
  ask_managers();
}

void PoolNode::take_stored(const control::AnswerMessage& message) {
  const auto* stored = message.answer ? std::get_if<node::DhtAnswer>(&*message.answer) : nullptr;
  const bool is_done = stored != nullptr && stored->outcome == dht::Outcome::done;
  if (!is_done) {
    const std::string reason = !message.answer ? message.answer.error().message() : stored->detail;
    handlers_.log({LogLevel::warning, "the announcement was not stored", {{"reason", reason}}});
    return renew_.arm(io::monotonic_now() + put_pause);
  }
  if (announcement_.empty())
    renew_.disarm();
  else
    renew_.arm(io::monotonic_now() + pool::announcement_renewal);
}

void PoolNode::ask(std::int64_t id, const node::Command& command) {
  if (!client_) return;
  if (auto sent = client_->send(control::encode_request(id, command), send_limit); !sent)
    disconnect(sent.error().message());
}

void PoolNode::ask_managers() {
  look_again_.disarm();
  ask(managers_id, node::DhtGetCommand{std::string(pool::manager_key)});
}

void PoolNode::put() {
  if (!client_ || (announcement_.empty() && !is_stored_)) return renew_.disarm();
  // A record is taken away by a later one of the same owner, which stays until the last copy of the
  // earlier one has ended.
  const bool is_there = !announcement_.empty();
  is_stored_ = is_there;
  // Until the answer moves this.
  renew_.arm(io::monotonic_now() + pool::announcement_renewal);
  ask(put_id, node::DhtPutCommand{std::string(pool::manager_key),
                                  to_bytes(as_bytes(is_there ? announcement_ : std::string("withdrawn"))),
                                  pool::announcement_life});
}

}  // namespace ipop::ga_condorcfg
