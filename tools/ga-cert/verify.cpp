#include <tuple>

#include "authority_groups.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "closed_group.hpp"
#include "crypto/trust_store.hpp"
#include "desk_choice.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;
using Trust = std::shared_ptr<const crypto::TrustStore>;

constexpr std::size_t list_limit = std::size_t{16} << 20U;

Result<crypto::RevocationList> read_list(const std::string& path) {
  const auto octets = io::read_file(path, list_limit);
  if (!octets) return octets.error();
  auto list = crypto::decode_revocation_list(as_bytes(*octets));
  if (!list) return std::move(list).error().in(path + ": not a usable revocation list");
  return list;
}

/// No authority is here or named, and a closed group is: its members are judged by what its node judges by.
bool is_member_only(const Context& context) {
  const Options& options = context.options;
  return options.directory.empty() && options.authority.empty() && !has_authority_here() &&
         !closed_group_names(context).value_or({}).empty();
}

using MemberTrust = std::pair<std::optional<crypto::Certificate>, std::optional<crypto::RevocationList>>;

/// The authority of a closed group of this machine, and the list that its node keeps.
std::variant<MemberTrust, ExitStatus> trust_of_group(const Context& context, const std::string& group) {
  const auto closed = closed_group_names(context).value_or({});
  const auto loaded = load_own_group(context, group.empty() && closed.size() == 1 ? closed.front() : group);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& own = std::get<OwnGroup>(loaded);
  auto authority = crypto::Certificate::from_pem(own.config.authority);
  if (!authority) {
    report(context, Error(authority.error()).in(own.path));
    return ExitStatus::bad_config;
  }
  auto list = read_list(files_of(context, own.name).node().revocations());
  const bool counts = list && list->is_signed_by(authority->public_key());
  return MemberTrust{*std::move(authority), counts ? std::optional(*std::move(list)) : std::nullopt};
}

/// The group's rule, or the status of a failure that has been reported.
std::variant<Trust, ExitStatus> find_trust(const Context& context, const VerifyCertificate& verb) {
  std::optional<crypto::Certificate> authority;
  std::optional<crypto::RevocationList> list;
  if (verb.authority.empty() && is_member_only(context)) {
    auto member = trust_of_group(context, verb.group);
    if (const auto* status = std::get_if<ExitStatus>(&member)) return *status;
    std::tie(authority, list) = std::get<MemberTrust>(std::move(member));
  } else if (verb.authority.empty()) {
    auto opened = open_desk(context);
    if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
    auto& desk = std::get<AuthorityDesk>(opened);
    authority = desk.authority();
    if (verb.list.empty()) {
      auto known = desk.revocations();
      if (!known) return report_key(context, known.error());
      list = *std::move(known);
    }
  } else {
    auto given = read_certificate(context, verb.authority);
    if (!given) {
      report(context, given.error());
      return ExitStatus::bad_config;
    }
    authority = *std::move(given);
  }
  if (!verb.list.empty()) {
    auto given = read_list(verb.list);
    if (!given) {
      report(context, given.error());
      return ExitStatus::bad_config;
    }
    list = *std::move(given);
  }
  auto trust = crypto::TrustStore::closed_group(*authority, std::move(list));
  if (!trust) {
    report(context, trust.error());
    return ExitStatus::bad_config;
  }
  return *std::move(trust);
}

}  // namespace

ExitStatus carry_out(const Context& context, const VerifyCertificate& verb) {
  const auto trust = find_trust(context, verb);
  if (const auto* status = std::get_if<ExitStatus>(&trust)) return *status;
  const auto& rule = std::get<Trust>(trust);
  const auto certificate = read_certificate(context, verb.certificate);
  if (!certificate && certificate.error().code.category() != make_error_code(Errc::malformed).category())
    return report(context, certificate.error());
  const auto peer =
      certificate ? rule->verify(*certificate, io::wall_time_now()) : Result<crypto::PeerIdentity>(certificate.error());
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.verify/1");
    json.field("valid", peer.has_value());
    json.field("reason", peer ? "" : peer.error().message());
    if (certificate) {
      json.field("user", certificate->user());
      json.field("key", to_hex(certificate->key_fingerprint()));
      json.field("not_after", certificate->not_after().seconds);
    }
    if (peer) json.field("node_id", to_string(peer->id));
    json.field("revocation_number", rule->revocation_number());
    out << json.text() << '\n';
  } else if (context.options.output.plain) {
    out << (peer ? "valid" : "invalid") << '\t' << (certificate ? cli::printable(certificate->user()) : "") << '\t'
        << (peer ? "" : cli::printable(peer.error().message())) << '\n';
  } else if (peer) {
    out << "valid: " << cli::printable(peer->user) << ", until " << cli::utc_text(certificate->not_after()) << '\n';
    if (rule->revocations() == nullptr) context.streams.err << "No revocation list was checked.\n";
  } else {
    out << "not valid: " << cli::printable(peer.error().message()) << '\n';
  }
  return peer ? ExitStatus::done : ExitStatus::no;
}

}  // namespace ipop::ga_cert
