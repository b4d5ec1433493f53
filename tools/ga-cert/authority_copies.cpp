// backup, restore and resume: what keeps an authority when a disk or a machine is lost.

#include <string>
#include <vector>

#include "authority/authority_backup.hpp"
#include "authority_groups.hpp"
#include "base/group_files.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "crypto/passphrase_message.hpp"
#include "desk_choice.hpp"
#include "group_memory.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "node_connection.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_kept_group = std::size_t{1} << 20U;

ExitStatus report_backup(const Context& context, const std::string& path, const Error& error) {
  const std::string file = path == "-" ? "stdin" : path;
  cli::complain(context.streams, tool, file + ": " + error.message());
  return error.code == Errc::bad_checksum ? ExitStatus::permission : ExitStatus::bad_config;
}

Result<authority::AuthorityBackup> read_backup(ByteSpan der, const std::string& passphrase) {
  const auto octets = crypto::unlock_message(der, passphrase);
  if (!octets) return octets.error();
  return authority::decode_authority_backup(*octets);
}

void print_backup(const Context& context, const std::string& path, const AuthorityDesk& desk, WallTime at) {
  std::ostream& out = path == "-" ? context.streams.err : context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.backup/1");
    json.field("authority", desk.name());
    json.field("file", path);
    json.field("entries", desk.book().count());
    json.field("time", at.seconds);
    out << json.text() << '\n';
  } else if (context.options.output.plain) {
    out << desk.name() << '\t' << path << '\t' << desk.book().count() << '\t' << at.seconds << '\n';
  } else {
    out << "wrote " << cli::printable(path) << ": the authority " << desk.name()
        << " with its key and ledger, up to entry " << desk.book().count() << ", read back and found whole\n";
  }
}

/// Without the files of its groups a new machine had an authority and no way to its members.
Result<void> add_groups(const Context& context, const crypto::Certificate& authority,
                        authority::AuthorityBackup& backup) {
  const auto groups = closed_group_names(context);
  if (!groups) return groups.error();
  for (const std::string& group : *groups) {
    if (!has_authority(context, group, authority)) continue;
    for (const std::string& name : {group, entrance_name_of(group)}) {
      const auto text = io::read_file(files_of(context, name).config(), largest_kept_group);
      if (text) backup.files.push_back({std::string(authority::AuthorityBackup::groups) + name + ".toml", *text});
    }
  }
  return {};
}

/// The files of groups that this machine has not; false: one could not be written, which has been reported.
bool restore_groups(const Context& context, const authority::AuthorityBackup& backup, const AuthorityDesk& desk) {
  std::vector<std::string> closed;
  for (const auto& file : backup.files) {
    if (!file.name.starts_with(authority::AuthorityBackup::groups)) continue;
    const std::string name = file.name.substr(authority::AuthorityBackup::groups.size());
    const std::string path = context.options.groups + "/" + name;
    if (io::exists(path)) continue;
    auto written = io::make_directories(context.options.groups, 0755);
    if (written) written = io::write_file_atomically(path, file.octets, 0644);
    if (!written) {
      (void)report(context, written.error());
      return false;
    }
    context.streams.err << "Wrote " << cli::printable(path) << '\n';
    const std::string group = name.substr(0, name.rfind('.'));
    if (has_authority(context, group, desk.authority())) closed.push_back(group);
  }
  for (const std::string& group : closed)
    cli::suggest(context.streams, "ga-group close " + group + "  # makes this machine a member again");
  return true;
}

}  // namespace

ExitStatus carry_out(const Context& context, const BackupAuthority& verb) {
  io::harden_process();
  if (verb.file == "-" && context.streams.out_is_terminal) {
    cli::complain(context.streams, tool, "a backup is not for a terminal: name a file");
    return ExitStatus::usage;
  }
  auto opened = open_desk_to_change(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const auto passphrase = new_passphrase(context, "Passphrase for the backup");
  if (!passphrase) return report_passphrase(context, passphrase.error());
  if (!*passphrase) {
    cli::complain(context.streams, tool, "a backup holds the authority's key, so it needs a passphrase");
    return ExitStatus::usage;
  }
  const WallTime now = io::wall_time_now();
  auto backup = desk.backup(now);
  if (!backup) return report(context, backup.error());
  if (auto added = add_groups(context, desk.authority(), *backup); !added) return report(context, added.error());
  const auto locked = crypto::lock_message(encode(*backup), **passphrase);
  if (!locked) return report(context, locked.error());
  if (auto written = write_output(context, verb.file, as_text(*locked), 0600); !written)
    return report(context, written.error());
  // What was written, not what was meant, is what somebody will need.
  const auto on_disk = verb.file == "-" ? Result<std::string>(std::string(as_text(*locked)))
                                        : io::read_file(verb.file, crypto::max_locked_message);
  if (!on_disk) return report(context, on_disk.error());
  const auto again = read_backup(as_bytes(*on_disk), **passphrase);
  if (!again || *again != *backup) {
    cli::complain(context.streams, tool,
                  verb.file + ": what was written can't be read back" + (again ? "" : ": " + again.error().message()));
    return ExitStatus::no;
  }
  print_backup(context, verb.file, desk, now);
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const RestoreAuthority& verb) {
  io::harden_process();
  const auto der = read_input(context, verb.file, crypto::max_locked_message);
  if (!der) return report(context, der.error());
  const auto passphrase = passphrase_source(context, "Passphrase of the backup: ")();
  if (!passphrase) return report_key(context, passphrase.error());
  const auto backup = read_backup(as_bytes(*der), *passphrase);
  if (!backup) return report_backup(context, verb.file, backup.error());
  const std::string directory = authority_directory(context, backup->name);
  if (verb.dry_run) {
    for (const auto& file : backup->files)
      context.streams.out << "+++ " << cli::printable(directory + "/" + file.name) << '\n';
    return ExitStatus::done;
  }
  if (const auto slash = directory.rfind('/'); slash != std::string::npos && slash != 0) {
    if (auto made = io::make_directories(directory.substr(0, slash), 0755); !made) return report(context, made.error());
  }
  const auto aside = AuthorityDesk::restore(directory, *backup, verb.force, io::wall_time_now());
  if (!aside) {
    const ExitStatus status = report(context, aside.error());
    if (aside.error().code == Errc::conflict)
      cli::suggest(context.streams, "the same with --force, to put the backup in its place all the same  # it is kept");
    return status;
  }
  if (!aside->empty()) context.streams.err << "What was there is in " << cli::printable(*aside) << ".\n";
  auto desk = AuthorityDesk::open(directory, passphrase_source(context, "Passphrase of the authority's key: "));
  if (!desk) return report(context, desk.error());
  report_notes(context, *desk);
  context.streams.out << "restored " << cli::printable(directory) << " as of " << cli::utc_text(backup->at)
                      << ", up to entry " << desk->book().count() << '\n';
  if (!restore_groups(context, *backup, *desk)) return ExitStatus::partly;
  // What was decided since the backup is not in it; the group may know.
  if (const ExitStatus same = check_ledger(context, *desk); same != ExitStatus::done) return ExitStatus::partly;
  cli::suggest(context.streams, "ga-cert list" + same_authority(context));
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const ResumeAuthority& verb) {
  io::harden_process();
  const WallTime now = io::wall_time_now();
  if (const auto lost = lost_ledger(context)) {
    if (verb.dry_run) {
      context.streams.out << "+++ " << cli::printable(AuthorityFiles(*lost).ledger()) << '\n';
      return ExitStatus::done;
    }
    if (auto begun = AuthorityDesk::begin_ledger(*lost, now); !begun) return report_key(context, begun.error());
    context.streams.err << "Began a new ledger in " << cli::printable(*lost) << ".\n";
  }
  auto opened = open_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const GroupMemory memory = recall(context, desk.authority());
  if (!memory.was_asked && !memory.list) {
    cli::complain(context.streams, tool,
                  "no node of a group of this authority runs here, so nobody says what the group knows");
    const auto groups = closed_group_names(context).value_or({});
    cli::suggest(context.streams, groups.empty() ? "ga-group join TOKEN" : tools::start_command(groups.front()));
    cli::suggest(context.streams, "ga-cert" + same_authority(context) + " authority resume");
    return ExitStatus::unreachable;
  }
  const auto fault = find_ledger_fault(desk, memory);
  if (!fault && desk.book().entries().size() > 1) {
    if (memory.was_alone) {
      cli::complain(context.streams, tool,
                    "this machine's node reaches no other member yet, so nobody says what the group knows");
      cli::suggest(context.streams, "the same command again, when `ga status` shows another member");
      return ExitStatus::unreachable;
    }
    context.streams.out << "the ledger is the one that the group knows; nothing has to be left behind\n";
    return ExitStatus::done;
  }
  if (verb.dry_run) {
    context.streams.out << "would go on behind entry " << (memory.mark ? memory.mark->count : desk.book().count())
                        << '\n';
    return ExitStatus::done;
  }
  if (auto unlocked = desk.unlock(); !unlocked) return report_key(context, unlocked.error());
  const auto taken = desk.resume(memory.mark, memory.list, now);
  if (!taken) return report(context, taken.error());
  report_notes(context, desk);
  context.streams.out << "the ledger goes on as entry " << desk.book().count() << "; " << *taken
                      << (*taken == 1 ? " revocation was" : " revocations were") << " taken over from the group\n";
  if (!remember_ledger(context, desk))
    cli::complain(context.streams, tool, "the group does not know yet: no node took it; the next decision tells it");
  context.streams.err
      << "Certificates that were signed in the lost entries are good until they end, and are renewed; who "
         "must not stay is to be revoked by key.\n";
  if (*taken > 0) cli::suggest(context.streams, "ga-cert" + same_authority(context) + " revoke --publish");
  return ExitStatus::done;
}

}  // namespace ipop::ga_cert
