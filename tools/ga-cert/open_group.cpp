#include "open_group.hpp"

#include <chrono>
#include <utility>

#include "authority/authority_announcement.hpp"
#include "base/machine.hpp"
#include "control/rpc.hpp"
#include "io/system_clock.hpp"

namespace ipop::ga_cert {
namespace {

constexpr std::int64_t subscribe_id = 1;
constexpr std::int64_t status_id = 2;
constexpr std::int64_t put_id = 3;
constexpr Duration send_limit = 1s;  // a Unix socket: the node reads or is stuck
constexpr Duration connect_pause = 2s;
// An announcement outlives the server by this at most.
constexpr std::chrono::seconds announcement_life{600};
constexpr Duration put_pause = 15s;  // after one that failed

}  // namespace

OpenGroup::OpenGroup(io::EventLoop& loop, std::string socket, Handlers handlers)
    : loop_(loop),
      socket_(std::move(socket)),
      handlers_(std::move(handlers)),
      reconnect_(loop, [this] { connect(); }),
      renew_(loop, [this] { put(); }) {
  reconnect_.arm(io::monotonic_now());
}

void OpenGroup::announce(std::string value) {
  announcement_ = std::move(value);
  is_announced_ = false;
  put();
}

void OpenGroup::connect() {
  auto client = io::LineClient::connect(socket_);
  if (!client) return disconnect(client.error().message());
  client_ = *std::move(client);
  watch_.emplace(loop_, client_->fd(), [this] { read(); });
  auto sent = client_->send(control::encode_subscribe(subscribe_id), send_limit);
  if (sent) sent = client_->send(control::encode_request(status_id, node::StatusCommand{}), send_limit);
  if (!sent) return disconnect(sent.error().message());
  put();
}

void OpenGroup::disconnect(const std::string& reason) {
  if (!std::exchange(is_complaining_, true))
    handlers_.log({LogLevel::warning, "open group's node does not answer", {{"file", socket_}, {"reason", reason}}});
  watch_.reset();
  client_.reset();
  renew_.disarm();
  reconnect_.arm(io::monotonic_now() + connect_pause);
}

void OpenGroup::read() {
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

void OpenGroup::take_line(std::string_view line) {
  const auto message = control::decode_message(line);
  if (!message) return;  // an event that this release does not know
  is_complaining_ = false;
  if (const auto* event = std::get_if<node::Event>(&*message)) {
    if (const auto* held = std::get_if<node::LeaseHeldEvent>(event)) set_address(held->address);
    if (std::holds_alternative<node::LeaseLostEvent>(*event)) set_address(std::nullopt);
    return;
  }
  const auto& answer = std::get<control::AnswerMessage>(*message);
  if (answer.id == status_id && answer.answer) {
    if (const auto* status = std::get_if<node::StatusAnswer>(&*answer.answer)) set_address(status->address);
  } else if (answer.id == put_id) {
    const auto* stored = answer.answer ? std::get_if<node::DhtAnswer>(&*answer.answer) : nullptr;
    const bool is_done = stored != nullptr && stored->outcome == dht::Outcome::done;
    if (is_done && !std::exchange(is_announced_, true)) handlers_.log({LogLevel::info, "announced in the group", {}});
    renew_.arm(io::monotonic_now() + (is_done ? Duration(announcement_life / 2) : put_pause));
  }
}

void OpenGroup::set_address(std::optional<net::Ipv4Address> address) {
  if (std::exchange(address_, address) != address) handlers_.on_address(address);
}

void OpenGroup::put() {
  if (announcement_.empty()) return renew_.disarm();
  if (!client_) return;
  const node::DhtPutCommand put{std::string(authority::announcement_key), to_bytes(as_bytes(announcement_)),
                                announcement_life};
  if (auto sent = client_->send(control::encode_request(put_id, put), send_limit); !sent)
    return disconnect(sent.error().message());
  // The answer moves this; without one the announcement is tried again.
  renew_.arm(io::monotonic_now() + announcement_life / 2);
}

}  // namespace ipop::ga_cert
