#include "base/group_files.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "group_memory.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

Rows authority_rows(const AuthorityDesk& desk, WallTime now) {
  const authority::AuthorityBook& book = desk.book();
  std::size_t live = 0;
  for (const authority::LedgerSigned* certificate : book.certificates())
    live += book.is_live(*certificate, now) ? 1U : 0U;
  return {
      {"name", desk.name()},
      {"directory", desk.directory()},
      {"fingerprint", to_hex(desk.authority().fingerprint())},
      {"not_after", cli::utc_text(desk.authority().not_after())},
      {"waiting", std::to_string(book.waiting_count())},
      {"live", std::to_string(live)},
      {"entries", std::to_string(book.count())},
      {"revocation_list", std::to_string(book.list_number())},
      {"accept_automatically", desk.policy().accept_automatically ? "true" : "false"},
  };
}

ExitStatus show_plan(const Context& context, const InitAuthority& verb, const std::string& directory) {
  if (io::exists(directory)) {
    cli::complain(context.streams, tool, directory + " already exists");
    return ExitStatus::no;
  }
  const AuthorityFiles files(directory);
  for (const std::string& path :
       {files.directory(), files.key(), files.certificate(), files.policy(), files.ledger(), files.crl()})
    context.streams.out << "would make " << cli::printable(path) << '\n';
  context.streams.out << "the authority " << verb.name << " would end at "
                      << cli::utc_text(io::wall_time_now() + verb.life) << '\n';
  return ExitStatus::done;
}

}  // namespace

ExitStatus carry_out(const Context& context, const InitAuthority& verb) {
  const std::string directory = authority_directory(context, verb.name);
  if (verb.dry_run) return show_plan(context, verb, directory);
  const auto slash = directory.rfind('/');
  if (slash != std::string::npos && slash != 0) {
    if (auto made = io::make_directories(directory.substr(0, slash), 0755); !made) return report(context, made.error());
  }
  if (io::exists(AuthorityFiles(directory).ledger())) {
    cli::complain(context.streams, tool, "there is an authority in " + directory + " already");
    cli::suggest(context.streams, "ga-cert authority show" + (context.options.directory.empty()
                                                                  ? " --authority " + verb.name
                                                                  : " --dir " + context.options.directory));
    return ExitStatus::no;
  }
  std::optional<std::string> passphrase;
  if (!verb.no_passphrase) {
    auto chosen = new_passphrase(context, "Passphrase for the key of authority " + verb.name);
    if (!chosen && chosen.error().code == Errc::not_found) {
      cli::complain(
          context.streams, tool,
          "there is no terminal to ask on: pass --passphrase-file FILE, --passphrase-fd N or --no-passphrase");
      return ExitStatus::usage;
    }
    if (!chosen) return report_passphrase(context, chosen.error());
    passphrase = *std::move(chosen);
  }
  auto desk = AuthorityDesk::make(directory, verb.name, passphrase, verb.life, io::wall_time_now());
  if (!desk) return report(context, desk.error());
  report_notes(context, *desk);
  write_rows(context, authority_rows(*desk, io::wall_time_now()), "ga-cert.authority/1");
  context.streams.err << (passphrase
                              ? ""
                              : "The key has no passphrase: anyone who can read the directory can sign certificates.\n")
                      << "Keep a backup in another place: ga-cert authority backup FILE\n";
  cli::suggest(context.streams, "ga-group new " + verb.name + " --closed  # a closed group with this authority");
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const ShowAuthority&) {
  auto opened = open_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  const auto& desk = std::get<AuthorityDesk>(opened);
  write_rows(context, authority_rows(desk, io::wall_time_now()), "ga-cert.authority/1");
  return check_ledger(context, desk) == ExitStatus::done ? ExitStatus::done : ExitStatus::partly;
}

}  // namespace ipop::ga_cert
