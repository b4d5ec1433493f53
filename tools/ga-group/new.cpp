#include "closed_group.hpp"
#include "domain_choice.hpp"
#include "group_files.hpp"
#include "io/file.hpp"
#include "io/system_rng.hpp"
#include "node_settings.hpp"
#include "node_start.hpp"
#include "token_maker.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_authority = 65'536;

}  // namespace

ExitStatus carry_out(const Context& context, const NewGroup& verb) {
  if (verb.closed) return make_closed_group(context, verb);
  io::SystemRng rng;
  GroupFile file;
  file.path = path_of_group(context, verb.name);
  file.config.name = verb.name;
  file.config.name_space = groups::make_name_space(verb.name, rng);
  file.config.prefix = verb.prefix;
  file.config.domain = choose_domain(context, verb.name, verb.domain);
  file.config.bootstrap = verb.bootstrap;
  file.config.port = verb.port ? *verb.port : random_port(rng);

  if (!verb.authority.empty()) {
    const auto text = io::read_file(verb.authority, largest_authority);
    auto authority = text ? groups::parse_authority(*text) : Result<std::string>(text.error());
    if (!authority) {
      cli::complain(context.streams, tool, Error(authority.error()).in(verb.authority).message());
      return ExitStatus::bad_config;
    }
    file.config.authority = *std::move(authority);
  }
  if (io::exists(file.path)) {
    cli::complain(context.streams, tool, "there is a group \"" + verb.name + "\" already (" + file.path + ")");
    cli::suggest(context.streams, "ga-group token " + verb.name);
    cli::suggest(context.streams, context.options.typed.replacing(verb.name, "ANOTHER-NAME").text());
    return ExitStatus::no;
  }
  if (!check_prefix_is_free(context, verb.prefix, PrefixOf::this_command)) return ExitStatus::no;
  if (verb.dry_run) {
    choose_interface(context, file, true);
    mark_first_node(context, file, true);
    return show_changes(context, file, true, verb.start);
  }
  if (const ExitStatus chosen = choose_interface(context, file, false); chosen != ExitStatus::done) return chosen;
  if (const ExitStatus marked = mark_first_node(context, file, false); marked != ExitStatus::done) return marked;
  if (const ExitStatus written = write_group(context, file); written != ExitStatus::done) return written;
  context.streams.err << "Wrote " << file.path << '\n';

  if (!file.config.authority.empty() && !io::exists(node_files(context, verb.name).certificate())) {
    // Its node could do nothing yet.
    suggest_certificate(context, file);
    return print_token(context, file, {verb.expires, verb.qr}, false, "ga-group.new/1");
  }
  const NodeStart start = start_node(context, file, verb.start);
  const ExitStatus printed =
      print_token(context, file, {verb.expires, verb.qr}, start == NodeStart::started, "ga-group.new/1");
  // The group and its token are there, its node is not.
  return start == NodeStart::failed ? ExitStatus::partly : printed;
}

ExitStatus carry_out(const Context& context, const MakeToken& verb) {
  const auto file = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&file)) return *status;
  const auto& group = std::get<GroupFile>(file);
  const auto entrance = entrance_of(context, group);
  if (!entrance) return print_token(context, group, {verb.expires, verb.qr}, false, "ga-group.token/1");
  return print_token(context, entrance->file, {verb.expires, verb.qr}, false, "ga-group.token/1", entrance->token);
}

}  // namespace ipop::ga_group
