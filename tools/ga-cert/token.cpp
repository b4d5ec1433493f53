#include "authority/enrolment_token.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/qr_code.hpp"
#include "cli/table.hpp"
#include "desk_choice.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "token_file.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using authority::AuthorityBook;
using cli::ExitStatus;

std::string state_of(const AuthorityBook::Token& token, WallTime now) {
  if (token.ended) return "taken back";
  if (token.used >= token.made.uses) return "used up";
  return now < token.made.expires ? "good" : "ended";
}

/// Errors: out_of_range (no digits), not_found, conflict (several).
Result<crypto::Digest256> find_token(const AuthorityBook& book, const std::string& text) {
  const auto digits = digits_of(text);
  if (!digits) return digits.error();
  std::vector<crypto::Digest256> found;
  for (const auto& [name, token] : book.tokens())
    if (to_hex(name).starts_with(*digits)) found.push_back(name);
  if (found.empty()) return {Errc::not_found, "no token starts with " + *digits};
  if (found.size() > 1) return {Errc::conflict, *digits + " matches several tokens; type more of it"};
  return found.front();
}

}  // namespace

ExitStatus carry_out(const Context& context, const NewToken& verb) {
  io::harden_process();
  if (verb.qr && (context.options.output.json || context.options.output.plain)) {
    cli::complain(context.streams, tool, "--qr is for people: it goes with neither --json nor --plain");
    return ExitStatus::usage;
  }
  auto opened = open_desk_to_change(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const WallTime now = io::wall_time_now();
  const auto token = desk.make_token({verb.uses, verb.life, verb.user, verb.note}, now);
  if (!token) {
    const ExitStatus status = report(context, token.error());
    const bool is_typed = token.error().code == Errc::out_of_range || token.error().code == Errc::malformed;
    return is_typed ? ExitStatus::usage : status;
  }
  const std::string text = to_string(*token);
  // Whoever reads the file is signed for.
  if (verb.out != "-") {
    if (auto written = write_output(context, verb.out, text + "\n", 0600); !written) {
      // Nobody will ever have it.
      if (auto ended = desk.end_token(token->name(), now); !ended) (void)report(context, ended.error());
      return report(context, written.error());
    }
  }
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.token/1");
    json.field("name", to_hex(token->name()));
    json.field("uses", verb.uses);
    json.field("expires", (now + verb.life).seconds);
    json.field("user", verb.user);
    if (verb.out == "-") json.field("token", text);
    context.streams.out << json.text() << '\n';
  } else if (verb.out == "-") {
    context.streams.out << text << '\n';
  }
  if (verb.qr) cli::write_token_code(context.streams, tool, text, context.options.output.color);
  context.streams.err << "Token " << short_hex(token->name()) << ", for " << verb.uses
                      << (verb.uses == 1 ? " certificate" : " certificates") << ", until "
                      << cli::utc_text(now + verb.life)
                      << ". It is shown only once. Anyone who has it gets a certificate without approval.\n"
                      << "  on the machine that should join: ga-cert join --token-file FILE\n";
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const ListTokens&) {
  auto opened = open_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  const AuthorityBook& book = std::get<AuthorityDesk>(opened).book();
  const WallTime now = io::wall_time_now();
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.tokens/1");
    json.begin_array("tokens");
    for (const auto& [name, token] : book.tokens()) {
      json.begin_element();
      json.field("name", to_hex(name));
      json.field("used", token.used);
      json.field("uses", token.made.uses);
      json.field("expires", token.made.expires.seconds);
      json.field("user", token.made.user);
      json.field("note", token.made.note);
      json.field("state", state_of(token, now));
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return ExitStatus::done;
  }
  cli::Table table({{"TOKEN", cli::Align::left, true}, {"USED"}, {"USES"}, {"ENDS"}, {"USER"}, {"NOTE"}, {"STATE"}});
  table.count_as("tokens");
  for (const auto& [name, token] : book.tokens())
    table.add_row({short_hex(name), std::to_string(token.used), std::to_string(token.made.uses),
                   cli::utc_text(token.made.expires), token.made.user, token.made.note, state_of(token, now)});
  if (context.options.output.plain)
    table.write_plain(context.streams.out);
  else if (!table.empty())
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
  if (table.empty()) context.streams.err << "No tokens yet.\n";
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const EndToken& verb) {
  auto opened = open_desk_to_change(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const auto name = find_token(desk.book(), verb.token);
  if (!name) {
    const ExitStatus status = report(context, name.error());
    return name.error().code == Errc::out_of_range ? ExitStatus::usage : status;
  }
  if (auto ended = desk.end_token(*name, io::wall_time_now()); !ended) return report(context, ended.error());
  context.streams.err << "Token " << short_hex(*name) << " is revoked; certificates issued with it stay valid.\n";
  return ExitStatus::done;
}

Result<std::optional<authority::EnrolmentToken>> read_token_file(const Context& context, const std::string& path) {
  constexpr std::size_t largest = 4096;
  if (path.empty()) return std::optional<authority::EnrolmentToken>();
  const auto text = read_input(context, path, largest);
  if (!text) return text.error();
  const auto token = authority::parse_enrolment_token(*text);
  if (!token) return Error(token.error()).in(path == "-" ? "stdin" : path);
  return std::optional(*token);
}

ExitStatus report_token(const Context& context, const Error& error) {
  const ExitStatus status = report(context, error);
  return error.code == Errc::bad_checksum ? ExitStatus::bad_config : status;
}

}  // namespace ipop::ga_cert
