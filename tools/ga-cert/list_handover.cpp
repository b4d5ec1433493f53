#include "list_handover.hpp"

#include <chrono>
#include <vector>

#include "authority_groups.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
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

ExitStatus hand_to(const Context& context, const crypto::RevocationList& list, const AuthorityGroup& receiver) {
  const auto handed = ask(receiver.socket, list);
  const std::string number = std::to_string(list.number());
  if (handed) {
    context.streams.err << "The node of " << cli::printable(receiver.name) << " has list " << number
                        << " and spreads it.\n";
    return ExitStatus::done;
  }
  const Error& error = handed.error();
  const ExitStatus status = is_answer(error) ? ExitStatus::no : tools::status_of(error);
  if (status == ExitStatus::unreachable) {
    cli::complain(context.streams, tool,
                  "no node of the group " + receiver.name + " runs here (" + error.message() + "): list " + number +
                      " is signed but not yet in force there");
  } else {
    const std::string who = is_answer(error) ? "the node of " + receiver.name + " refused the list: " : "";
    cli::complain(context.streams, tool,
                  who + error.message() + " (list " + number + " is signed but not yet in force)");
  }
  return status;
}

}  // namespace

ExitStatus check_group(const Context& context, const crypto::Certificate& authority, const std::string& group) {
  if (group.empty() || !context.options.socket.empty()) return ExitStatus::done;
  const std::string path = files_of(context, group).config();
  const auto is_there = io::has_group(group, context.options.groups);
  if (!is_there) return report(context, is_there.error());
  if (!*is_there) {
    cli::complain(context.streams, tool, "this machine has no group \"" + group + "\" (" + path + " does not exist)");
    return ExitStatus::usage;
  }
  if (has_authority(context, group, authority)) return ExitStatus::done;
  cli::complain(context.streams, tool,
                "the group " + group + " has a different authority: its members would not accept this list");
  cli::suggest(context.streams, "omit --group: the groups of this authority are found automatically");
  return ExitStatus::usage;
}

ExitStatus hand_over(const Context& context, const crypto::RevocationList& list, const crypto::Certificate& authority,
                     const std::string& group) {
  const std::string& directory = context.options.directory;
  const std::string& chosen = context.options.authority;
  const std::string which = !directory.empty() ? " --dir " + directory
                            : !chosen.empty()  ? " --authority " + chosen
                                               : " --authority " + authority.user();
  const std::string again = "ga-cert revoke --publish" + which;
  const auto found = groups_of_authority(context, authority, group);
  if (!found)
    return report(context,
                  Error(found.error()).in("list " + std::to_string(list.number()) + " is signed but not yet in force"));
  if (found->empty()) {
    cli::complain(context.streams, tool,
                  "no group of this machine has this authority (none in " + context.options.groups + "): list " +
                      std::to_string(list.number()) + " is signed but not yet in force");
    cli::suggest(context.streams, again + "  # as root, when this machine is a member");
    return ExitStatus::unreachable;
  }
  ExitStatus worst = ExitStatus::done;
  std::size_t failed = 0;
  for (const AuthorityGroup& receiver : *found) {
    const ExitStatus status = hand_to(context, list, receiver);
    if (status == ExitStatus::done) continue;
    worst = status;
    ++failed;
    if (status == ExitStatus::unreachable && context.options.socket.empty())
      cli::suggest(context.streams, tools::start_command(receiver.name));
  }
  if (failed == 0) return ExitStatus::done;
  cli::suggest(context.streams, again + "  # as root, when the node runs");
  return failed < found->size() ? ExitStatus::partly : worst;
}

}  // namespace ipop::ga_cert
