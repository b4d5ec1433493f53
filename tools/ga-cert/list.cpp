#include "authority/authority_book.hpp"
#include "base/hex.hpp"
#include "base/machine.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "group_memory.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "remote.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using authority::AuthorityBook;
using cli::ExitStatus;

void write(const Context& context, const cli::Table& table) {
  if (context.options.output.plain)
    table.write_plain(context.streams.out);
  else if (!table.empty())
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
}

void list_waiting(const Context& context, const AuthorityBook& book) {
  const WallTime now = io::wall_time_now();
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.list/1");
    json.begin_array("requests");
    for (const AuthorityBook::Request* request : book.waiting()) {
      json.begin_element();
      json.field("key", to_hex(request->key));
      json.field("user", request->user);
      json.field("addresses", to_text(request->addresses));
      json.field("source", request->source);
      json.field("at", request->at.seconds);
      const auto* other = book.other_machine(request->user, request->key, now);
      json.field("other_machine", other == nullptr ? "" : to_hex(other->key));
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return;
  }
  cli::Table table(
      {{"REQUEST", cli::Align::left, true}, {"USER"}, {"ADDRESSES"}, {"FROM"}, {"CAME", cli::Align::left, true}});
  table.count_as("requests");
  for (const AuthorityBook::Request* request : book.waiting())
    table.add_row({short_hex(request->key), request->user, to_text(request->addresses), request->source,
                   cli::utc_text(request->at)});
  write(context, table);
  if (table.empty()) context.streams.err << "No requests are waiting.\n";
  for (const AuthorityBook::Request* request : book.waiting()) {
    if (const auto* other = book.other_machine(request->user, request->key, now))
      context.streams.err << short_hex(request->key) << ": " << cli::printable(request->user)
                          << " has a valid certificate for another machine (key " << short_hex(other->key)
                          << "); is it the same person?\n";
  }
  if (!table.empty() && context.streams.out_is_terminal)
    context.streams.err << "  next: ga-cert show REQUEST, then ga-cert accept REQUEST or ga-cert deny REQUEST --reason"
                           " TEXT\n";
}

std::string_view state_of(const AuthorityBook& book, const authority::LedgerSigned& certificate, WallTime now) {
  if (book.is_revoked(certificate.key, certificate.user)) return "revoked";
  return now < certificate.not_after ? "live" : "ended";
}

/// A line for each certificate fits 80 columns with it; `show` has the second.
std::string utc_day(WallTime time) {
  constexpr std::size_t day_end = sizeof "YYYY-MM-DD" - 1;
  return cli::utc_text(time).substr(0, day_end);
}

void list_certificates(const Context& context, const AuthorityBook& book, WallTime now) {
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.certificates/1");
    json.begin_array("certificates");
    for (const authority::LedgerSigned* it : book.certificates()) {
      json.begin_element();
      json.field("serial", to_hex(it->serial));
      json.field("user", it->user);
      json.field("key", to_hex(it->key));
      json.field("addresses", to_text(it->addresses));
      json.field("not_before", it->not_before.seconds);
      json.field("not_after", it->not_after.seconds);
      json.field("by", to_string(it->by));
      json.field("state", state_of(book, *it, now));
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return;
  }
  cli::Table table({{"SERIAL", cli::Align::left, true},
                    {"USER"},
                    {"KEY", cli::Align::left, true},
                    {"ADDRESSES"},
                    {"ENDS (UTC)"},
                    {"BY"},
                    {"STATE"}});
  table.count_as("certificates");
  for (const authority::LedgerSigned* it : book.certificates())
    table.add_row({short_hex(it->serial), it->by == authority::SignedBy::server ? "" : it->user, short_hex(it->key),
                   to_text(it->addresses),
                   context.options.output.plain ? cli::utc_text(it->not_after) : utc_day(it->not_after),
                   std::string(to_string(it->by)), std::string(state_of(book, *it, now))});
  write(context, table);
  if (table.empty()) context.streams.err << "No certificates yet.\n";
}

/// One decision: what, which key, who, and what more there is to say.
struct Decision {
  std::string event{};
  std::string key{};
  std::string user{};
  std::string note{};
};

Decision decision_of(const authority::LedgerEvent& event) {
  using namespace authority;
  return std::visit(
      Overloaded{
          [](const LedgerMade& it) {
            return Decision{"made", {}, {}, "authority " + it.name};
          },
          [](const LedgerRequested& it) {
            return Decision{"requested", to_hex(it.key), it.user, it.source.empty() ? "" : "from " + it.source};
          },
          [](const LedgerSigned& it) {
            // The server's own certificate is no user's.
            return Decision{"signed", to_hex(it.key), it.by == SignedBy::server ? "" : it.user,
                            "serial " + short_hex(it.serial) + " by " + std::string(to_string(it.by)) +
                                (it.token ? " " + short_hex(*it.token) : "") +
                                (it.administrator ? " " + short_hex(*it.administrator) : "")};
          },
          [](const LedgerDenied& it) {
            return Decision{"denied", to_hex(it.key), it.user,
                            (it.by_policy       ? "policy: "
                             : it.administrator ? "administrator " + short_hex(*it.administrator) + ": "
                                                : "") +
                                it.reason};
          },
          [](const LedgerRevoked& it) {
            return Decision{"revoked", it.key ? to_hex(*it.key) : "", it.user,
                            "list " + std::to_string(it.number) + (it.reason.empty() ? "" : ": " + it.reason)};
          },
          [](const LedgerToken& it) {
            return Decision{"token",
                            {},
                            it.user,
                            "token " + short_hex(it.token) + ", " + std::to_string(it.uses) + " uses until " +
                                cli::utc_text(it.expires) + (it.note.empty() ? "" : ": " + it.note)};
          },
          [](const LedgerTokenEnded& it) {
            return Decision{"token-ended", {}, {}, "token " + short_hex(it.token)};
          },
          [](const LedgerLeftOut& it) {
            return Decision{"left-out", to_hex(it.key), it.user, "a rotation of the group"};
          },
          [](const LedgerAdministrator& it) {
            return Decision{"administrator", to_hex(it.key), it.user, "decides from another machine"};
          },
          [](const LedgerAdministratorEnded& it) {
            return Decision{"administrator-ended", to_hex(it.key), {}, {}};
          },
          [](const LedgerResumed& it) {
            return Decision{
                "resumed",
                {},
                {},
                "entries up to " + std::to_string(it.count) + " may be lost; list " + std::to_string(it.list)};
          },
          [](const LedgerCrl&) {
            return Decision{"crl", {}, {}, {}};
          },
          [](const LedgerMended& it) {
            return Decision{"mended", {}, {}, std::to_string(it.octets) + " octets of a torn line"};
          },
      },
      event);
}

void list_decisions(const Context& context, const AuthorityBook& book) {
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.decisions/1");
    json.begin_array("decisions");
    for (const authority::LedgerEntry& entry : book.entries()) {
      const Decision decision = decision_of(entry.event);
      json.begin_element();
      json.field("at", entry.at.seconds);
      json.field("event", decision.event);
      json.field("key", decision.key);
      json.field("user", decision.user);
      json.field("note", decision.note);
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return;
  }
  cli::Table table({{"AT", cli::Align::left, true}, {"EVENT"}, {"KEY", cli::Align::left, true}, {"USER"}, {"NOTE"}});
  table.count_as("entries");
  for (const authority::LedgerEntry& entry : book.entries()) {
    const Decision decision = decision_of(entry.event);
    table.add_row({cli::utc_text(entry.at), decision.event, decision.key.substr(0, 16), decision.user, decision.note});
  }
  write(context, table);
}

}  // namespace

ExitStatus carry_out(const Context& context, const ListAll& verb) {
  if (verb.remote.is_meant) {
    if (verb.what != ListAll::What::waiting) {
      cli::complain(context.streams, tool,
                    "--remote lists the requests that wait; the rest is on the authority's machine");
      return ExitStatus::usage;
    }
    return list_remote(context, verb.remote);
  }
  auto opened = open_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  const auto& desk = std::get<AuthorityDesk>(opened);
  const AuthorityBook& book = desk.book();
  switch (verb.what) {
    case ListAll::What::waiting: list_waiting(context, book); break;
    case ListAll::What::certificates: list_certificates(context, book, io::wall_time_now()); break;
    case ListAll::What::decisions: list_decisions(context, book); break;
  }
  // Shown all the same, and known to be less than there is.
  return check_ledger(context, desk) == ExitStatus::done ? ExitStatus::done : ExitStatus::partly;
}

}  // namespace ipop::ga_cert
