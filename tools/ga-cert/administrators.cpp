#include "base/hex.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "group_memory.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

/// The key that is meant: of the only live one of a user, or by its beginning.
Result<crypto::Digest256> find_key(const AuthorityDesk& desk, const std::string& who, WallTime now) {
  std::optional<crypto::Digest256> of_user;
  for (const authority::LedgerSigned* it : desk.book().certificates()) {
    if (it->user != who || !desk.book().is_live(*it, now)) continue;
    if (of_user && *of_user != it->key)
      return {Errc::conflict, "the user " + who + " has several keys; name one by its fingerprint"};
    of_user = it->key;
  }
  if (of_user) return *of_user;
  const auto certificate = find_certificate(desk.book(), who);
  if (!certificate) return {Errc::not_found, "no member \"" + who + "\" has a valid certificate"};
  return (*certificate)->key;
}

template <class Change>
ExitStatus change(const Context& context, const std::string& who, const char* word, Change act) {
  auto opened = open_unlocked_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const WallTime now = io::wall_time_now();
  const auto key = find_key(desk, who, now);
  if (!key) return report(context, key.error());
  if (auto done = act(desk, *key, now); !done) return report(context, done.error());
  (void)remember_ledger(context, desk);
  context.streams.out << word << ' ' << short_hex(*key) << ' ' << cli::printable(desk.book().latest(*key)->user)
                      << '\n';
  return ExitStatus::done;
}

}  // namespace

ExitStatus carry_out(const Context& context, const NameAdministrator& verb) {
  const ExitStatus status = change(context, verb.who, "administrator:", [](auto& desk, const auto& key, WallTime now) {
    return desk.name_administrator(key, now);
  });
  if (status == ExitStatus::done)
    cli::suggest(context.streams, "on the administrator's machine: ga-cert list --remote");
  return status;
}

ExitStatus carry_out(const Context& context, const EndAdministrator& verb) {
  return change(context, verb.who, "no longer an administrator:", [](auto& desk, const auto& key, WallTime now) {
    return desk.end_administrator(key, now);
  });
}

ExitStatus carry_out(const Context& context, const ListAdministrators&) {
  auto opened = open_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  const auto& named = std::get<AuthorityDesk>(opened).book().administrators();
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.administrators/1");
    json.begin_array("administrators");
    for (const auto& [key, user] : named) {
      json.begin_element();
      json.field("key", to_hex(key));
      json.field("user", user);
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return ExitStatus::done;
  }
  cli::Table table({{"KEY"}, {"USER"}});
  const bool plain = context.options.output.plain;
  for (const auto& [key, user] : named)
    table.add_row({plain ? to_hex(key) : short_hex(key), cli::printable(user)});
  if (plain)
    table.write_plain(context.streams.out);
  else
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
  if (named.empty()) context.streams.err << "Nobody decides from another machine.\n";
  return ExitStatus::done;
}

}  // namespace ipop::ga_cert
