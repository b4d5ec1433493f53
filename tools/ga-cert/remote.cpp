#include "remote.hpp"

#include <algorithm>

#include "authority/est.hpp"
#include "authority_finder.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "membership.hpp"
#include "papers.hpp"

namespace ipop::ga_cert {
namespace {

using authority::WaitingRow;
using cli::ExitStatus;
namespace est = authority::est;

constexpr Duration remote_limit = 30s;

/// The authority's server, and this machine's certificate to show it.
std::variant<io::HttpsPeer, ExitStatus> find_remote(const Context& context, const RemoteAuthority& remote) {
  io::harden_process();
  auto loaded = load_own_group(context, remote.group);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  auto& group = std::get<OwnGroup>(loaded);
  if (group.config.authority.empty()) {
    cli::complain(context.streams, tool, group.name + " is an open group: nobody decides there");
    return ExitStatus::no;
  }
  const auto member = load_membership(context, std::move(group), {});
  if (!member) return report_key(context, member.error());
  const auto found =
      find_authority(context, {remote.server, to_hex(member->authority.fingerprint()), member->group.name},
                     member->present.key_fingerprint());
  if (const auto* status = std::get_if<ExitStatus>(&found)) return *status;
  io::HttpsPeer peer = std::get<KnownAuthority>(found).peer;
  peer.certificate = member->present.to_pem();
  peer.key = member->key.to_pem();
  return peer;
}

ExitStatus report_refusal(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  return ExitStatus::no;
}

std::variant<std::vector<WaitingRow>, ExitStatus> fetch_rows(const Context& context, const io::HttpsPeer& peer) {
  const auto answer = io::exchange_https(peer, est::requests_request(), remote_limit);
  if (!answer) return report_server(context, peer, answer.error());
  auto rows = est::decode_requests(*answer);
  if (!rows) return report_refusal(context, rows.error());
  return *std::move(rows);
}

/// The one request of the user `text`, or whose key begins with it.
Result<WaitingRow> find_row(const std::vector<WaitingRow>& rows, const std::string& text) {
  const auto digits = digits_of(text);
  std::vector<WaitingRow> found;
  std::ranges::copy_if(rows, std::back_inserter(found), [&](const WaitingRow& row) {
    return row.user == text || (digits && to_hex(row.key).starts_with(*digits));
  });
  if (found.empty()) return {Errc::not_found, "no request of this user or key waits"};
  if (found.size() > 1) return {Errc::conflict, "several requests are meant; name one by its key"};
  return found.front();
}

}  // namespace

ExitStatus list_remote(const Context& context, const RemoteAuthority& remote) {
  const auto peer = find_remote(context, remote);
  if (const auto* status = std::get_if<ExitStatus>(&peer)) return *status;
  const auto fetched = fetch_rows(context, std::get<io::HttpsPeer>(peer));
  if (const auto* status = std::get_if<ExitStatus>(&fetched)) return *status;
  const auto& rows = std::get<std::vector<WaitingRow>>(fetched);
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.list/1");
    json.begin_array("requests");
    for (const WaitingRow& row : rows) {
      json.begin_element();
      json.field("key", to_hex(row.key));
      json.field("user", row.user);
      json.field("addresses", row.addresses);
      json.field("source", row.source);
      json.field("at", row.at.seconds);
      json.end();
    }
    json.end();
    out << json.text() << '\n';
    return ExitStatus::done;
  }
  const bool plain = context.options.output.plain;
  cli::Table table({{"REQUEST", cli::Align::left, true}, {"USER"}, {"ADDRESSES"}, {"FROM"}, {"CAME"}});
  table.count_as("requests");
  for (const WaitingRow& row : rows)
    table.add_row({plain ? to_hex(row.key) : short_hex(row.key), cli::printable(row.user),
                   cli::printable(row.addresses), cli::printable(row.source), cli::utc_text(row.at)});
  if (plain)
    table.write_plain(out);
  else
    table.write_human(out, cli::screen_of(context.streams, context.options.output.color));
  if (rows.empty()) context.streams.err << "No request waits.\n";
  return ExitStatus::done;
}

ExitStatus decide_remotely(const Context& context, const RemoteAuthority& remote,
                           const std::vector<std::string>& requests, authority::RemoteDecision decision) {
  const auto peer = find_remote(context, remote);
  if (const auto* status = std::get_if<ExitStatus>(&peer)) return *status;
  const auto& server = std::get<io::HttpsPeer>(peer);
  const auto fetched = fetch_rows(context, server);
  if (const auto* status = std::get_if<ExitStatus>(&fetched)) return *status;
  std::size_t failed = 0;
  for (const std::string& text : requests) {
    const auto row = find_row(std::get<std::vector<WaitingRow>>(fetched), text);
    if (row) decision.key = row->key;
    const auto answer = row ? io::exchange_https(server, est::decision_request(decision), remote_limit)
                            : Result<net::HttpAnswer>(row.error());
    const auto done = answer ? est::decode_decided(*answer) : Result<std::string>(answer.error());
    if (!done) {
      cli::complain(context.streams, tool, cli::printable(text) + ": " + done.error().message());
      ++failed;
      continue;
    }
    context.streams.out << (decision.accepts ? "accepted: " : "denied: ") << short_hex(row->key) << ' '
                        << cli::printable(row->user) << '\n';
  }
  if (failed == 0) return ExitStatus::done;
  return failed == requests.size() ? ExitStatus::no : ExitStatus::partly;
}

}  // namespace ipop::ga_cert
