#include <string>

#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/rights.hpp"
#include "desk/enrolment_file.hpp"
#include "domain_choice.hpp"
#include "group_files.hpp"
#include "group_move.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/process.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"
#include "node_settings.hpp"
#include "node_start.hpp"
#include "node_waiting.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

// Above the longest token that is taken, so that a longer one is refused for its length.
constexpr std::size_t longest_input = (std::size_t{1} << 20U) + 1024;

std::string read_token(const JoinGroup& verb, std::istream& in) {
  if (verb.token != "-") return verb.token;
  std::string text;
  char c = 0;
  while (text.size() < longest_input && in.get(c))
    text.push_back(c);
  return text;
}

/// The token's group; a failure has been reported.
std::variant<groups::JoinToken, ExitStatus> read_join_token(const Context& context, const JoinGroup& verb) {
  auto token = groups::parse_join_token(read_token(verb, context.streams.in));
  if (!token) {
    cli::complain(context.streams, tool, token.error().message());
    cli::suggest(context.streams, "on a member of the group: ga-group token");
    cli::suggest(context.streams, context.options.typed.replacing(verb.words, "TOKEN").text());
    return ExitStatus::bad_config;
  }
  if (token->expires && *token->expires <= io::wall_time_now()) {
    cli::complain(context.streams, tool,
                  "the join token expired at " + cli::utc_text(*token->expires) + " (this machine's clock says " +
                      cli::utc_text(io::wall_time_now()) + ")");
    cli::suggest(context.streams, "on a member of the group: ga-group token " + token->group.name);
    cli::suggest(context.streams, context.options.typed.replacing(verb.words, "TOKEN").text() + "  # the new one");
    return ExitStatus::bad_config;
  }
  if (!verb.name.empty()) token->group.name = verb.name;
  return *std::move(token);
}

/// This machine has the closed group's file that asking with this token gives.
bool is_member_already(const GroupFile& known, const std::optional<crypto::Digest256>& asks) {
  const auto authority = crypto::Certificate::from_pem(known.config.authority);
  return asks && authority && authority->fingerprint() == *asks;
}

/// Another name under which this machine has the group.
std::optional<std::string> name_of_same_group(const Context& context, const GroupFile& file) {
  // Who may not look there may not write there either, and is told so then.
  for (const std::string& name : io::group_names(context.options.directory).value_or({})) {
    const auto known = read_group(path_of_group(context, name));
    // One that can't be read is complained of where it is meant.
    if (known && known->name_space == file.config.name_space) return name;
  }
  return std::nullopt;
}

/// Writes the file (only checks in a dry run) unless the machine is in this very group already.
/// `is_replaced`: a node may run by another file than this.
ExitStatus install(const Context& context, const JoinGroup& verb, const std::optional<crypto::Digest256>& asks,
                   GroupFile& file, bool& is_replaced) {
  if (!io::exists(file.path)) {
    if (const auto other = name_of_same_group(context, file)) {
      cli::complain(context.streams, tool, "this machine is already in this group, under the name " + *other);
      cli::suggest(context.streams, "ga status --group " + *other);
      return ExitStatus::no;
    }
    const bool is_free = check_prefix_is_free(context, file.config.prefix, PrefixOf::somebody);
    if (!is_free) return ExitStatus::no;
    if (verb.dry_run) return ExitStatus::done;
    const ExitStatus written = write_group(context, file);
    if (written != ExitStatus::done) return written;
    context.streams.err << "Wrote " << file.path << '\n';
    note_shared_domain(context, file);
    return ExitStatus::done;
  }
  auto present = load_file(context, file.path);
  if (const auto* status = std::get_if<ExitStatus>(&present)) return *status;
  auto& known = std::get<GroupFile>(present);
  if (known.config.name_space == file.config.name_space || is_member_already(known, asks)) {
    context.streams.err << "This machine is already in the group (" << file.path << ")\n";
    const bool is_this_group = known.config.name_space == file.config.name_space && !asks;
    if (is_this_group && known.config.address_server != file.config.address_server) {
      known.config.address_server = std::move(file.config.address_server);
      file = std::move(known);
      is_replaced = true;
      if (verb.dry_run) return ExitStatus::done;
      const ExitStatus written = write_group(context, file);
      if (written == ExitStatus::done) context.streams.err << "Wrote " << file.path << ": who assigns the addresses\n";
      return written;
    }
    file = std::move(known);
    return ExitStatus::done;
  }
  if (verb.replace) {
    file.config.name = known.config.name;
    file.config.port = known.config.port;
    is_replaced = true;
    return verb.dry_run ? ExitStatus::done : write_move(context, {std::move(known), file.config});
  }
  cli::complain(context.streams, tool,
                "this machine has a different group called \"" + file.config.name + "\" (" + file.path + ")");
  const cli::TypedCommand again =
      verb.token == "-" ? context.options.typed : context.options.typed.replacing(verb.words, "TOKEN");
  cli::suggest(context.streams, again.with("--name", file.config.name + "-2").text());
  cli::suggest(context.streams, again.with("--replace").text() + "  # and leave the other one");
  return ExitStatus::no;
}

/// Writes down, for who looks at this machine before the certificate is there, whose yes it needs.
ExitStatus note_way(const Context& context, const JoinGroup& verb, const GroupFile& file,
                    const std::optional<crypto::Digest256>& asks) {
  if (!asks || !file.config.authority.empty()) {
    const auto gone = desk::forget_enrolment(file.path);
    return gone ? ExitStatus::done : report_file_error(context, gone.error());
  }
  const auto known = desk::load_enrolment(file.path);
  if (known && *known && (*known)->authority == *asks) return ExitStatus::done;
  authority::EnrolmentRecord record;
  record.authority = *asks;
  record.user = verb.user;
  record.at = io::wall_time_now();
  const auto kept = desk::keep_enrolment(file.path, record);
  return kept ? ExitStatus::done : report_file_error(context, kept.error());
}

ExitStatus wait_for_address(const Context& context, const JoinGroup& verb, const GroupFile& file) {
  const auto status = tools::wait_for_lease(context.streams, node_socket(context, file), verb.timeout);
  if (!status) {
    const ExitStatus code = tools::status_of(status.error());
    cli::complain(context.streams, tool, "the node has no address yet: " + status.error().message());
    cli::suggest(context.streams, code == ExitStatus::unreachable ? tools::start_command(file.config.name)
                                                                  : "ipop-ctl --group " + file.config.name + " status");
    return code;
  }
  if (status->revoked) {
    cli::complain(context.streams, tool,
                  "this machine's certificate was revoked on " + cli::utc_text(*status->revoked) +
                      ": no member talks to it any more");
    cli::suggest(context.streams, "ga-group leave " + file.config.name);
    return ExitStatus::no;
  }
  std::string names;
  for (const std::string& name : status->names)
    names += (names.empty() ? "" : ", ") + name + "." + status->domain;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-group.join/1");
    json.field("group", file.config.name);
    json.field("file", file.path);
    json.field("started", true);
    json.field("address", to_string(*status->address));
    json.begin_array("names");
    for (const std::string& name : status->names)
      json.element(name + "." + status->domain);
    json.end();
    context.streams.out << json.text() << '\n';
  } else if (context.options.output.plain) {
    context.streams.out << file.config.name << '\t' << to_string(*status->address) << '\n';
  } else {
    context.streams.out << "joined " << file.config.name << " as " << to_string(*status->address)
                        << (names.empty() ? "" : " (" + names + ")") << '\n';
  }
  return ExitStatus::done;
}

/// The machine has an address in the network of those who ask: what follows is ga-cert's.
ExitStatus ask_for_certificate(const Context& context, const JoinGroup& verb, const GroupFile& file,
                               const crypto::Digest256& authority) {
  const std::string socket = node_socket(context, file);
  const auto status = tools::wait_for_lease(context.streams, socket, verb.timeout);
  if (!status) return tools::report_node_error(context.streams, tool, status.error(), socket);
  context.streams.err << "This machine is on the network where machines ask for their certificate (as "
                      << to_string(*status->address) << "); asking for it.\n";
  std::vector<std::string> command{"ga-cert", "--groups", context.options.directory, "--states", context.options.states,
                                   "join",    "--group",  file.config.name};
  // An enrolment token names the authority as well.
  if (verb.enrolment_file.empty())
    command.insert(command.end(), {"--fingerprint", to_hex(authority)});
  else
    command.insert(command.end(), {"--token-file", verb.enrolment_file});
  if (!context.options.socket.empty()) command.insert(command.begin() + 1, {"--socket", context.options.socket});
  if (!verb.user.empty()) command.insert(command.end(), {"--user", verb.user});
  if (context.options.output.json) command.insert(command.begin() + 1, "--json");
  if (context.options.output.plain) command.insert(command.begin() + 1, "--plain");
  const Error error = io::replace_process(command);
  cli::complain(context.streams, tool, error.message());
  return ExitStatus::no;
}

/// Whether the group's node runs. Who may neither ask nor start it gets no further: that has been reported.
std::variant<bool, ExitStatus> find_node(const Context& context, const GroupFile& file) {
  const std::string socket = node_socket(context, file);
  const auto client = daemon::ControlClient::connect(socket);
  if (client) return true;
  if (tools::status_of(client.error()) == ExitStatus::permission)
    return tools::report_node_error(context.streams, tool, client.error(), socket);
  if (io::is_root() || context.options.directory != system_directory) return false;
  cli::complain(context.streams, tool,
                "the node of " + file.config.name + " is not running, and only root may start it");
  cli::suggest_root(context.streams);
  return ExitStatus::permission;
}

}  // namespace

ExitStatus carry_out(const Context& context, const JoinGroup& verb) {
  auto read = read_join_token(context, verb);
  if (const auto* status = std::get_if<ExitStatus>(&read)) return *status;
  auto& token = std::get<groups::JoinToken>(read);
  GroupFile file;
  file.config = std::move(token.group);
  file.path = path_of_group(context, file.config.name);
  const bool is_new = !io::exists(file.path);
  bool is_replaced = false;
  if (const ExitStatus installed = install(context, verb, token.asks, file, is_replaced); installed != ExitStatus::done)
    return installed;
  // Who moves to another group keeps the interface.
  const ExitStatus chosen = is_replaced ? ExitStatus::done : choose_interface(context, file, verb.dry_run);
  if (verb.dry_run) return show_changes(context, file, is_new || is_replaced, verb.start && !is_replaced);
  if (chosen != ExitStatus::done) return chosen;
  if (const ExitStatus noted = note_way(context, verb, file, token.asks); noted != ExitStatus::done) return noted;
  if ((is_new || is_replaced) && file.config.bootstrap.empty())
    context.streams.err << "The token contains no bootstrap address: only members on the same LAN will be found.\n";

  if (is_replaced) {
    const auto moved =
        tools::reload_until(context.streams, node_socket(context, file), "an address", verb.timeout,
                            [&](const auto& status) { return tools::has_arrived(status, file.config.name_space); });
    if (moved) return wait_for_address(context, verb, file);
    if (tools::status_of(moved.error()) != ExitStatus::unreachable)
      return tools::report_node_error(context.streams, tool, moved.error(), node_socket(context, file));
  }
  const bool asks = token.asks && file.config.authority.empty();
  const auto runs = is_new ? std::variant<bool, ExitStatus>(false) : find_node(context, file);
  if (const auto* status = std::get_if<ExitStatus>(&runs)) return *status;
  if (std::get<bool>(runs))
    return asks ? ask_for_certificate(context, verb, file, *token.asks) : wait_for_address(context, verb, file);
  switch (start_node(context, file, verb.start)) {
    case NodeStart::started:
      return asks ? ask_for_certificate(context, verb, file, *token.asks) : wait_for_address(context, verb, file);
    case NodeStart::failed: return ExitStatus::partly;
    case NodeStart::by_hand: break;
  }
  if (asks) cli::suggest(context.streams, "the same command again  # once the node runs: it asks for the certificate");
  if (context.options.output.json) {
    cli::JsonWriter json("ga-group.join/1");
    json.field("group", file.config.name);
    json.field("file", file.path);
    json.field("started", false);
    json.field("command", node_command(context, file));
    context.streams.out << json.text() << '\n';
  }
  return ExitStatus::done;
}

}  // namespace ipop::ga_group
