#include <algorithm>
#include <filesystem>

#include "authority/est.hpp"
#include "authority_finder.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "closed_group.hpp"
#include "crypto/renewal_time.hpp"
#include "crypto/trust_store.hpp"
#include "desk_choice.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "membership.hpp"
#include "node_waiting.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

namespace est = authority::est;
using cli::ExitStatus;

constexpr Duration renewal_limit = 30s;
// From the new place on the ring to a majority for the lease.
constexpr Duration new_lease_limit = 60s;

/// A request for the key that is there, and who takes it; a failure has been reported.
struct Asking {
  crypto::CertificateRequest request;
  io::HttpsPeer server{};
};
std::variant<Asking, ExitStatus> prepare(const Context& context, const RenewOwn& verb, const Membership& member) {
  auto request =
      crypto::CertificateRequest::build(member.key, {member.present.user(), member.present.pinned_addresses()});
  if (!request) return report(context, request.error());
  auto found = find_authority(context, {verb.server, to_hex(member.authority.fingerprint()), member.group.name},
                              request->key_fingerprint());
  if (const auto* status = std::get_if<ExitStatus>(&found)) return *status;
  return Asking{*std::move(request), std::get<KnownAuthority>(std::move(found)).peer};
}

/// What the authority's server sends for the key; a failure has been reported.
std::variant<crypto::Certificate, ExitStatus> ask(const Context& context, const Membership& member,
                                                  const Asking& asking) {
  const auto& [request, server] = asking;
  io::HttpsPeer peer = server;
  peer.certificate = member.present.to_pem();
  peer.key = member.key.to_pem();
  const auto answer = io::exchange_https(peer, est::renewal_request(request), renewal_limit);
  if (!answer) return report_server(context, peer, answer.error());
  auto enrolment = est::decode_enrolment(*answer, request.public_key());
  if (!enrolment) {
    cli::complain(context.streams, tool, enrolment.error().message());
    return ExitStatus::no;
  }
  if (const auto* denied = std::get_if<est::Denied>(&*enrolment)) {
    cli::complain(context.streams, tool, "not renewed: " + denied->reason);
    return ExitStatus::no;
  }
  if (const auto* waiting = std::get_if<est::Waiting>(&*enrolment)) {
    cli::complain(context.streams, tool, "not renewed yet: " + waiting->why);
    return ExitStatus::timed_out;
  }
  return std::get<crypto::Certificate>(std::move(*enrolment));
}

/// Why the certificate that came is no better than the one that is there.
Result<void> judge(const Membership& member, const crypto::Certificate& next, WallTime now) {
  const auto trust = crypto::TrustStore::closed_group(member.authority);
  if (!trust) return trust.error();
  if (const auto who = (*trust)->verify(next, now); !who) return who.error();
  if (next.user() != member.present.user()) return {Errc::conflict, "it is for a different user"};
  if (next.not_after() < member.present.not_after()) return {Errc::conflict, "it expires before the current one"};
  return {};
}

/// `certificate` is the one that is there from here on.
void print_json(const Context& context, const Membership& member, const crypto::Certificate& certificate,
                bool is_renewed) {
  cli::JsonWriter json("ga-cert.renew-own/1");
  json.field("group", member.group.name);
  json.field("file", member.file);
  json.field("serial", to_hex(certificate.serial()));
  json.field("expires", certificate.not_after().seconds);
  json.field("renewed", is_renewed);
  json.field("due", crypto::renewal_time(certificate).seconds);
  context.streams.out << json.text() << '\n';
}

void print(const Context& context, const Membership& member, const crypto::Certificate& next) {
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    print_json(context, member, next, true);
  } else if (context.options.output.plain) {
    out << member.group.name << '\t' << to_hex(next.serial()) << '\t' << next.not_after().seconds << '\n';
  } else {
    out << "renewed in " << member.group.name << ", until " << cli::utc_text(next.not_after()) << '\n';
  }
}

/// A node that does not run takes the certificate when it starts.
ExitStatus reload(const Context& context, const Membership& member, const crypto::Certificate& next) {
  const std::string& given = context.options.socket;
  const std::string socket = given.empty() ? tools::socket_of_group(member.group.config.name) : given;
  const auto taken = tools::reload_until(context.streams, socket, "the node with its new certificate", new_lease_limit,
                                         [&](const auto& status) {
                                           return status.certificate_expires == next.not_after() &&
                                                  tools::has_arrived(status, member.group.config.name_space);
                                         });
  if (taken || tools::status_of(taken.error()) == ExitStatus::unreachable) return ExitStatus::done;
  const ExitStatus status = tools::report_node_error(context.streams, tool, taken.error(), socket);
  cli::suggest(context.streams, "ipop-ctl --socket " + socket + " reload");
  return status == ExitStatus::done ? ExitStatus::no : ExitStatus::partly;
}

ExitStatus renew(const Context& context, const RenewOwn& verb, OwnGroup group) {
  if (group.config.authority.empty()) {
    cli::complain(context.streams, tool, group.name + " is an open group: there is no certificate to renew");
    return ExitStatus::no;
  }
  const auto member = load_membership(context, std::move(group), verb.state_directory);
  if (!member) return report_key(context, member.error());
  const WallTime now = io::wall_time_now();
  const WallTime due = crypto::renewal_time(member->present);
  if (verb.if_due && now < due) {
    if (context.options.output.json) print_json(context, *member, member->present, false);
    context.streams.err << "The certificate in " << cli::printable(member->group.name) << " is due on "
                        << cli::utc_text(due) << ".\n";
    return ExitStatus::done;
  }
  if (now >= member->present.not_after()) {
    cli::complain(context.streams, tool,
                  member->file + ": it ended on " + cli::utc_text(member->present.not_after()) +
                      ", and an expired certificate cannot be renewed (or this machine's clock is wrong: it says " +
                      cli::utc_text(now) + ")");
    // The closed group is out of reach with it; the network of those who ask is not.
    if (io::exists(open_copy(member->group.path))) {
      cli::suggest(context.streams, "ga-group leave " + member->group.name + " --back");
      cli::suggest(context.streams, "ga-cert join --group " + member->group.name + "  # once the node runs");
    } else {
      cli::suggest(context.streams, "ga-group join --replace TOKEN  # of ga-group token " + member->group.name +
                                        " on the authority's machine");
    }
    return ExitStatus::no;
  }
  const auto prepared = prepare(context, verb, *member);
  if (const auto* status = std::get_if<ExitStatus>(&prepared)) return *status;
  if (verb.dry_run) {
    context.streams.out << "+++ " << cli::printable(member->file) << '\n';
    return ExitStatus::done;
  }
  const auto asked = ask(context, *member, std::get<Asking>(prepared));
  if (const auto* status = std::get_if<ExitStatus>(&asked)) return *status;
  const auto& next = std::get<crypto::Certificate>(asked);
  if (auto good = judge(*member, next, now); !good) {
    cli::complain(context.streams, tool, "the received certificate is not usable: " + good.error().message());
    return ExitStatus::no;
  }
  if (auto written = io::write_file_atomically(member->file, next.to_pem(), 0644); !written)
    return report(context, written.error());
  print(context, *member, next);
  return reload(context, *member, next);
}

/// Files of closed groups, by name.
Result<std::vector<std::string>> closed_groups(const Context& context) {
  const auto names = io::group_names(context.options.groups);
  if (!names) return names.error();
  std::vector<std::string> out;
  for (const std::string& name : *names)
    if (io::exists(files_of(context, name).node().certificate())) out.push_back(name);
  return out;
}

}  // namespace

ExitStatus carry_out(const Context& context, const RenewOwn& verb) {
  io::harden_process();
  if (!verb.all) {
    auto loaded = load_own_group(context, verb.group);
    if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
    return renew(context, verb, std::get<OwnGroup>(std::move(loaded)));
  }
  const auto groups = closed_groups(context);
  if (!groups) return report(context, groups.error());
  // One group whose authority can't be reached is no reason to let the others' certificates end.
  ExitStatus out = ExitStatus::done;
  for (const std::string& name : *groups) {
    auto loaded = load_own_group(context, name);
    const auto* failed = std::get_if<ExitStatus>(&loaded);
    if (failed == nullptr && std::get<OwnGroup>(loaded).config.authority.empty()) continue;
    const ExitStatus status = failed != nullptr ? *failed : renew(context, verb, std::get<OwnGroup>(std::move(loaded)));
    if (status != ExitStatus::done) out = status;
  }
  return out;
}

}  // namespace ipop::ga_cert
