#include "node_link.hpp"

#include <utility>

#include "io/system_clock.hpp"
#include "node_names.hpp"

namespace ipop::ipop_dns {
namespace {

// A node that restarts is back within a second; a connection attempt costs next to nothing.
constexpr Duration retry_pause = 250ms;
// Queries beyond these are of clients that gave up long ago.
constexpr std::size_t most_asked = 4 * router::DnsRelay::most_waiting;

}  // namespace

NodeLink::NodeLink(io::EventLoop& loop, std::string socket, Handlers handlers)
    : loop_(loop), socket_(std::move(socket)), handlers_(std::move(handlers)), retry_(loop, [this] { connect(); }) {
  retry_.arm(io::monotonic_now());
}

void NodeLink::connect() {
  auto client = io::LineClient::connect(socket_);
  if (!client) return retry_.arm(io::monotonic_now() + retry_pause);
  connection_ = std::make_unique<Connection>(Connection{*std::move(client)});
  connection_->watch.emplace(loop_, connection_->client.fd(), [this] { read(); });
  status_asked_ = next_id_++;
  if (!connection_->client.send(control::encode_request(*status_asked_, node::StatusCommand{}), Duration::zero()))
    lose();
}

void NodeLink::ask(std::uint64_t number, ByteSpan query) {
  const std::int64_t id = next_id_++;
  // A node that takes no more is as good as none: half of a line can't be taken back.
  const bool sent =
      connection_ != nullptr && asked_.size() < most_asked &&
      connection_->client.send(control::encode_request(id, node::DnsCommand{to_bytes(query)}), Duration::zero());
  if (sent) {
    asked_.emplace(id, number);
    return;
  }
  loop_.post([this, number] {
    lose();
    handlers_.on_failure(number);
  });
}

void NodeLink::read() {
  // What a handler does may lose the connection.
  while (connection_ != nullptr) {
    const auto line = connection_->client.receive(Duration::zero());
    if (!line && line.error().code == std::errc::timed_out) return;
    if (!line) return lose();
    const auto message = control::decode_message(*line);
    if (!message && message.error().code == Errc::unsupported) continue;
    if (!message) return lose();
    if (const auto* answer = std::get_if<control::AnswerMessage>(&*message)) take(*answer);
  }
}

void NodeLink::take(const control::AnswerMessage& message) {
  if (message.id == status_asked_) {
    status_asked_.reset();
    const auto* status = message.answer ? std::get_if<node::StatusAnswer>(&*message.answer) : nullptr;
    const auto zone = status == nullptr ? Result<router::DnsZone>(Errc::unsupported) : zone_of(*status);
    return handlers_.on_connected(zone ? std::optional(*zone) : std::nullopt);
  }
  const auto asked = asked_.find(message.id);
  if (asked == asked_.end()) return;
  const std::uint64_t number = asked->second;
  asked_.erase(asked);
  const auto* answer = message.answer ? std::get_if<node::DnsAnswer>(&*message.answer) : nullptr;
  if (answer == nullptr) return handlers_.on_failure(number);
  handlers_.on_answer(number, answer->message);
}

void NodeLink::lose() {
  if (connection_ == nullptr) return;
  connection_.reset();
  status_asked_.reset();
  const auto asked = std::exchange(asked_, {});
  retry_.arm(io::monotonic_now() + retry_pause);
  handlers_.on_lost();
  for (const auto& [id, number] : asked)
    handlers_.on_failure(number);
}

}  // namespace ipop::ipop_dns
