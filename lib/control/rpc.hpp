#pragma once

// The control socket's language: JSON-RPC 2.0, one message a line.
//
// Text becomes node::Command here and node::Answer and node::Event become text, and for clients the
// other way round. docs/control.md is the contract; additions keep the number behind "schema".
// Nothing is thrown: whatever a peer writes gives a value or an error.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "node/command.hpp"

namespace ipop::control {

/// The longest message in octets, without the line feed.
inline constexpr std::size_t max_line = std::size_t{1} << 20U;
/// How deep arrays and objects may nest.
inline constexpr std::size_t max_depth = 32;

/// The `id` of a request; its answer repeats it. Without a value: JSON null.
using RequestId = std::variant<std::monostate, std::int64_t, std::string>;

/// The client wants every event from here on.
struct Subscribe {};

struct Request {
  RequestId id{};
  std::variant<node::Command, Subscribe> what{};
};

/// What a client wrote is no request; the answer says why.
struct BadRequest {
  RequestId id{};  ///< as far as it could be read
  int code = -32600;
  std::string message;  ///< one sentence, with what would be right
};

/// `line` is without its line feed. Accepts only named parameters, and only documented ones.
std::variant<Request, BadRequest> decode_request(std::string_view line);

/// True for commands that change the node or what it keeps: only root and the node's own user give
/// them.
bool is_change(const node::Command& command);

/// Answers and notifications as one line without its line feed.
std::string encode_answer(const RequestId& id, const Result<node::Answer>& answer);
std::string encode_bad_request(const BadRequest& bad);
std::string encode_event(const node::Event& event);

/// The client's side.
std::string encode_request(std::int64_t id, const node::Command& command);
std::string encode_subscribe(std::int64_t id);

/// An answer to the request `id`. The error's code is Errc, or std::errc for what has no word there
/// (permission_denied, timed_out, invalid_argument).
struct AnswerMessage {
  std::int64_t id = 0;
  Result<node::Answer> answer{Errc::not_found};
};
/// Decodes what a node wrote. Unknown fields are skipped, so that an older client reads a newer
/// node. Errors: too_large, malformed, unsupported (an event or schema this release does not know).
Result<std::variant<AnswerMessage, node::Event>> decode_message(std::string_view line);

/// The result object of an answer, or the params object of an event, as indented JSON: what `--json`
/// prints.
std::string to_json(const node::Answer& answer);
std::string to_json(const node::Event& event);

/// True when `octets` are UTF-8 without control characters: such DHT values travel as text.
bool is_plain_text(ByteSpan octets);

}  // namespace ipop::control
