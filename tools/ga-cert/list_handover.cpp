#include "list_handover.hpp"

#include <chrono>

#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "io/control_socket.hpp"
#include "node_connection.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;
using Json = nlohmann::ordered_json;

// The node checks a signature and keeps the list before it answers.
constexpr auto answer_limit = std::chrono::seconds(10);

/// Errors: those of the socket; not_authorized and others that the node gives, in its words.
Result<void> ask(const std::string& socket, const crypto::RevocationList& list) {
  auto client = io::LineClient::connect(socket);
  if (!client) return std::move(client).error();
  Bytes octets;
  encode(list, octets);
  const Json request{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "revoke"}, {"params", {{"list", to_base64(octets)}}}};
  if (auto sent = client->send(request.dump(), answer_limit); !sent) return sent;
  const auto line = client->receive(answer_limit);
  if (!line) return line.error();
  const Json answer = Json::parse(*line, nullptr, false);
  if (!answer.is_object() || (!answer.contains("result") && !answer.contains("error")))
    return {Errc::malformed, "the node's answer makes no sense"};
  if (answer.contains("result")) return {};
  const Json& error = answer["error"];
  const bool has_words = error.is_object() && error.contains("message") && error["message"].is_string();
  const std::string words = has_words ? error["message"].get<std::string>() : "it gave no reason";
  // JSON-RPC 2.0, 5.1, and what the control socket answers to users who may only look.
  constexpr int unknown_method = -32601;
  constexpr int not_permitted = -32001;
  const bool has_code = error.is_object() && error.contains("code") && error["code"].is_number_integer();
  const int code = has_code ? error["code"].get<int>() : 0;
  if (code == unknown_method) return {Errc::unsupported, "the node is of a release without revocation"};
  if (code == not_permitted) return make_error(std::make_error_code(std::errc::permission_denied), words);
  return {Errc::not_authorized, "the node refused the list: " + words};
}

}  // namespace

ExitStatus hand_over(const Context& context, const crypto::RevocationList& list, const std::string& group) {
  const std::string& given = context.options.socket;
  const std::string socket = given.empty() ? tools::socket_of_group(group) : given;
  const auto handed = ask(socket, list);
  if (handed) {
    context.streams.err << "The node has list " << list.number() << " and spreads it.\n";
    return ExitStatus::done;
  }
  const Error& error = handed.error();
  const bool refused =
      error.code == Errc::not_authorized || error.code == Errc::unsupported || error.code == Errc::malformed;
  const ExitStatus status = refused ? ExitStatus::no : tools::status_of(error);
  const std::string number = std::to_string(list.number());
  if (status == ExitStatus::unreachable) {
    cli::complain(context.streams, tool,
                  "no node of the group " + group + " runs here (" + error.message() + "): list " + number +
                      " is signed, and no member knows it yet");
  } else {
    cli::complain(context.streams, tool, error.message() + " (list " + number + " is signed, and was not handed over)");
  }
  const std::string& directory = context.options.directory;
  const std::string which = directory.empty() ? "--authority " + group : "--dir " + directory;
  cli::suggest(context.streams, "ga-cert revoke --publish " + which + " (as root, when the node runs)");
  return status;
}

}  // namespace ipop::ga_cert
