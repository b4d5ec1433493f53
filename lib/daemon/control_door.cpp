#include "daemon/control_door.hpp"

#include <algorithm>
#include <utility>

#include "base/machine.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_questions = 64;  // of one client; a question may be walking the ring
constexpr std::size_t max_watches = 16;    // of one client; four such clients are all that a node watches

Result<node::Answer> refusal(std::error_code code, std::string text) {
  return make_error(code, std::move(text));
}

}  // namespace

Result<std::unique_ptr<ControlDoor>> ControlDoor::open(io::EventLoop& loop, const std::string& path,
                                                       OnCommand on_command) {
  std::unique_ptr<ControlDoor> out(new ControlDoor(std::move(on_command)));
  io::ControlSocket::Handlers handlers;
  handlers.on_line = [raw = out.get()](io::ClientId client, io::Access access, std::string_view line) {
    raw->handle_line(client, access, line);
  };
  handlers.on_end = [raw = out.get()](io::ClientId client) { raw->handle_end(client); };
  handlers.on_gone = [raw = out.get()](io::ClientId client) { raw->forget(client); };
  auto socket = io::ControlSocket::listen(loop, path, std::move(handlers));
  if (!socket) return std::move(socket).error();
  out->socket_ = *std::move(socket);
  return out;
}

void ControlDoor::handle_line(io::ClientId client, io::Access access, std::string_view line) {
  const auto request = control::decode_request(line);
  std::visit(Overloaded{
                 [&](const control::Request& good) { handle_request(client, access, good); },
                 [&](const control::BadRequest& bad) { socket_->send(client, control::encode_bad_request(bad)); },
             },
             request);
}

void ControlDoor::handle_request(io::ClientId client, io::Access access, const control::Request& request) {
  const auto reply = [&](const Result<node::Answer>& answer) {
    socket_->send(client, control::encode_answer(request.id, answer));
  };
  const auto* command = std::get_if<node::Command>(&request.what);
  if (command == nullptr) {
    subscribers_.insert(client);
    reply(node::Answer(node::DoneAnswer{}));
    // The first change of a key that it watches already may have been before it asked for events.
    for (const std::string& key : keys_of(client))
      socket_->send(client, control::encode_event(node::DhtChangedEvent{key}));
    return;
  }
  if (control::is_change(*command) && access != io::Access::change) {
    return reply(
        refusal(std::make_error_code(std::errc::permission_denied), "only root and the node's own user may change it"));
  }
  std::size_t& questions = questions_[client];
  if (questions >= max_questions)
    return reply(refusal(make_error_code(Errc::exhausted), "64 questions of this client are under way"));
  Pending pending{client, request.id};
  if (const auto* watch = std::get_if<node::DhtWatchCommand>(command)) {
    const auto keys = keys_of(client);
    if (keys.size() >= max_watches && std::ranges::find(keys, watch->key) == keys.end())
      return reply(refusal(make_error_code(Errc::exhausted), "this client watches 16 keys"));
    watchers_[watch->key].insert(client);
    pending.watch = watch->key;
  }
  ++questions;
  const node::CommandId id{next_id_++};
  pending_.emplace(id, std::move(pending));
  on_command_(id, *command);
}

void ControlDoor::answer(node::CommandId id, const Result<node::Answer>& answer) {
  const auto pending = pending_.extract(id);
  if (pending.empty()) return;
  const Pending& asked = pending.mapped();
  if (asked.watch && !answer) end_watch(asked.client, *asked.watch);
  if (const auto it = questions_.find(asked.client); it != questions_.end() && --it->second == 0) questions_.erase(it);
  socket_->send(asked.client, control::encode_answer(asked.request, answer));
  if (ended_.contains(asked.client) && !questions_.contains(asked.client)) socket_->finish(asked.client);
}

void ControlDoor::publish(const node::Event& event) {
  // A slow reader is dropped while its line is sent, which changes the set.
  auto receivers = subscribers_;
  if (const auto* changed = std::get_if<node::DhtChangedEvent>(&event)) {
    const auto watchers = watchers_.find(changed->key);
    if (watchers == watchers_.end()) return;
    std::erase_if(receivers, [&](io::ClientId client) { return !watchers->second.contains(client); });
  }
  if (receivers.empty()) return;
  const std::string line = control::encode_event(event);
  for (const io::ClientId client : receivers)
    socket_->send(client, line);
}

std::vector<std::string> ControlDoor::watched_keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, clients] : watchers_)
    keys.push_back(key);
  return keys;
}

std::vector<std::string> ControlDoor::take_ended_watches() {
  auto keys = std::exchange(ended_watches_, {});
  // Somebody else may have come in between.
  std::erase_if(keys, [&](const std::string& key) { return watchers_.contains(key); });
  return keys;
}

std::vector<std::string> ControlDoor::keys_of(io::ClientId client) const {
  std::vector<std::string> keys;
  for (const auto& [key, clients] : watchers_) {
    if (clients.contains(client)) keys.push_back(key);
  }
  return keys;
}

void ControlDoor::end_watch(io::ClientId client, const std::string& key) {
  const auto it = watchers_.find(key);
  if (it == watchers_.end() || it->second.erase(client) == 0 || !it->second.empty()) return;
  watchers_.erase(it);
  ended_watches_.push_back(key);
}

void ControlDoor::handle_end(io::ClientId client) {
  subscribers_.erase(client);
  for (const std::string& key : keys_of(client))
    end_watch(client, key);
  if (!questions_.contains(client)) return socket_->finish(client);
  ended_.insert(client);
}

void ControlDoor::forget(io::ClientId client) {
  subscribers_.erase(client);
  for (const std::string& key : keys_of(client))
    end_watch(client, key);
  ended_.erase(client);
  questions_.erase(client);
  std::erase_if(pending_, [&](const auto& entry) { return entry.second.client == client; });
}

}  // namespace ipop::daemon
