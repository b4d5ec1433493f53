#include "authority_finder.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "authority/authority_announcement.hpp"
#include "authority/est.hpp"
#include "authority/fingerprint_text.hpp"
#include "cli/progress.hpp"
#include "cli/question.hpp"
#include "cli/text.hpp"
#include "groups/group_config.hpp"
#include "io/system_clock.hpp"
#include "node_waiting.hpp"

namespace ipop::ga_cert {
namespace {

using authority::AuthorityAnnouncement;
using cli::ExitStatus;

constexpr Duration first_contact_limit = 15s;
constexpr Duration look_up_limit = 20s;
// The authority's machine may just have started; its announcement comes within seconds of its address.
constexpr Duration server_limit = 60s;
// Anybody may write an announcement; more are not looked at.
constexpr std::size_t max_candidates = 16;

/// A server to ask, and what its announcement said of it.
struct Candidate {
  io::HttpsPeer peer{};
  std::optional<crypto::Digest256> fingerprint{};
};

std::string place_of(const io::HttpsPeer& peer) {
  const bool is_v6 = peer.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + peer.host + "]" : peer.host) + ":" + std::to_string(peer.port);
}

/// `host`, `host:port`, `[v6]:port`.
Result<io::HttpsPeer> parse_server(const std::string& text) {
  const bool has_port = text.find(':') != std::string::npos;
  const auto entry = groups::parse_bootstrap_entry(has_port ? text : text + ":" + std::to_string(default_port));
  if (!entry || text.starts_with("udp:"))
    return {Errc::malformed, "\"" + text + "\" is not a server address; write HOST:PORT, as in 10.128.0.1:8443"};
  return io::HttpsPeer{entry->host, entry->port};
}

/// What is announced now; with `wanted` only of that authority.
Result<std::vector<AuthorityAnnouncement>> ask_open_group(daemon::ControlClient& client, Duration limit,
                                                          const std::optional<crypto::Digest256>& wanted) {
  const auto answer =
      tools::ask_node<node::DhtAnswer>(client, node::DhtGetCommand{std::string(authority::announcement_key)}, limit);
  if (!answer) return answer.error();
  std::vector<AuthorityAnnouncement> out;
  for (const auto& value : answer->values) {
    const auto announcement = authority::parse_announcement(as_text(value.value));
    if (!announcement || (wanted && announcement->fingerprint != *wanted)) continue;
    if (out.size() == max_candidates) break;
    if (std::ranges::find(out, *announcement) == out.end()) out.push_back(*announcement);
  }
  return out;
}

/// Who knows which authority is meant waits for its server a while, since it may have been started a moment ago: the
/// node watches the key and says when something is announced. Others see what there is.
Result<std::vector<AuthorityAnnouncement>> look_or_wait(const Context& context, const std::string& socket,
                                                        const std::optional<crypto::Digest256>& wanted) {
  // A node that does not run is not waited for.
  if (auto client = daemon::ControlClient::connect(socket); !client) return std::move(client).error();
  std::vector<AuthorityAnnouncement> out;
  bool is_watching = false;
  tools::NodeWaiting waiting(context.streams, socket, wanted ? server_limit : look_up_limit);
  const auto found =
      waiting.until("the authority's server in the group", [&](auto& client, Duration left) -> Result<bool> {
        if (wanted && !std::exchange(is_watching, true)) {
          const node::DhtWatchCommand watch{std::string(authority::announcement_key)};
          if (const auto set = client.call(watch, std::min(left, look_up_limit)); !set) return set.error();
        }
        auto now = ask_open_group(client, std::min(left, look_up_limit), wanted);
        if (!now) return now.error();
        out = *std::move(now);
        return !wanted || !out.empty();
      });
  // The time is over: nothing is announced, which is an answer.
  if (!found && found.error().code != std::errc::timed_out) return found.error();
  return out;
}

Candidate candidate_of(const AuthorityAnnouncement& announcement) {
  const std::string host = announcement.server.is_ipv4()
                               ? to_string(*announcement.server.ipv4())
                               : to_string(std::get<net::Ipv6Address>(announcement.server.address));
  return {{host, announcement.server.port}, announcement.fingerprint};
}

std::variant<std::vector<Candidate>, ExitStatus> announced(const Context& context, const AuthorityChoice& choice,
                                                           const std::optional<crypto::Digest256>& wanted) {
  const auto socket = tools::choose_socket({context.options.socket, choice.group});
  if (!socket) return tools::report_choice_error(context.streams, tool, socket.error());
  const auto found = look_or_wait(context, *socket, wanted);
  if (!found) return tools::report_node_error(context.streams, tool, found.error(), *socket);
  if (found->empty()) {
    cli::complain(context.streams, tool,
                  wanted ? "no authority with this fingerprint is announced in the group"
                         : "no authority is announced in the group");
    cli::suggest(context.streams, "on the authority's machine: ga-cert authority serve --group " +
                                      (choice.group.empty() ? "GROUP" : choice.group) + "  # or GROUP-enrol");
    cli::suggest(context.streams, "the same command with --server HOST:PORT");
    return ExitStatus::no;
  }
  const bool is_one =
      std::ranges::all_of(*found, [&](const auto& it) { return it.fingerprint == found->front().fingerprint; });
  if (!is_one) {
    cli::complain(context.streams, tool, "several authorities are announced in the group:");
    for (const auto& it : *found)
      context.streams.err << "  " << to_string(it.server) << "  " << authority::to_groups(it.fingerprint) << '\n';
    cli::suggest(context.streams, "the same command with --fingerprint HEX");
    return ExitStatus::usage;
  }
  std::vector<Candidate> out;
  std::ranges::transform(*found, std::back_inserter(out), candidate_of);
  return out;
}

std::variant<std::vector<Candidate>, ExitStatus> candidates(const Context& context, const AuthorityChoice& choice,
                                                            const std::optional<crypto::Digest256>& wanted) {
  if (choice.server.empty()) return announced(context, choice, wanted);
  auto peer = parse_server(choice.server);
  if (!peer) {
    cli::complain(context.streams, tool, peer.error().message());
    return ExitStatus::usage;
  }
  return std::vector{Candidate{*std::move(peer)}};
}

/// What the server calls its authority; nothing is believed yet.
Result<crypto::Certificate> first_contact(const Context& context, const io::HttpsPeer& peer) {
  cli::Progress progress(context.streams);
  progress.show("asking " + place_of(peer) + " ...");
  const auto answer = io::exchange_https(peer, authority::est::authority_request(), first_contact_limit);
  if (!answer) return answer.error();
  return authority::est::decode_authority(*answer);
}

bool is_confirmed(const Context& context, const Candidate& candidate, const crypto::Certificate& authority,
                  const crypto::Digest256& own_key) {
  std::ostream& err = context.streams.err;
  err << "The authority at " << cli::printable(place_of(candidate.peer)) << " calls itself \""
      << cli::printable(authority.common_name()) << "\".\n"
      << "Its fingerprint:   " << authority::to_groups(authority.fingerprint()) << '\n'
      << "This machine's key: " << authority::to_groups(own_key) << '\n'
      << "Compare both with the person at the authority (`ga-cert authority show` and `ga-cert list` there),"
         " over a channel that nobody else can tamper with.\n";
  return cli::ask_for_word_yes(context.streams, "Is it the same authority?");
}

}  // namespace

ExitStatus report_server(const Context& context, const io::HttpsPeer& peer, const Error& error) {
  const std::string place = place_of(peer);
  if (error.code == Errc::not_authorized) {
    cli::complain(context.streams, tool,
                  place + " is not the authority's server, or this machine's clock is wrong: " + error.message());
    return ExitStatus::no;
  }
  const bool is_silent = error.code == std::errc::timed_out;
  cli::complain(context.streams, tool, place + ": " + error.message());
  if (is_silent || error.code == std::errc::connection_refused) {
    cli::suggest(context.streams, "on the authority's machine: ga-cert authority serve --group GROUP");
    cli::suggest(context.streams, "the same command again");
  }
  return is_silent ? ExitStatus::timed_out : ExitStatus::no;
}

std::variant<KnownAuthority, ExitStatus> find_authority(const Context& context, const AuthorityChoice& choice,
                                                        const crypto::Digest256& own_key) {
  std::optional<crypto::Digest256> wanted;
  if (!choice.fingerprint.empty()) {
    wanted = authority::parse_fingerprint(choice.fingerprint);
    if (!wanted) {
      cli::complain(context.streams, tool,
                    "--fingerprint takes 64 hexadecimal digits, as `ga-cert authority show`"
                    " prints them on the authority's machine");
      return ExitStatus::usage;
    }
    if (choice.token && choice.token->authority != *wanted) {
      cli::complain(context.streams, tool, "the enrolment token belongs to a different authority than --fingerprint");
      return ExitStatus::usage;
    }
  } else if (choice.token) {
    wanted = choice.token->authority;
  } else if (!cli::can_ask(context.streams)) {
    cli::complain(context.streams, tool,
                  "there is no terminal to compare the authority's"
                  " fingerprint: pass --fingerprint HEX (`ga-cert authority show` prints it)");
    return ExitStatus::usage;
  }
  auto found = candidates(context, choice, wanted);
  if (const auto* status = std::get_if<ExitStatus>(&found)) return *status;
  ExitStatus failure = ExitStatus::no;
  for (Candidate& candidate : std::get<std::vector<Candidate>>(found)) {
    auto authority = first_contact(context, candidate.peer);
    if (!authority) {
      failure = report_server(context, candidate.peer, authority.error());
      continue;
    }
    const auto expected = wanted ? wanted : candidate.fingerprint;
    if (expected && authority->fingerprint() != *expected) {
      cli::complain(context.streams, tool,
                    place_of(candidate.peer) + " is a different authority: its fingerprint is " +
                        authority::to_groups(authority->fingerprint()) + ", not " + authority::to_groups(*expected));
      failure = ExitStatus::no;
      continue;
    }
    if (!wanted && !is_confirmed(context, candidate, *authority, own_key)) {
      cli::complain(context.streams, tool, "not confirmed; nothing was sent");
      return ExitStatus::no;
    }
    candidate.peer.authority = authority->to_pem();
    return KnownAuthority{std::move(candidate.peer), *std::move(authority)};
  }
  return failure;
}

}  // namespace ipop::ga_cert
