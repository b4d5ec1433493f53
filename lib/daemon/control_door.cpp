#include "daemon/control_door.hpp"

#include "base/machine.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_questions = 64;  // of one client; a question may be walking the ring

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
    return reply(node::Answer(node::DoneAnswer{}));
  }
  if (control::is_change(*command) && access != io::Access::change) {
    return reply(
        refusal(std::make_error_code(std::errc::permission_denied), "only root and the node's own user may change it"));
  }
  std::size_t& questions = questions_[client];
  if (questions >= max_questions)
    return reply(refusal(make_error_code(Errc::exhausted), "64 questions of this client are under way"));
  ++questions;
  const node::CommandId id{next_id_++};
  pending_.emplace(id, Pending{client, request.id});
  on_command_(id, *command);
}

void ControlDoor::answer(node::CommandId id, const Result<node::Answer>& answer) {
  const auto pending = pending_.extract(id);
  if (pending.empty()) return;
  const Pending& asked = pending.mapped();
  if (const auto it = questions_.find(asked.client); it != questions_.end() && --it->second == 0) questions_.erase(it);
  socket_->send(asked.client, control::encode_answer(asked.request, answer));
  if (ended_.contains(asked.client) && !questions_.contains(asked.client)) socket_->finish(asked.client);
}

void ControlDoor::publish(const node::Event& event) {
  if (subscribers_.empty()) return;
  const std::string line = control::encode_event(event);
  // A slow reader is dropped while its line is sent, which changes the set.
  const auto subscribers = subscribers_;
  for (const io::ClientId client : subscribers)
    socket_->send(client, line);
}

void ControlDoor::handle_end(io::ClientId client) {
  subscribers_.erase(client);
  if (!questions_.contains(client)) return socket_->finish(client);
  ended_.insert(client);
}

void ControlDoor::forget(io::ClientId client) {
  subscribers_.erase(client);
  ended_.erase(client);
  questions_.erase(client);
  std::erase_if(pending_, [&](const auto& entry) { return entry.second.client == client; });
}

}  // namespace ipop::daemon
