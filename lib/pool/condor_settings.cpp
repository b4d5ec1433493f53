#include "pool/condor_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/nearest_name.hpp"
#include "groups/group_config.hpp"
#include "settings/toml_reader.hpp"
#include "settings/wording.hpp"

namespace ipop::pool {
namespace {

constexpr std::array<std::string_view, 13> condor_keys{
    "roles",    "group",          "pool",  "policy", "slots",         "own_jobs_first",    "manager",
    "managers", "single_manager", "flock", "names",  "lease_minutes", "keep_alive_minutes"};
constexpr std::int64_t shortest_lease = 5;           // minutes; HTCondor's daemons tell each other of it six times
constexpr std::int64_t longest_lease = 7 * 24 * 60;  // longer than every absence that is meant to end
constexpr std::uint32_t most_slots = 4096;           // above every machine of today
constexpr std::size_t most_named_managers = 64;      // as many as fit under one key of the DHT

Result<void> take_role(std::string_view text, CondorSettings& out) {
  static constexpr std::array<std::string_view, 3> names{"manager", "worker", "submit"};
  const std::array<bool*, 3> flags{&out.is_manager, &out.is_worker, &out.is_submit};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text != names[i]) continue;
    if (std::exchange(*flags[i], true))
      return settings::malformed("the role " + settings::in_quotes(text) + " stands there twice");
    return {};
  }
  return settings::malformed("unknown role " + settings::in_quotes(text) + nearest_hint(text, names) +
                             "; the roles are manager, worker and submit");
}

/// One of two words.
template <class Choice>
Result<void> take_word(std::string_view key, std::string_view text, Choice first, Choice second, Choice& out) {
  if (text != to_string(first) && text != to_string(second))
    return settings::malformed("the key " + settings::in_quotes(key) + " is " + settings::in_quotes(to_string(first)) +
                               " or " + settings::in_quotes(to_string(second)) + ", not " + settings::in_quotes(text));
  out = text == to_string(first) ? first : second;
  return {};
}

Result<void> take_manager(std::string_view text, std::optional<net::Ipv4Address>& out) {
  out = net::parse_ipv4_address(text);
  if (out) return {};
  return settings::malformed("the manager " + settings::in_quotes(text) +
                             " is no virtual address, like \"10.128.0.5\"");
}

Result<void> take_node(std::string_view text, std::vector<NodeId>& out) {
  const auto id = parse_node_id(text);
  if (!id)
    return settings::malformed("the manager " + settings::in_quotes(text) +
                               " is no node id; `ipop-ctl status` shows a node's");
  if (out.size() == most_named_managers) return settings::malformed("more than 64 nodes that may be manager");
  out.push_back(*id);
  return {};
}

void take_times(settings::TomlReader& reader, CondorSettings& out) {
  if (const auto lease = reader.number("lease_minutes", shortest_lease, longest_lease, 120))
    out.lease = std::chrono::minutes(*lease);
  // A shorter lease ends the wait for who is silent as well.
  out.keep_alive = std::min(out.keep_alive, out.lease);
  const auto alive = reader.number("keep_alive_minutes", 1, longest_lease, 10);
  if (!alive) return;
  out.keep_alive = std::chrono::minutes(*alive);
  if (out.keep_alive > out.lease)
    reader.refuse("keep_alive_minutes", "keep_alive_minutes is longer than lease_minutes, which is " +
                                            std::to_string(out.lease.count()) + "; at most that would be right");
}

/// Keys that only a worker follows: elsewhere they say that somebody meant this machine to be one.
void refuse_what_needs_a_worker(settings::TomlReader& reader, const CondorSettings& settings) {
  if (settings.is_worker) return;
  const std::array<std::pair<std::string_view, bool>, 3> keys{{{"slots", settings.slots.has_value()},
                                                               {"policy", settings.policy != WorkerPolicy::dedicated},
                                                               {"own_jobs_first", settings.own_jobs_first}}};
  for (const auto& [key, is_set] : keys)
    if (is_set)
      reader.refuse(
          key, "the key " + settings::in_quotes(key) + " is a worker's; add \"worker\" to roles, or remove this line");
}

std::string_view yes_no(bool value) {
  return value ? "true" : "false";
}

}  // namespace

std::string_view to_string(WorkerPolicy policy) {
  return policy == WorkerPolicy::desktop ? "desktop" : "dedicated";
}

std::string_view to_string(PoolNames names) {
  return names == PoolNames::address ? "address" : "dns";
}

Result<void> check_pool_name(std::string_view name) {
  if (groups::check_group_name(name)) return {};
  return settings::malformed("the pool's name " + settings::in_quotes(name.substr(0, 64)) +
                             " is not 1 to 32 of a-z, 0-9 and -, with a letter or digit at both ends");
}

Result<CondorSettings> parse_condor_settings(std::string_view text, std::string_view file) {
  settings::TomlReader reader(text, file, condor_keys);
  CondorSettings out;
  // First: where it is a table, the other keys stand in it.
  reader.text("pool", "pool = \"main\"", [&](std::string_view name) {
    out.pool = name;
    return check_pool_name(name);
  });
  reader.texts("roles", "roles = [\"worker\"]", [&](std::string_view role) { return take_role(role, out); });
  if (!reader.failed() && !out.is_manager && !out.is_worker && !out.is_submit)
    reader.refuse("roles",
                  "no role; a line like roles = [\"worker\", \"submit\"] gives some of manager, worker and submit");
  reader.text("group", "group = \"lab\"", [&](std::string_view name) {
    out.group = name;
    return groups::check_group_name(name);
  });
  reader.text("policy", "policy = \"dedicated\"", [&](std::string_view word) {
    return take_word("policy", word, WorkerPolicy::dedicated, WorkerPolicy::desktop, out.policy);
  });
  if (const auto slots = reader.number("slots", 1, most_slots, 4)) out.slots = static_cast<std::uint32_t>(*slots);
  reader.flag("own_jobs_first", out.own_jobs_first);
  reader.text("manager", "manager = \"10.128.0.5\"",
              [&](std::string_view address) { return take_manager(address, out.manager); });
  reader.texts("managers", "managers = [\"NODE ID\"]",
               [&](std::string_view id) { return take_node(id, out.managers); });
  reader.flag("single_manager", out.single_manager);
  reader.flag("flock", out.flock);
  reader.text("names", "names = \"dns\"", [&](std::string_view word) {
    return take_word("names", word, PoolNames::dns, PoolNames::address, out.names);
  });
  take_times(reader, out);
  refuse_what_needs_a_worker(reader, out);
  if (out.manager && out.is_manager)
    reader.refuse("manager", "a machine with the role manager is its own manager; take away one of the two lines");
  if (reader.failed()) return *reader.failed();
  return out;
}

std::string to_toml(const CondorSettings& settings) {
  std::string roles;
  for (const auto& [is_set, name] : std::array<std::pair<bool, std::string_view>, 3>{
           {{settings.is_manager, "manager"}, {settings.is_worker, "worker"}, {settings.is_submit, "submit"}}})
    if (is_set) roles += (roles.empty() ? "" : ", ") + settings::in_quotes(name);
  std::string nodes;
  for (const NodeId& id : settings.managers)
    nodes += (nodes.empty() ? "" : ", ") + settings::in_quotes(to_string(id));
  std::string out = "# What this machine is in its group's pool: ga-condorcfg.toml(5).\n";
  out += "roles = [" + roles + "]\n";
  if (!settings.group.empty()) out += "group = " + settings::in_quotes(settings.group) + "\n";
  out += "pool = " + settings::in_quotes(settings.pool) + "\n";
  out += "# A worker's: \"dedicated\" runs jobs always, \"desktop\" while nobody uses the machine.\n";
  out += "policy = " + settings::in_quotes(to_string(settings.policy)) + "\n";
  if (settings.slots) out += "# Jobs of one core at once.\nslots = " + std::to_string(*settings.slots) + "\n";
  out += "own_jobs_first = " + std::string(yes_no(settings.own_jobs_first)) + "\n";
  if (settings.manager)
    out +=
        "# Overrides the manager that is announced.\nmanager = " + settings::in_quotes(to_string(*settings.manager)) +
        "\n";
  if (!nodes.empty()) out += "# Nodes that may be manager.\nmanagers = [" + nodes + "]\n";
  out += "single_manager = " + std::string(yes_no(settings.single_manager)) + "\n";
  out += "flock = " + std::string(yes_no(settings.flock)) + "\n";
  out += "# \"dns\": names that ipop-dns resolves; \"address\": names made of addresses.\n";
  out += "names = " + settings::in_quotes(to_string(settings.names)) + "\n";
  out += "# How long a job waits for a worker that may come back, and for one that is silent.\n";
  out += "lease_minutes = " + std::to_string(settings.lease.count()) + "\n";
  out += "keep_alive_minutes = " + std::to_string(settings.keep_alive.count()) + "\n";
  return out;
}

std::size_t line_of_key(std::string_view text, std::string_view key) {
  std::size_t line = 1;
  while (!text.empty()) {
    std::string_view here = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(here.size() + 1, text.size()));
    here.remove_prefix(std::min(here.find_first_not_of(" \t"), here.size()));
    if (here.starts_with(key)) {
      here.remove_prefix(key.size());
      here.remove_prefix(std::min(here.find_first_not_of(" \t"), here.size()));
      if (here.starts_with('=')) return line;
    }
    ++line;
  }
  return 1;
}

}  // namespace ipop::pool
