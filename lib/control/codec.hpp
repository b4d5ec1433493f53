#pragma once

// The object forms of answers and events. Only for the .cpp files of lib/control.

#include "control/json_fields.hpp"
#include "control/rpc.hpp"

namespace ipop::control {

/// JSON-RPC 2.0, section 5.1: a parameter is missing, unknown or outside its range.
inline constexpr int invalid_params = -32602;

Json endpoint_list(const std::vector<net::Endpoint>& endpoints);

/// The `result` of an answer, its "schema" first.
Json encode_result(const node::Answer& answer);
/// The schema decides which answer it is. Errors: malformed, unsupported.
Result<node::Answer> decode_result(const Json& result);

/// The `params` of a notification, its "schema" first.
Json encode_params(const node::Event& event);
/// Errors: malformed, unsupported (an event that this release does not know).
Result<node::Event> decode_params(const Json& params);

}  // namespace ipop::control
