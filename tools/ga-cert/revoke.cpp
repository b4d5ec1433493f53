#include <algorithm>

#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "group_memory.hpp"
#include "io/system_clock.hpp"
#include "list_handover.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

/// Whether the user ever asked this authority for anything.
bool is_known(const authority::AuthorityBook& book, const std::string& user) {
  const auto signed_for = book.certificates();
  return std::ranges::any_of(signed_for, [&](const auto* it) { return it->user == user; }) ||
         std::ranges::any_of(book.requests(), [&](const auto& it) { return it.second.user == user; });
}

/// Errors: out_of_range (used wrongly), not_found, conflict, those of reading a file.
Result<crypto::Digest256> key_of(const Context& context, const AuthorityDesk& desk, const Revoke& verb) {
  if (!verb.key.empty()) {
    const auto key = authority::parse_fingerprint(verb.key);
    if (!key) return {Errc::out_of_range, "--key needs the 64 hexadecimal digits of a key's fingerprint"};
    return *key;
  }
  if (is_path(verb.what)) {
    const auto certificate = read_certificate(context, verb.what);
    if (!certificate) return certificate.error();
    if (desk.book().by_serial(certificate->serial()) == nullptr)
      return {Errc::not_found, verb.what + ": not signed by this authority (to revoke only a key: --key)"};
    return certificate->key_fingerprint();
  }
  const auto certificate = find_certificate(desk.book(), verb.what);
  if (certificate) return (*certificate)->key;
  if (!is_known(desk.book(), verb.what)) return certificate.error();
  return make_error(certificate.error().code,
                    certificate.error().context + "; all that user " + verb.what + " has: --user " + verb.what);
}

ExitStatus report_unknown(const Context& context, const std::string& user) {
  cli::complain(context.streams, tool,
                "this authority does not know a user \"" + user +
                    "\"; nothing was done (use --force to block the name"
                    " before anyone requests it)");
  cli::suggest(context.streams, "ga-cert list --certificates" + same_authority(context));
  return ExitStatus::no;
}

/// Certificates that end with it.
std::vector<const authority::LedgerSigned*> touched(const AuthorityDesk& desk,
                                                    const AuthorityDesk::Revocation& revocation, WallTime now) {
  std::vector<const authority::LedgerSigned*> out;
  for (const authority::LedgerSigned* it : desk.book().certificates()) {
    const bool meant = revocation.key ? it->key == *revocation.key : it->user == revocation.user;
    if (meant && now < it->not_after) out.push_back(it);
  }
  return out;
}

void write(const Context& context, const AuthorityDesk::Revocation& revocation,
           const std::vector<const authority::LedgerSigned*>& certificates, std::uint64_t number, bool dry_run,
           std::optional<bool> published) {
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.revoke/1");
    json.field("dry_run", dry_run);
    if (revocation.key) json.field("key", to_hex(*revocation.key));
    if (!revocation.user.empty()) json.field("user", revocation.user);
    json.field("number", number);
    if (published) json.field("handed_over", *published);
    json.begin_array("certificates");
    for (const authority::LedgerSigned* it : certificates)
      json.element(to_hex(it->serial));
    json.end();
    out << json.text() << '\n';
    return;
  }
  const std::string who =
      revocation.key ? "key " + short_hex(*revocation.key) : "user " + cli::printable(revocation.user);
  if (context.options.output.plain) {
    out << (revocation.key ? "key\t" + to_hex(*revocation.key) : "user\t" + cli::printable(revocation.user)) << '\t'
        << number << '\t' << certificates.size() << '\n';
    return;
  }
  // No member acts on a list that no member has.
  const bool in_force = published.value_or(false);
  out << (dry_run    ? "would revoke "
          : in_force ? "revoked "
                     : "signed but not yet in force: the revocation of ")
      << who << " by list " << number << '\n';
  for (const authority::LedgerSigned* it : certificates)
    out << "  certificate " << short_hex(it->serial) << " of " << cli::printable(it->user) << ", until "
        << cli::utc_text(it->not_after) << '\n';
}

ExitStatus publish(const Context& context, AuthorityDesk& desk, const std::string& group) {
  const auto list = desk.revocations();
  if (!list) return report_key(context, list.error());
  if (!*list) {
    cli::complain(context.streams, tool, "nothing is revoked yet, so there is no list");
    return ExitStatus::no;
  }
  return hand_over(context, **list, desk.authority(), group);
}

}  // namespace

ExitStatus carry_out(const Context& context, const Revoke& verb) {
  if (!verb.publish && verb.what.empty() && verb.user.empty() && verb.key.empty()) {
    cli::complain(context.streams, tool, "say whom: CERTIFICATE, --user NAME or --key HEX");
    return ExitStatus::usage;
  }
  if (verb.reason.size() > 500 || cli::printable(verb.reason) != verb.reason) {
    cli::complain(context.streams, tool, "--reason takes at most 500 octets of printable text in one line");
    return ExitStatus::usage;
  }
  const bool signs = !verb.publish && !verb.dry_run;
  auto opened = signs ? open_unlocked_desk(context) : open_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  if (const ExitStatus status = check_group(context, desk.authority(), verb.group); status != ExitStatus::done)
    return status;
  if (verb.publish) return publish(context, desk, verb.group);

  AuthorityDesk::Revocation revocation{std::nullopt, verb.user, verb.reason};
  if (verb.user.empty()) {
    const auto key = key_of(context, desk, verb);
    if (!key) {
      const ExitStatus status = report(context, key.error());
      return key.error().code == Errc::out_of_range ? ExitStatus::usage : status;
    }
    revocation.key = *key;
  }
  if (!verb.user.empty() && !verb.force && !is_known(desk.book(), verb.user)) return report_unknown(context, verb.user);
  const WallTime now = io::wall_time_now();
  const auto certificates = touched(desk, revocation, now);
  if (verb.dry_run) {
    write(context, revocation, certificates, desk.book().list_number() + 1, true, std::nullopt);
    return ExitStatus::done;
  }
  if (certificates.empty())
    context.streams.err << "No certificate matches; it was added to the revocation list anyway.\n";
  const auto list = desk.revoke(revocation, now);
  if (!list) return report(context, list.error());
  // Entries may have moved: the ledger has one more.
  const auto ended = touched(desk, revocation, now);
  if (!verb.offline) (void)remember_ledger(context, desk);
  if (verb.offline) {
    write(context, revocation, ended, list->number(), false, std::nullopt);
    cli::suggest(context.streams, "on a machine with a node of the group: ga-cert revoke --publish");
    return ExitStatus::done;
  }
  const ExitStatus handed = hand_over(context, *list, desk.authority(), verb.group);
  write(context, revocation, ended, list->number(), false, handed == ExitStatus::done);
  return handed == ExitStatus::done ? ExitStatus::done : ExitStatus::partly;
}

}  // namespace ipop::ga_cert
