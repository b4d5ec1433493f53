#include "layers/traces.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace ipop::layers {
namespace {

struct Rule {
  std::string_view group;
  /// Parts of a path; `*` stands for anything within a part, a last part `**` for everything below.
  std::string_view pattern;
  bool keeps_directories = true;  ///< programs expect the directories of their logs and spools
};

constexpr std::string_view keys = "keys";
constexpr std::string_view leases = "leases";
constexpr std::string_view machine_ids = "machine-id";
constexpr std::string_view ssh_keys = "ssh host keys";
constexpr std::string_view logs = "logs";
constexpr std::string_view histories = "histories";
constexpr std::string_view condor = "HTCondor's state";
constexpr std::string_view leftovers = "leftovers";

constexpr std::array rules{
    // The overlay: keys, group files with their bootstrap nodes, certificates, an authority's book.
    Rule{keys, "etc/ipop/**", false},
    Rule{keys, "var/lib/ipop/**", false},
    Rule{keys, "var/lib/ga/authority/**", false},
    Rule{keys, "var/lib/ga/pingtest/**", false},
    Rule{keys, "etc/ga/layers/**", false},
    Rule{keys, "etc/swanctl/private/*"},
    Rule{keys, "etc/swanctl/x509/*"},
    Rule{keys, "etc/ssl/private/*"},
    Rule{keys, "etc/ssl/certs/ssl-cert-snakeoil.pem"},
    Rule{keys, "root/.ssh/**", false},
    Rule{keys, "home/*/.ssh/**", false},
    Rule{keys, "root/.gnupg/**", false},
    Rule{keys, "home/*/.gnupg/**", false},
    Rule{keys, "var/lib/systemd/random-seed"},
    Rule{keys, "var/lib/systemd/credential.secret"},
    Rule{keys, "var/lib/urandom/random-seed"},
    Rule{keys, "var/lib/samba/private/**"},
    Rule{leases, "var/lib/ga/dhcp/**", false},
    Rule{leases, "var/lib/dhcp/*"},
    Rule{leases, "var/lib/dhcpcd/**"},
    Rule{leases, "var/lib/NetworkManager/**"},
    Rule{leases, "var/lib/systemd/network/**"},
    Rule{leases, "etc/udev/rules.d/70-persistent-net.rules"},
    Rule{machine_ids, "etc/machine-id"},
    Rule{machine_ids, "var/lib/dbus/machine-id"},
    Rule{machine_ids, "etc/hostid"},
    Rule{machine_ids, "var/lib/cloud/**", false},
    Rule{ssh_keys, "etc/ssh/ssh_host_*"},
    Rule{condor, "var/lib/condor/**"},
    Rule{condor, "var/log/condor/**"},
    Rule{condor, "var/spool/condor/**"},
    Rule{condor, "etc/condor/passwords.d/*"},
    Rule{condor, "etc/condor/tokens.d/*"},
    Rule{condor, "etc/condor/config.d/*-ga*"},
    Rule{condor, "etc/condor/pool_password"},
    Rule{logs, "var/log/**"},
    Rule{logs, "var/lib/systemd/coredump/**"},
    Rule{logs, "var/crash/**"},
    Rule{histories, "root/.*_history"},
    Rule{histories, "home/*/.*_history"},
    Rule{histories, "root/.*hst"},
    Rule{histories, "home/*/.*hst"},
    Rule{histories, "root/.viminfo"},
    Rule{histories, "home/*/.viminfo"},
    Rule{histories, "root/.wget-hsts"},
    Rule{histories, "home/*/.wget-hsts"},
    Rule{histories, "root/.local/share/fish/fish_history"},
    Rule{histories, "home/*/.local/share/fish/fish_history"},
    Rule{histories, "root/.local/share/recently-used.xbel"},
    Rule{histories, "home/*/.local/share/recently-used.xbel"},
    Rule{histories, "root/.cache/**", false},
    Rule{histories, "home/*/.cache/**", false},
    Rule{leftovers, "tmp/**", false},
    Rule{leftovers, "var/tmp/**", false},
    Rule{leftovers, "run/**", false},
    Rule{leftovers, "var/mail/*"},
    Rule{leftovers, "var/spool/mail/*"},
};

bool part_fits(std::string_view pattern, std::string_view part) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == part;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view rest = pattern.substr(star + 1);
  if (!part.starts_with(head)) return false;
  part.remove_prefix(head.size());
  if (rest.empty()) return true;
  for (std::size_t skip = 0; skip <= part.size(); ++skip)
    if (part_fits(rest, part.substr(skip))) return true;
  return false;
}

bool fits(std::string_view pattern, std::string_view path) {
  while (true) {
    if (pattern == "**") return true;
    const std::size_t pattern_end = pattern.find('/');
    const std::size_t path_end = path.find('/');
    if (!part_fits(pattern.substr(0, pattern_end), path.substr(0, path_end))) return false;
    const bool pattern_done = pattern_end == std::string_view::npos;
    const bool path_done = path_end == std::string_view::npos;
    if (pattern_done || path_done) return pattern_done && path_done;
    pattern.remove_prefix(pattern_end + 1);
    path.remove_prefix(path_end + 1);
  }
}

}  // namespace

std::vector<Trace> find_traces(std::span<const Entry> entries, bool whole) {
  std::vector<Trace> out;
  for (const Entry& entry : entries) {
    if (entry.path == ".") continue;
    const auto rule = std::ranges::find_if(rules, [&](const Rule& one) { return fits(one.pattern, entry.path); });
    if (rule == rules.end()) continue;
    // What hides a name below is no trace: it takes one away. It goes with the directory that it is in.
    const bool stays_in_place = entry.kind == EntryKind::directory || entry.kind == EntryKind::whiteout;
    if (stays_in_place && rule->keeps_directories) continue;
    const bool stays = whole && entry.path == "etc/machine-id";
    if (stays && entry.size == 0) continue;
    out.push_back({entry.path, rule->group, stays ? TraceRemedy::empty : TraceRemedy::remove, entry.size});
  }
  // Paths rise, so a directory comes behind its content when they fall.
  std::ranges::reverse(out);
  return out;
}

std::vector<Entry> without_traces(std::span<const Entry> entries, std::span<const Trace> traces) {
  std::map<std::string_view, TraceRemedy> remedies;
  for (const Trace& trace : traces)
    remedies[trace.path] = trace.remedy;
  std::map<std::string, Entry> gone;               // files, by their first name
  std::map<std::string, std::string> first_names;  // of those that have another one
  std::vector<Entry> out;
  for (const Entry& entry : entries) {
    const auto remedy = remedies.find(entry.path);
    if (remedy != remedies.end() && remedy->second == TraceRemedy::remove) {
      gone.emplace(entry.path, entry);
      continue;
    }
    out.push_back(entry);
    Entry& kept = out.back();
    if (remedy != remedies.end()) {
      kept.size = 0;
      kept.digest = crypto::sha256({});
    }
    if (kept.kind != EntryKind::hard_link) continue;
    if (const auto other = first_names.find(kept.target); other != first_names.end()) {
      kept.target = other->second;
    } else if (const auto file = gone.find(kept.target); file != gone.end()) {
      first_names.emplace(kept.target, kept.path);
      const std::string path = kept.path;
      kept = file->second;
      kept.path = path;
    }
  }
  return out;
}

std::vector<std::string_view> trace_groups() {
  return {keys, leases, machine_ids, ssh_keys, logs, histories, condor, leftovers};
}

std::vector<TraceSum> sum_up(std::span<const Trace> traces) {
  std::vector<TraceSum> out;
  for (const std::string_view group : trace_groups()) {
    TraceSum sum{group, 0, 0};
    for (const Trace& trace : traces) {
      if (trace.group != group) continue;
      ++sum.names;
      sum.octets += trace.size;
    }
    if (sum.names != 0) out.push_back(sum);
  }
  return out;
}

}  // namespace ipop::layers
