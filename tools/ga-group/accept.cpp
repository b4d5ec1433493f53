#include <optional>

#include "cli/text.hpp"
#include "crypto/sealed_message.hpp"
#include "group_move.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "sealed_file.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

/// The authority that the group had before this machine's last move; none without the copy of that time.
std::optional<crypto::Certificate> former_authority(const GroupFile& file) {
  const std::string path = kept_copy(file.path);
  const auto text = io::read_file(path, largest_group_file);
  const auto config = text ? groups::parse_group_config(*text, path) : Result<groups::GroupConfig>(text.error());
  auto authority =
      config ? crypto::Certificate::from_pem(config->authority) : Result<crypto::Certificate>(config.error());
  return authority ? std::optional(*std::move(authority)) : std::nullopt;
}

/// Whether `sealed` is what brought this machine to where it is: written by the authority before this one.
bool was_followed(ByteSpan sealed, const GroupFile& file, const crypto::PrivateKey& key) {
  const auto former = former_authority(file);
  const auto text = former ? crypto::open_message(sealed, *former, key) : Result<Bytes>(Errc::not_found);
  const auto handover =
      text ? groups::parse_group_handover(as_text(*text)) : Result<groups::GroupHandover>(text.error());
  return handover && handover->group.name_space == file.config.name_space &&
         handover->group.authority == file.config.authority;
}

ExitStatus stay(const Context& context, const AcceptHandover& verb, const GroupFile& file) {
  context.streams.err << "This machine is already there (" << cli::printable(file.path) << ")\n";
  return verb.dry_run ? ExitStatus::done : reload_node(context, file, verb.timeout, "ga-group.accept/1");
}

/// What the group's authority wrote to the holder of `key`; else how the command ends: a failure has been
/// reported, and a hand-over that was followed before is none.
std::variant<groups::GroupHandover, ExitStatus> open_handover(const Context& context, const AcceptHandover& verb,
                                                              const GroupFile& file, const crypto::PrivateKey& key) {
  const std::string name = verb.file == "-" ? "stdin" : verb.file;
  const auto sealed = read_sealed_file(context, verb.file);
  if (!sealed) return report_key_error(context, sealed.error());
  const auto authority = crypto::Certificate::from_pem(file.config.authority);
  if (!authority) {
    cli::complain(context.streams, tool, file.path + ": " + authority.error().message());
    return ExitStatus::bad_config;
  }
  const auto text = crypto::open_message(*sealed, *authority, key);
  if (!text && was_followed(*sealed, file, key)) return stay(context, verb, file);
  if (!text) {
    cli::complain(context.streams, tool, name + ": " + text.error().message());
    if (text.error().code != Errc::not_authorized) return ExitStatus::bad_config;
    cli::suggest(context.streams, "ask the authority's administrator whether this machine was left out");
    return ExitStatus::no;
  }
  auto handover = groups::parse_group_handover(as_text(*text));
  if (handover) return *std::move(handover);
  cli::complain(context.streams, tool, name + ": " + handover.error().message());
  return ExitStatus::bad_config;
}

}  // namespace

ExitStatus carry_out(const Context& context, const AcceptHandover& verb) {
  io::harden_process();
  auto loaded = load_group(context, verb.group);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  auto& file = std::get<GroupFile>(loaded);
  if (file.config.authority.empty()) {
    cli::complain(context.streams, tool,
                  file.config.name +
                      " is an open group: nobody could have signed a hand-over, nor sealed it for this"
                      " machine");
    cli::suggest(context.streams, "ga-group join --replace TOKEN  # what `ga-group rotate` printed");
    return ExitStatus::usage;
  }
  const std::string state = state_directory_of(file, verb.state_directory);
  const auto key = read_node_key(state);
  if (!key) return report_key_error(context, key.error());
  const auto opened = open_handover(context, verb, file, *key);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  const auto& handover = std::get<groups::GroupHandover>(opened);

  if (handover.group.name_space == file.config.name_space) return stay(context, verb, file);
  auto move = plan_move(std::move(file), handover, key->public_key(), state, io::wall_time_now());
  if (!move) {
    cli::complain(context.streams, tool, move.error().message());
    return ExitStatus::no;
  }
  if (verb.dry_run) {
    show_move(context, *move);
    return ExitStatus::done;
  }
  if (const ExitStatus written = write_move(context, *move); written != ExitStatus::done) return written;
  return reload_node(context, {move->file.path, move->next}, verb.timeout, "ga-group.accept/1");
}

}  // namespace ipop::ga_group
