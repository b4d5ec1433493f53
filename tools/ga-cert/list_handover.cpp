#include "list_handover.hpp"

#include <chrono>

#include "node_waiting.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

// The node checks a signature and keeps the list before it answers.
constexpr auto answer_limit = std::chrono::seconds(10);

Result<node::DoneAnswer> ask(const std::string& socket, const crypto::RevocationList& list) {
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return std::move(client).error();
  node::RevokeCommand command;
  encode(list, command.list);
  return tools::ask_node<node::DoneAnswer>(*client, command, answer_limit);
}

/// The socket's own failures have words of the system; what the node says has a code of ours.
bool is_answer(const Error& error) {
  return error.code.category() == make_error_code(Errc::malformed).category();
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
  const ExitStatus status = is_answer(error) ? ExitStatus::no : tools::status_of(error);
  const std::string number = std::to_string(list.number());
  if (status == ExitStatus::unreachable) {
    cli::complain(context.streams, tool,
                  "no node of the group " + group + " runs here (" + error.message() + "): list " + number +
                      " is signed, and no member knows it yet");
  } else {
    const std::string who = is_answer(error) ? "the node refused the list: " : "";
    cli::complain(context.streams, tool,
                  who + error.message() + " (list " + number + " is signed, and was not handed over)");
  }
  const std::string& directory = context.options.directory;
  const std::string which = directory.empty() ? "--authority " + group : "--dir " + directory;
  cli::suggest(context.streams, "ga-cert revoke --publish " + which + " (as root, when the node runs)");
  return status;
}

}  // namespace ipop::ga_cert
