#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/group_files.hpp"
#include "base/hex.hpp"
#include "cli/rights.hpp"
#include "cli/text.hpp"
#include "desk/authority_desk.hpp"
#include "group_move.hpp"
#include "groups/group_handover.hpp"
#include "io/file.hpp"
#include "io/passphrase.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"
#include "member_choice.hpp"
#include "sealed_file.hpp"
#include "token_maker.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;
using desk::AuthorityDesk;

ExitStatus report_usage(const Context& context, const std::string& message) {
  cli::complain(context.streams, tool, message);
  return ExitStatus::usage;
}

ExitStatus report_desk(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (cli::is_refused(error.code)) cli::suggest_root(context.streams);
  if (cli::is_refused(error.code) || error.code == Errc::bad_checksum) return ExitStatus::permission;
  const bool broken =
      error.code == Errc::malformed || error.code == Errc::not_authorized || error.code == Errc::unsupported;
  return broken ? ExitStatus::bad_config : ExitStatus::no;
}

/// An authority with its key read; a failure has been reported.
std::variant<AuthorityDesk, ExitStatus> open_desk(const Context& context, const std::string& directory,
                                                  const std::string& passphrase_file) {
  const auto passphrase = [directory, passphrase_file]() -> Result<std::string> {
    if (!passphrase_file.empty()) return io::read_passphrase_file(passphrase_file);
    return io::ask_passphrase("Passphrase of " + cli::printable(AuthorityFiles(directory).key()) + ": ");
  };
  auto desk = AuthorityDesk::open(directory, passphrase);
  if (!desk) return report_desk(context, desk.error());
  for (const std::string& note : desk->take_notes())
    cli::complain(context.streams, tool, note);
  if (auto unlocked = desk->unlock(); !unlocked) {
    if (unlocked.error().code != Errc::not_found) return report_desk(context, unlocked.error());
    return report_usage(context, "the key of " + directory +
                                     " has a passphrase, and there is no terminal to ask on: pass" +
                                     " --passphrase-file FILE (of a new authority: --new-passphrase-file FILE)");
  }
  return *std::move(desk);
}

/// The group goes on under another namespace; the rest of the file stays.
groups::GroupConfig next_group(const RotateGroup& verb, groups::GroupConfig group) {
  io::SystemRng rng;
  group.name_space = groups::make_name_space(group.name, rng);
  group.port.reset();
  for (const auto& entry : verb.bootstrap)
    if (std::ranges::find(group.bootstrap, entry) == group.bootstrap.end()) group.bootstrap.push_back(entry);
  return group;
}

/// What was written aside becomes the file that everybody may read.
Result<void> publish_part(const std::string& part, const std::string& out) {
  std::error_code error;
  std::filesystem::permissions(part, std::filesystem::perms(0644), error);
  if (error) return make_error(error, part);
  return io::rename_file(part, out);
}

ExitStatus rotate_open(const Context& context, const RotateGroup& verb, GroupFile file) {
  const bool wants_members = !verb.members.empty() || !verb.all_except.empty() || verb.all || !verb.out.empty() ||
                             !verb.authority.empty() || !verb.signer.empty();
  if (wants_members) {
    return report_usage(context, file.config.name +
                                     " is an open group: it has no certificates, so nothing can be sealed for some of"
                                     " its members; without --out and --member it gets a new namespace and a token,"
                                     " which you hand to those who should follow");
  }
  Move move{file, next_group(verb, file.config)};
  move.next.port = file.config.port;
  if (verb.dry_run) {
    show_move(context, move);
    return ExitStatus::done;
  }
  if (const ExitStatus written = write_move(context, move); written != ExitStatus::done) return written;
  const GroupFile next{file.path, move.next};
  // The token is what the others need; a node that does not run is no reason to keep it back.
  context.streams.err
      << "Hand this token to those who should follow, over a channel that the others can't read; they run"
         " `ga-group join --replace TOKEN`.\n";
  const ExitStatus printed = print_token(context, next, {std::chrono::hours(24 * 7)}, false, "ga-group.rotate/1");
  if (verb.stay || printed != ExitStatus::done) return printed;
  // stdout is the token alone.
  const cli::Streams quiet{context.streams.in, context.streams.err, context.streams.err};
  return reload_node({context.options, quiet}, next, verb.timeout, "ga-group.rotate/1");
}

void show_choice(const Context& context, const MemberChoice& choice) {
  const auto list = [&](const char* what, const std::vector<crypto::Certificate>& members) {
    for (const crypto::Certificate& member : members)
      context.streams.out << what << '\t' << cli::printable(member.user()) << '\t'
                          << to_hex(member.key_fingerprint()).substr(0, 16) << '\n';
  };
  list("taken along", choice.taken);
  list("left behind", choice.left);
}

void warn_of_left(const Context& context, const MemberChoice& choice, bool same_authority) {
  if (choice.left.empty() || !same_authority) return;
  context.streams.err << choice.left.size() << (choice.left.size() == 1 ? " member is" : " members are")
                      << " left behind with a valid certificate: who of them learns the new namespace in another way"
                         " is a member again. To shut them out: ga-cert revoke, or a new authority (--authority).\n";
}

/// Certificates of the new authority for those who are taken along; a failure has been reported.
std::variant<std::vector<crypto::Certificate>, ExitStatus> sign_anew(const Context& context, AuthorityDesk& authority,
                                                                     const std::vector<crypto::Certificate>& members) {
  std::vector<crypto::Certificate> out;
  for (const crypto::Certificate& member : members) {
    auto certificate = authority.take_over(member, io::wall_time_now());
    if (!certificate) {
      cli::complain(context.streams, tool, "for " + member.user() + ": " + certificate.error().message());
      return ExitStatus::no;
    }
    out.push_back(*std::move(certificate));
  }
  return out;
}

ExitStatus rotate_closed(const Context& context, const RotateGroup& verb, const GroupFile& file) {
  if (verb.out.empty() && !verb.dry_run) return report_usage(context, "no file for the hand-over: pass --out FILE");
  if (verb.members.empty() && verb.all_except.empty() && !verb.all)
    return report_usage(context, "no members chosen: pass --member WHO, --all-except WHO or --all");
  const std::string directory =
      verb.signer.empty() ? std::string(authorities_directory) + "/" + file.config.name : verb.signer;
  auto opened = open_desk(context, directory, verb.passphrase_file);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& signer = std::get<AuthorityDesk>(opened);
  const auto present = crypto::Certificate::from_pem(file.config.authority);
  if (!present || present->der() != signer.authority().der()) {
    cli::complain(context.streams, tool, directory + " is not the authority that " + file.path + " names");
    cli::suggest(context.streams, context.options.typed.with("--signer", "DIR").text());
    return ExitStatus::bad_config;
  }
  const WallTime now = io::wall_time_now();
  const auto choice = choose_members(signer.book(), {verb.members, verb.all_except, verb.all}, now);
  if (!choice) return report_desk(context, choice.error());
  if (verb.dry_run) {
    show_choice(context, *choice);
    return ExitStatus::done;
  }
  if (choice->taken.empty()) {
    cli::complain(context.streams, tool, "no member would be included; nothing was done");
    return ExitStatus::no;
  }

  const std::string state = state_directory_of(file, verb.state_directory);
  const auto own_key = read_node_key(state);
  if (!own_key && own_key.error().code != std::errc::no_such_file_or_directory && !verb.stay)
    return report_key_error(context, own_key.error());
  const auto is_own = [&](const crypto::Certificate& it) {
    return own_key && it.public_key() == own_key->public_key();
  };
  const bool moves = !verb.stay && std::ranges::any_of(choice->taken, is_own);

  groups::GroupHandover handover{file.config.name_space};
  // Others find the new ring by what this machine's node is known by: it goes first.
  handover.group = next_group(verb, moves ? with_known_endpoints(context, file) : file.config);
  std::optional<AuthorityDesk> successor;
  if (!verb.authority.empty()) {
    const std::string parent = std::filesystem::path(verb.authority).parent_path().string();
    auto next = open_desk(context, parent.empty() ? "." : parent, verb.new_passphrase_file);
    if (const auto* status = std::get_if<ExitStatus>(&next)) return *status;
    successor = std::get<AuthorityDesk>(std::move(next));
    auto certificates = sign_anew(context, *successor, choice->taken);
    if (const auto* status = std::get_if<ExitStatus>(&certificates)) return *status;
    handover.certificates = std::get<std::vector<crypto::Certificate>>(std::move(certificates));
    handover.group.authority = successor->authority().to_pem();
  }
  const auto sealed = signer.seal(as_bytes(to_string(handover)), choice->taken, now);
  if (!sealed) return report_desk(context, sealed.error());

  std::optional<Move> move;
  if (moves) {
    auto planned = plan_move(file, handover, own_key->public_key(), state, now);
    if (!planned) return report_desk(context, planned.error());
    move = *std::move(planned);
  }

  // What can't be written leaves nobody behind.
  const std::string part = verb.out + ".part";
  if (verb.out != "-") {
    if (auto place = io::check_place(verb.out); !place) return report_file_error(context, place.error());
    if (auto written = io::write_file_atomically(part, to_pem(*sealed), 0600); !written)
      return report_file_error(context, written.error());
  }

  // Noted before anybody has the hand-over: the authority's server gives the new file to no one of these.
  std::vector<Bytes> left;
  for (const crypto::Certificate& member : choice->left)
    left.push_back(member.serial());
  if (auto noted = signer.leave_out(left, now); !noted) {
    if (verb.out != "-") (void)io::remove_file(part);
    return report_desk(context, noted.error());
  }

  if (verb.out == "-") {
    context.streams.out << to_pem(*sealed) << std::flush;
    if (!context.streams.out) {
      cli::complain(context.streams, tool, "nobody has the hand-over, so this machine's node stays where it is");
      return ExitStatus::no;
    }
  } else if (auto written = publish_part(part, verb.out); !written) {
    return report_file_error(context, written.error());
  } else {
    context.streams.err << "Wrote " << cli::printable(verb.out) << " for " << choice->taken.size()
                        << (choice->taken.size() == 1 ? " member" : " members")
                        << "; nobody else can read it. Each runs"
                        << " `ga-group accept " << cli::printable(verb.out) << "`.\n";
  }
  warn_of_left(context, *choice, verb.authority.empty());
  if (!move) {
    context.streams.err << "This machine's node " << (verb.stay ? "stays" : "is not among them: it stays")
                        << " where it is.\n";
    if (handover.group.bootstrap.empty())
      context.streams.err << "The new group has no bootstrap address: pass --bootstrap HOST:PORT.\n";
    return ExitStatus::done;
  }
  if (const ExitStatus status = write_move(context, *move); status != ExitStatus::done) return status;
  std::ostream& out = verb.out == "-" ? context.streams.err : context.streams.out;
  const cli::Streams streams{context.streams.in, out, context.streams.err};
  return reload_node({context.options, streams}, {move->file.path, move->next}, verb.timeout, "ga-group.rotate/1");
}

}  // namespace

ExitStatus carry_out(const Context& context, const RotateGroup& verb) {
  io::harden_process();
  auto loaded = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  auto& file = std::get<GroupFile>(loaded);
  if (file.config.authority.empty()) return rotate_open(context, verb, std::move(file));
  return rotate_closed(context, verb, file);
}

}  // namespace ipop::ga_group
