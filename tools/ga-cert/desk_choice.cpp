#include "desk_choice.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "authority_groups.hpp"
#include "base/group_files.hpp"
#include "cli/rights.hpp"
#include "cli/text.hpp"
#include "group_memory.hpp"
#include "io/file.hpp"
#include "io/passphrase.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

std::vector<std::string> authorities_here() {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(authorities_directory, error), end; !error && it != end;
       it.increment(error)) {
    if (io::exists(AuthorityFiles(it->path().string()).ledger())) out.push_back(it->path().filename().string());
  }
  std::ranges::sort(out);
  return out;
}

/// Directories with an authority's key, with or without a ledger: the one that is meant, or all.
std::vector<std::string> keys_here(const Context& context) {
  std::vector<std::string> out;
  const auto look = [&out](const std::string& directory) {
    const AuthorityFiles files(directory);
    if (io::exists(files.key()) && io::exists(files.certificate())) out.push_back(directory);
  };
  if (!context.options.directory.empty() || !context.options.authority.empty()) {
    look(authority_directory(context, context.options.authority));
    return out;
  }
  std::error_code error;
  for (std::filesystem::directory_iterator it(authorities_directory, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename().string().find('.') == std::string::npos) look(it->path().string());
  }
  return out;
}

/// There is no ledger: says what is lost and how it comes back.
void complain_of_no_ledger(const Context& context, const std::string& place) {
  if (const auto lost = lost_ledger(context)) {
    cli::complain(context.streams, tool,
                  *lost +
                      " has the authority's key, but its ledger (ledger.jsonl) is lost: requests, decisions and the "
                      "number of the last revocation list");
    const std::string which = same_authority(context);
    cli::suggest(context.streams, "ga-cert" + which + " authority restore FILE");
    cli::suggest(context.streams, "ga-cert" + which + " authority resume  # if there is no backup");
    return;
  }
  cli::complain(context.streams, tool, "this machine has no authority (none in " + place + ")");
  const auto closed = closed_group_names(context);
  if (!closed) {
    (void)report(context, closed.error());
    return;
  }
  if (closed->empty()) {
    cli::suggest(context.streams, "ga-group new NAME --closed");
    return;
  }
  cli::suggest(context.streams, "on the machine with the authority of " + closed->front() + ": the same command");
  cli::suggest(context.streams, "ga-cert authority restore FILE  # if it was here");
}

bool is_refusal(const Error& error) {
  return cli::is_refused(error.code) || error.code == std::errc::read_only_file_system;
}

/// A folder that this user may not look into, the directory itself or one in it: it is no empty one.
std::optional<std::string> closed_folder(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code closed;
    static_cast<void>(std::filesystem::status(it->path() / ".", closed));
    if (closed == std::errc::permission_denied) return it->path().string();
  }
  if (error == std::errc::permission_denied) return directory;
  return std::nullopt;
}

/// The directory, or the status of a failure that has been reported.
std::variant<std::string, ExitStatus> choose_directory(const Context& context, const std::string& otherwise) {
  const Options& options = context.options;
  if (!options.directory.empty() || !options.authority.empty()) return authority_directory(context, options.authority);
  if (!otherwise.empty() && io::exists(AuthorityFiles(authority_directory(context, otherwise)).ledger()))
    return authority_directory(context, otherwise);
  const std::vector<std::string> names = authorities_here();
  if (names.size() == 1) return authority_directory(context, names.front());
  if (names.empty()) {
    if (const auto closed = closed_folder(authorities_directory))
      return report(context, make_error(std::make_error_code(std::errc::permission_denied), *closed));
    complain_of_no_ledger(context, authorities_directory);
    return ExitStatus::no;
  }
  std::string list;
  for (const std::string& name : names)
    list += (list.empty() ? "" : ", ") + name;
  cli::complain(context.streams, tool, "this machine has several authorities; choose one with --authority: " + list);
  return ExitStatus::usage;
}

/// None: neither option was given.
std::optional<Result<std::string>> given_passphrase(const Context& context) {
  if (!context.options.passphrase_file.empty()) return io::read_passphrase_file(context.options.passphrase_file);
  if (context.options.passphrase_fd) return io::read_passphrase(*context.options.passphrase_fd);
  return std::nullopt;
}

Error no_terminal() {
  return make_error(make_error_code(Errc::not_found),
                    "a passphrase is needed and there is no terminal to ask on: pass --passphrase-file FILE or"
                    " --passphrase-fd N");
}

}  // namespace

std::string authority_directory(const Context& context, const std::string& name) {
  std::string given = context.options.directory;
  // The directory is made beside its place, so its name is what counts.
  while (given.size() > 1 && given.ends_with('/'))
    given.pop_back();
  if (!given.empty()) return given;
  return std::string(authorities_directory) + "/" + name;
}

std::string same_authority(const Context& context) {
  if (!context.options.directory.empty()) return " --dir " + context.options.directory;
  return context.options.authority.empty() ? "" : " --authority " + context.options.authority;
}

std::variant<AuthorityDesk, ExitStatus> open_desk(const Context& context, const std::string& otherwise) {
  const auto directory = choose_directory(context, otherwise);
  if (const auto* status = std::get_if<ExitStatus>(&directory)) return *status;
  const auto& path = std::get<std::string>(directory);
  auto desk =
      AuthorityDesk::open(path, passphrase_source(context, "Passphrase of " + AuthorityFiles(path).key() + ": "));
  if (!desk) {
    const bool broken = desk.error().code == Errc::not_authorized || desk.error().code == Errc::conflict;
    if (desk.error().code == Errc::not_found) {
      complain_of_no_ledger(context, path);
      return ExitStatus::no;
    }
    const ExitStatus status = report(context, desk.error());
    return broken ? ExitStatus::bad_config : status;
  }
  if (context.options.trust_clock) desk->trust_clock();
  report_notes(context, *desk);
  return *std::move(desk);
}

std::variant<AuthorityDesk, ExitStatus> open_desk_to_change(const Context& context, const std::string& otherwise) {
  auto opened = open_desk(context, otherwise);
  if (const auto* desk = std::get_if<AuthorityDesk>(&opened)) {
    if (const ExitStatus same = check_ledger(context, *desk); same != ExitStatus::done) return same;
  }
  return opened;
}

bool has_authority_here() {
  return !authorities_here().empty();
}

std::optional<std::string> lost_ledger(const Context& context) {
  std::vector<std::string> found;
  for (const std::string& directory : keys_here(context)) {
    if (!io::exists(AuthorityFiles(directory).ledger())) found.push_back(directory);
  }
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

std::variant<AuthorityDesk, ExitStatus> open_unlocked_desk(const Context& context, const std::string& otherwise) {
  auto opened = open_desk_to_change(context, otherwise);
  if (auto* desk = std::get_if<AuthorityDesk>(&opened)) {
    if (auto unlocked = desk->unlock(); !unlocked) return report_key(context, unlocked.error());
  }
  return opened;
}

PassphraseSource passphrase_source(const Context& context, const std::string& prompt) {
  return [&context, prompt]() -> Result<std::string> {
    if (auto given = given_passphrase(context)) return *std::move(given);
    auto typed = io::ask_passphrase(cli::printable(prompt));
    if (!typed && typed.error().code == Errc::not_found) return no_terminal();
    return typed;
  };
}

Result<std::optional<std::string>> new_passphrase(const Context& context, const std::string& prompt) {
  if (auto given = given_passphrase(context)) {
    if (!*given) return std::move(*given).error();
    return std::optional(**std::move(given));
  }
  auto first = io::ask_passphrase(cli::printable(prompt) + " (empty: none): ");
  if (!first && first.error().code == Errc::not_found) return no_terminal();
  if (!first) return std::move(first).error();
  if (first->empty()) return std::optional<std::string>();
  const auto second = io::ask_passphrase("Once more: ");
  if (!second) return second.error();
  if (*first != *second) return {Errc::conflict, "the passphrases differ; nothing was done"};
  return std::optional(*std::move(first));
}

ExitStatus report_passphrase(const Context& context, const Error& error) {
  if (error.code != Errc::conflict) return report_key(context, error);
  cli::complain(context.streams, tool, error.message());
  return ExitStatus::no;
}

ExitStatus report(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (is_refusal(error)) {
    if (cli::is_refused(error.code)) cli::suggest_root(context.streams);
    return ExitStatus::permission;
  }
  if (error.code == std::errc::timed_out) return ExitStatus::timed_out;
  return error.code == Errc::malformed || error.code == Errc::unsupported ? ExitStatus::bad_config : ExitStatus::no;
}

ExitStatus report_key(const Context& context, const Error& error) {
  if (error.code == Errc::bad_checksum) {
    cli::complain(context.streams, tool, error.message());
    return ExitStatus::permission;
  }
  const ExitStatus status = report(context, error);
  if (error.code == Errc::not_found) return ExitStatus::usage;
  const bool broken = error.code == Errc::not_authorized || error.code == Errc::conflict;
  return broken ? ExitStatus::bad_config : status;
}

void report_notes(const Context& context, AuthorityDesk& desk) {
  for (const std::string& note : desk.take_notes())
    cli::complain(context.streams, tool, note);
}

}  // namespace ipop::ga_cert
