#include <algorithm>
#include <filesystem>

#include "authority/authority_announcement.hpp"
#include "authority/est.hpp"
#include "base/group_files.hpp"
#include "crypto/certificate.hpp"
#include "io/file.hpp"
#include "io/https_client.hpp"
#include "look.hpp"
#include "node_waiting.hpp"

namespace ipop::ga {
namespace {

using authority::AuthorityAnnouncement;
using health::AuthorityFact;
using health::AuthorityServerFact;

constexpr std::size_t largest_group_file = std::size_t{1} << 20U;
constexpr Duration list_limit = 10s;
// The hash table answers in tens of milliseconds, a server on this machine at once.
constexpr Duration announcement_limit = 3s;
constexpr Duration server_answer_limit = 3s;
constexpr std::size_t most_servers = 2;

/// The authority of the closed group with this file; none: an open group, or no file.
std::optional<crypto::Certificate> authority_of(const Look& look, const std::string& group) {
  const std::string path = GroupFiles(group, look.directory).config();
  const auto text = io::read_file(path, largest_group_file);
  const auto config = text ? groups::parse_group_config(*text, path) : Result<groups::GroupConfig>(text.error());
  if (!config || config->authority.empty()) return std::nullopt;
  auto certificate = crypto::Certificate::from_pem(config->authority);
  return certificate ? std::optional(*std::move(certificate)) : std::nullopt;
}

/// None: this user may not look.
std::optional<AuthorityFact> authority_fact(const std::string& name) {
  AuthorityFact out{name, 0, {}, {}};
  const auto listed = ask_sibling({"ga-cert", "list", "--plain", "--authority", name}, list_limit);
  if (!listed) {
    out.problem = "ga-cert is not installed, or did not answer in time";
  } else if (listed->status == cli::to_int(cli::ExitStatus::permission)) {
    return std::nullopt;
  } else if (listed->status != 0) {
    Complaint complaint = complaint_of(listed->output, "ga-cert");
    out.problem = complaint.problem;
    out.next = std::move(complaint.next);
  } else {
    // Five columns a request.
    out.waiting = static_cast<std::size_t>(std::ranges::count(listed->output, '\t')) / 4;
  }
  return out;
}

std::vector<std::string> authority_names() {
  std::error_code error;
  std::vector<std::string> out;
  const std::filesystem::path directory = authorities_directory;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    // What was put aside by a restore has a dot in its name.
    if (it->is_directory(error) && name.find('.') == std::string::npos) out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

/// Where this authority's servers on this machine are, as the group's hash table has it; none: it could not be asked.
/// Anybody can write there, so others' addresses are not asked.
std::optional<std::vector<net::Endpoint>> announced_servers(const Look& look, const crypto::Digest256& fingerprint) {
  auto client = daemon::ControlClient::connect(look.socket);
  if (!client) return std::nullopt;
  const auto answer = tools::ask_node<node::DhtAnswer>(
      *client, node::DhtGetCommand{std::string(authority::announcement_key)}, announcement_limit);
  if (!answer) return std::nullopt;
  std::vector<net::Endpoint> out;
  for (const auto& value : answer->values) {
    const auto announcement = authority::parse_announcement(as_text(value.value));
    if (announcement && announcement->fingerprint == fingerprint && out.size() < most_servers &&
        announcement->server.ipv4() == look.facts.status->address)
      out.push_back(announcement->server);
  }
  return out;
}

/// Whether the authority's server takes requests, by asking it.
std::optional<AuthorityServerFact> server_fact(const Look& look, const crypto::Certificate& authority) {
  const auto servers = announced_servers(look, authority.fingerprint());
  if (!servers) return std::nullopt;
  AuthorityServerFact out{{}, "none is announced"};
  for (const net::Endpoint& server : *servers) {
    const auto v4 = server.ipv4();
    if (!v4) continue;
    io::HttpsPeer peer{to_string(*v4), server.port};
    peer.authority = authority.to_pem();
    const auto answer = io::exchange_https(peer, authority::est::authority_request(), server_answer_limit);
    out = {to_string(server), answer ? "" : to_string(server) + ": " + answer.error().message()};
    if (answer) break;
  }
  return out;
}

}  // namespace

std::string closed_group_of_entrance(const Look& look, const std::string& group) {
  const auto closed = closed_group_of(group);
  return closed && authority_of(look, *closed) ? *closed : std::string();
}

void look_at_authorities(Look& look) {
  health::Facts& facts = look.facts;
  for (const std::string& name : authority_names())
    if (auto fact = authority_fact(name)) facts.authorities.push_back(*std::move(fact));
  const std::string& closed = facts.entrance_of.empty() ? facts.group : facts.entrance_of;
  const auto authority = authority_of(look, closed);
  const std::string entrance = GroupFiles(entrance_name_of(closed), look.directory).config();
  // Where machines ask, the authority is, or was.
  if (!facts.is_root || !authority || !io::exists(entrance)) return;
  const std::string directory = std::string(authorities_directory) + "/" + closed;
  if (!io::exists(directory)) {
    facts.lost_authority = directory + " is not there, but " + entrance + " is";
    return;
  }
  if (facts.status && facts.status->address) facts.authority_server = server_fact(look, *authority);
}

}  // namespace ipop::ga
