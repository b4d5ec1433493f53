#include "authority/authority_policy.hpp"
#include "authority/est.hpp"
#include "authority_finder.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/text.hpp"
#include "closed_group.hpp"
#include "crypto/revocation_list.hpp"
#include "desk/enrolment_file.hpp"
#include "desk/node_key.hpp"
#include "desk_choice.hpp"
#include "enrolment_wait.hpp"
#include "io/file.hpp"
#include "io/host_name.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "node_connection.hpp"
#include "papers.hpp"
#include "token_file.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

constexpr Duration group_limit = 30s;
constexpr std::size_t largest_certificate = 16'384;
constexpr std::size_t largest_own_list = std::size_t{16} << 20U;

/// The places on this machine that a join works with.
struct JoinPlaces {
  OwnGroup group{};
  std::string state{};
  std::string socket{};

  [[nodiscard]] std::string certificate() const { return NodeFiles(state).certificate(); }
};

/// Whether the file is a closed group's and the certificate is there: what an earlier join has done.
bool is_closed(const JoinPlaces& places) {
  if (places.group.config.authority.empty()) return false;
  const auto pem = io::read_file(places.certificate(), largest_certificate);
  return pem && crypto::Certificate::from_pem(*pem);
}

/// The list that its node keeps, when that shuts this machine out.
std::optional<crypto::RevocationList> find_revocation(const JoinPlaces& places) {
  const auto octets = io::read_file(NodeFiles(places.state).revocations(), largest_own_list);
  const auto pem = io::read_file(places.certificate(), largest_certificate);
  const auto authority = crypto::Certificate::from_pem(places.group.config.authority);
  const auto own = pem ? crypto::Certificate::from_pem(*pem) : Result<crypto::Certificate>(pem.error());
  if (!octets || !own || !authority) return std::nullopt;
  auto list = crypto::decode_revocation_list(as_bytes(*octets));
  if (!list || !list->is_signed_by(authority->public_key())) return std::nullopt;
  const bool is_named = list->contains_key(own->key_fingerprint()) || list->contains_user(own->user());
  return is_named ? std::optional(*std::move(list)) : std::nullopt;
}

ExitStatus report_revoked(const Context& context, const JoinPlaces& places, const crypto::RevocationList& list) {
  cli::complain(context.streams, tool,
                "this machine's certificate is revoked by list " + std::to_string(list.number()) + " of " +
                    cli::utc_text(list.issued()) + ": no member of " + places.group.name +
                    " talks to it, and its authority signs no other for its key or user");
  cli::suggest(context.streams, "ga-group leave " + places.group.name);
  return ExitStatus::no;
}

/// The closed group, from the authority's server, for the holder of the certificate.
Result<groups::GroupConfig> fetch_group(KnownAuthority authority, const crypto::Certificate& certificate,
                                        const crypto::PrivateKey& key, const groups::GroupConfig& open) {
  authority.peer.certificate = certificate.to_pem();
  authority.peer.key = key.to_pem();
  const auto answer = io::exchange_https(authority.peer, authority::est::group_request(), group_limit);
  if (!answer) return answer.error();
  const auto text = authority::est::decode_group(*answer);
  if (!text) return text.error();
  auto config = groups::parse_group_config(*text, "the closed group's file");
  if (!config) return config;
  const auto named = crypto::Certificate::from_pem(config->authority);
  if (!named || named->der() != authority.certificate.der())
    return {Errc::conflict, "the closed group's file names a different authority"};
  config->port = open.port;
  return config;
}

ExitStatus show_plan(const Context& context, const JoinPlaces& places) {
  std::ostream& out = context.streams.out;
  const std::string key = NodeFiles(places.state).key();
  if (!io::exists(key)) out << "+++ " << cli::printable(key) << '\n';
  out << "+++ " << cli::printable(places.certificate()) << '\n'
      << "+++ " << cli::printable(open_copy(places.group.path)) << '\n'
      << "+++ " << cli::printable(places.group.path) << '\n'
      << "$ reload " << cli::printable(places.socket) << '\n';
  return ExitStatus::done;
}

/// What an earlier step of this machine's way into the group was, and has each further one kept for others to see.
class Way {
 public:
  Way(const Context& context, const JoinPlaces& places) : context_(context), file_(places.group.path) {
    auto known = desk::load_enrolment(file_);
    if (known) known_ = *std::move(known);
    if (!known) cli::complain(context.streams, tool, known.error().message());
  }

  [[nodiscard]] const std::optional<authority::EnrolmentRecord>& known() const { return known_; }

  /// For enrol(): writes down what it hears.
  [[nodiscard]] EnrolmentWatcher watcher(const crypto::Certificate& authority,
                                         const crypto::CertificateRequest& request) const {
    authority::EnrolmentRecord record;
    record.authority = authority.fingerprint();
    record.authority_name = authority.common_name();
    record.user = request.user();
    record.request = short_hex(request.key_fingerprint());
    return [this, record](authority::EnrolmentRecord::Step step, const std::string& reason) mutable {
      record.step = step;
      record.reason = reason;
      record.at = io::wall_time_now();
      // What was asked for stays asked for, also where nothing can be written.
      if (auto kept = desk::keep_enrolment(file_, record); !kept)
        cli::complain(context_.streams, tool, kept.error().message());
    };
  }

  void forget() const {
    if (auto gone = desk::forget_enrolment(file_); !gone) cli::complain(context_.streams, tool, gone.error().message());
  }

 private:
  const Context& context_;
  std::string file_;
  std::optional<authority::EnrolmentRecord> known_{};
};

ExitStatus report_group(const Context& context, const KnownAuthority& authority, const Error& error) {
  if (error.code == Errc::not_found) {
    cli::complain(context.streams, tool, "the certificate is here, but " + error.message());
    cli::suggest(context.streams, "on the authority's machine: ga-cert authority serve --for GROUP");
    return ExitStatus::partly;
  }
  (void)report_server(context, authority.peer, error);
  return ExitStatus::partly;
}

}  // namespace

ExitStatus carry_out(const Context& context, const JoinClosed& verb) {
  io::harden_process();
  auto loaded = load_own_group(context, verb.group);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  JoinPlaces places{std::get<OwnGroup>(std::move(loaded))};
  places.state = files_of(context, places.group.name).node(verb.state_directory).directory();
  places.socket = context.options.socket.empty() ? tools::socket_of_group(places.group.name) : context.options.socket;
  const Way way(context, places);
  if (is_closed(places)) {
    if (!verb.dry_run) way.forget();
    if (const auto revoked = find_revocation(places)) return report_revoked(context, places, *revoked);
    context.streams.err << "This machine is already in the closed group (" << cli::printable(places.group.path)
                        << ")\n";
    return verb.dry_run ? ExitStatus::done : move_node(context, places.group, places.group.config, places.socket);
  }
  // The record has a question mark for what is not ASCII.
  const bool is_kept = way.known() && way.known()->user.find('?') == std::string::npos;
  const std::string asked_as = is_kept && verb.user.empty() ? way.known()->user : verb.user;
  const std::string user = asked_as.empty() ? io::host_name() : asked_as;
  if (auto good = authority::check_user(user); !good) {
    cli::complain(context.streams, tool, good.error().message() + "; pass --user NAME");
    return ExitStatus::usage;
  }
  const auto token = read_token_file(context, verb.token_file);
  if (!token) return report_token(context, token.error());
  if (verb.dry_run) return show_plan(context, places);

  const auto key = desk::load_node_key(places.state, true);
  if (!key) return report_key(context, key.error());
  const auto request = crypto::CertificateRequest::build(*key, {user, pinned_of(verb.addresses)});
  if (!request) return report(context, request.error());
  // The token that this machine joined with says whose certificate it needs.
  const bool is_named = !verb.fingerprint.empty() || !verb.token_file.empty() || !way.known();
  const std::string fingerprint = is_named ? verb.fingerprint : to_hex(way.known()->authority);
  const auto found =
      find_authority(context, {verb.server, fingerprint, places.group.name, *token}, request->key_fingerprint());
  if (const auto* status = std::get_if<ExitStatus>(&found)) return *status;
  const auto& authority = std::get<KnownAuthority>(found);

  const EnrolmentWatcher watcher = way.watcher(authority.certificate, *request);
  const auto enrolled = enrol(context, authority, *request, *token, verb.timeout, true, watcher);
  if (const auto* status = std::get_if<ExitStatus>(&enrolled)) return *status;
  const auto& certificate = std::get<crypto::Certificate>(enrolled);
  if (auto written = io::write_file_atomically(places.certificate(), certificate.to_pem(), 0644); !written)
    return report(context, written.error());
  context.streams.err << "Wrote " << cli::printable(places.certificate()) << '\n';

  const auto closed = fetch_group(authority, certificate, *key, places.group.config);
  if (!closed) return report_group(context, authority, closed.error());
  if (auto replaced = replace_group(places.group, *closed); !replaced) return report(context, replaced.error());
  way.forget();
  context.streams.err << "Wrote " << cli::printable(places.group.path) << " (the open group's file is "
                      << cli::printable(places.group.path) << ".open)\n";
  return move_node(context, places.group, *closed, places.socket);
}

}  // namespace ipop::ga_cert
