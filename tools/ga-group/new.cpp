#include "group_files.hpp"
#include "interface_choice.hpp"
#include "io/file.hpp"
#include "io/system_rng.hpp"
#include "node_start.hpp"
#include "token_maker.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

// Below the ports that Linux gives to outgoing connections (32768 and up), above the registered ones
// in common use, so that it is free and a router's mapping to it stays right.
constexpr std::uint64_t first_port = 20'000;
constexpr std::uint64_t port_count = 12'768;
constexpr std::size_t largest_authority = 65'536;

}  // namespace

ExitStatus carry_out(const Context& context, const NewGroup& verb) {
  io::SystemRng rng;
  GroupFile file;
  file.path = path_of_group(context, verb.name);
  file.config.name = verb.name;
  file.config.name_space = appliance::make_name_space(verb.name, rng);
  file.config.prefix = verb.prefix;
  file.config.domain = verb.domain;
  file.config.bootstrap = verb.bootstrap;
  file.config.port = verb.port ? *verb.port : static_cast<std::uint16_t>(first_port + rng.below(port_count));

  if (!verb.authority.empty()) {
    const auto text = io::read_file(verb.authority, largest_authority);
    auto authority = text ? appliance::parse_authority(*text) : Result<std::string>(text.error());
    if (!authority) {
      cli::complain(context.streams, tool, Error(authority.error()).in(verb.authority).message());
      return ExitStatus::bad_config;
    }
    file.config.authority = *std::move(authority);
  }
  if (io::exists(file.path)) {
    cli::complain(context.streams, tool, "there is a group \"" + verb.name + "\" already (" + file.path + ")");
    cli::suggest(context.streams, "ga-group token " + verb.name + ", or ga-group new ANOTHER-NAME");
    return ExitStatus::no;
  }
  if (!check_prefix_is_free(context, verb.prefix, "ga-group new " + verb.name + " --prefix ")) return ExitStatus::no;
  if (verb.dry_run) {
    choose_interface(context, file, true);
    return show_changes(context, file, true, verb.start);
  }
  if (const ExitStatus written = write_group(context, file); written != ExitStatus::done) return written;
  context.streams.err << "Wrote " << file.path << '\n';
  if (const ExitStatus chosen = choose_interface(context, file, false); chosen != ExitStatus::done) return chosen;

  const NodeStart start = start_node(context, file, verb.start);
  const ExitStatus printed = print_token(context, file, verb.expires, start == NodeStart::started, "ga-group.new/1");
  // The group and its token are there, its node is not.
  return start == NodeStart::failed ? ExitStatus::partly : printed;
}

ExitStatus carry_out(const Context& context, const MakeToken& verb) {
  const auto file = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&file)) return *status;
  return print_token(context, std::get<GroupFile>(file), verb.expires, false, "ga-group.token/1");
}

}  // namespace ipop::ga_group
