#include "control/rpc.hpp"

#include <array>

#include "base/machine.hpp"
#include "control/codec.hpp"

namespace ipop::control {

namespace {

// Ours, in the range that JSON-RPC 2.0 leaves to servers.
constexpr int command_failed = -32000;
constexpr int not_permitted = -32001;

/// The words of "reason": what a script tests.
struct Reason {
  std::string_view word;
  std::error_code code;
};

const std::array<Reason, 14>& reasons() {
  static const std::array<Reason, 14> table{{
      {"truncated", make_error_code(Errc::truncated)},
      {"malformed", make_error_code(Errc::malformed)},
      {"unsupported", make_error_code(Errc::unsupported)},
      {"too_large", make_error_code(Errc::too_large)},
      {"bad_checksum", make_error_code(Errc::bad_checksum)},
      {"not_authorized", make_error_code(Errc::not_authorized)},
      {"expired", make_error_code(Errc::expired)},
      {"conflict", make_error_code(Errc::conflict)},
      {"not_found", make_error_code(Errc::not_found)},
      {"exhausted", make_error_code(Errc::exhausted)},
      {"out_of_range", make_error_code(Errc::out_of_range)},
      {"permission_denied", std::make_error_code(std::errc::permission_denied)},
      {"timed_out", std::make_error_code(std::errc::timed_out)},
      {"invalid_argument", std::make_error_code(std::errc::invalid_argument)},
  }};
  return table;
}

std::string_view reason_of(std::error_code code) {
  for (const Reason& reason : reasons()) {
    if (reason.code == code) return reason.word;
  }
  return "failed";
}

std::error_code code_of(std::string_view word, int rpc_code) {
  for (const Reason& reason : reasons()) {
    if (reason.word == word) return reason.code;
  }
  // The node did not take the request itself: -32700 to -32600.
  if (rpc_code <= -32600 && rpc_code >= -32700) return std::make_error_code(std::errc::invalid_argument);
  return std::make_error_code(std::errc::protocol_error);
}

Json id_of(const RequestId& id) {
  return std::visit(Overloaded{
                        [](std::monostate) { return Json(nullptr); },
                        [](const auto& value) { return Json(value); },
                    },
                    id);
}

Json envelope(const RequestId& id) {
  Json out = Json::object();
  out["jsonrpc"] = "2.0";
  out["id"] = id_of(id);
  return out;
}

Json error_object(int code, const std::string& message, std::string_view reason) {
  Json error = Json::object();
  error["code"] = code;
  error["message"] = message;
  error["data"]["reason"] = reason;
  return error;
}

Result<std::variant<AnswerMessage, node::Event>> decode_notification(const Json& message) {
  const auto params = message.find("params");
  if (params == message.end()) return {Errc::malformed, "a notification without params"};
  auto event = decode_params(*params);
  if (!event) return std::move(event).error();
  return std::variant<AnswerMessage, node::Event>(*std::move(event));
}

Error decode_error(const Json& error) {
  Fields fields(error);
  std::string text;
  fields.get("message", text);
  int code = 0;
  if (error.is_object()) {
    const auto it = error.find("code");
    if (it != error.end() && it->is_number_integer()) code = it->get<int>();
  }
  std::string reason;
  if (const Json* data = fields.object("data")) Fields(*data).get("reason", reason);
  return make_error(code_of(reason, code), text.empty() ? "the node refused" : text);
}

}  // namespace

std::string encode_answer(const RequestId& id, const Result<node::Answer>& answer) {
  Json out = envelope(id);
  if (answer) {
    out["result"] = encode_result(*answer);
  } else {
    const Error& error = answer.error();
    const bool denied = error.code == std::errc::permission_denied;
    const std::string text = error.context.empty() ? error.code.message() : error.context;
    out["error"] = error_object(denied ? not_permitted : command_failed, text, reason_of(error.code));
  }
  return dump(out);
}

std::string encode_bad_request(const BadRequest& bad) {
  Json out = envelope(bad.id);
  const std::string_view reason = bad.code == invalid_params ? "invalid_argument" : "malformed";
  out["error"] = error_object(bad.code, bad.message, reason);
  return dump(out);
}

std::string encode_event(const node::Event& event) {
  Json out = Json::object();
  out["jsonrpc"] = "2.0";
  out["method"] = "event";
  out["params"] = encode_params(event);
  return dump(out);
}

Result<std::variant<AnswerMessage, node::Event>> decode_message(std::string_view line) {
  const auto message = parse_json(line);
  if (!message) return message.error();
  if (!message->is_object()) return {Errc::malformed, "a message must be an object"};
  if (message->contains("method")) return decode_notification(*message);

  AnswerMessage out;
  const auto id = message->find("id");
  if (id != message->end() && id->is_number_integer()) out.id = id->get<std::int64_t>();
  if (const auto result = message->find("result"); result != message->end()) {
    out.answer = decode_result(*result);
  } else if (const auto error = message->find("error"); error != message->end()) {
    out.answer = decode_error(*error);
  } else {
    return {Errc::malformed, "neither \"result\" nor \"error\""};
  }
  return std::variant<AnswerMessage, node::Event>(std::move(out));
}

std::string to_json(const node::Answer& answer) {
  return dump(encode_result(answer), 2);
}

std::string to_json(const node::Event& event) {
  return dump(encode_params(event), 2);
}

}  // namespace ipop::control
