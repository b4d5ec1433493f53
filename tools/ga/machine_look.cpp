#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "authority/enrolment_record.hpp"
#include "base/group_files.hpp"
#include "cli/human.hpp"
#include "cli/rights.hpp"
#include "crypto/private_key.hpp"
#include "groups/node_file.hpp"
#include "io/directory_lock.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/netlink.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "look.hpp"
#include "node_connection.hpp"

namespace ipop::ga {
namespace {

using health::FileFact;
using health::FirewallFact;

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr const char* tun_device = "/dev/net/tun";
constexpr const char* role_file = "/etc/ga/pool.toml";
constexpr const char* lease_directory = "/var/lib/ga/dhcp";
constexpr Duration sibling_limit = 10s;
// HTCondor's programs wait for daemons that may be gone.
constexpr Duration condor_limit = 4s;

std::string problem_of(const Result<void>& result) {
  return result ? std::string() : result.error().message();
}

FileFact key_fact(const Look& look) {
  const std::string path = NodeFiles(look.state_directory).key();
  // A node makes its key when it first starts.
  if (!io::exists(path)) return {path, {}};
  const auto text = io::read_secret_file(path, largest_file);
  if (!text) return {path, text.error().message()};
  const auto key = crypto::PrivateKey::from_pem(*text);
  return {path, key ? "" : path + ": " + key.error().message()};
}

/// How far this machine is on its way into a closed group.
std::optional<health::EnrolmentFact> enrolment_fact(const std::string& group_file) {
  using Step = authority::EnrolmentRecord::Step;
  const std::string path = authority::enrolment_record_path(group_file);
  const auto text = io::read_file(path, largest_file);
  const auto record =
      text ? authority::parse_enrolment_record(*text, path) : Result<authority::EnrolmentRecord>(text.error());
  if (!record) return std::nullopt;
  health::EnrolmentFact out;
  out.step = record->step == Step::wanted    ? health::EnrolmentFact::Step::wanted
             : record->step == Step::waiting ? health::EnrolmentFact::Step::waiting
                                             : health::EnrolmentFact::Step::denied;
  out.authority = record->authority_name;
  out.user = record->user;
  out.request = record->request;
  out.at = cli::utc_text(record->at);
  out.reason = record->reason;
  return out;
}

/// Whether something can be written there, by trying.
FileFact state_fact(const Look& look) {
  if (!io::exists(look.state_directory)) return {look.state_directory, {}, true};
  const std::string probe = look.state_directory + "/.ga-doctor";
  auto written = io::write_file_atomically(probe, "ga doctor\n", 0600);
  if (written) written = io::remove_file(probe);
  return {look.state_directory, problem_of(written), true};
}

/// The lines that are no blank ones.
std::size_t count_lines(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    count += end > at ? 1 : 0;
    at = end + 1;
  }
  return count;
}

/// `command`: of the program's, among the words that it was started with.
bool is_process_running(std::string_view name, std::string_view command = "") {
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    std::ifstream file(it->path() / "comm");
    std::string comm;
    if (!std::getline(file, comm) || comm != name) continue;
    if (command.empty()) return true;
    std::ifstream words(it->path() / "cmdline");
    for (std::string word; std::getline(words, word, '\0');)
      if (word == command) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> groups_of_machine(const Context& context) {
  if (!context.options.group.empty()) return std::vector{context.options.group};
  const auto names = io::group_names(context.options.directory);
  std::set<std::string> out;
  if (names) out.insert(names->begin(), names->end());
  if (context.options.socket.empty()) {
    for (const std::string& name : tools::running_groups())
      out.insert(name);
  }
  if (!names && out.empty()) return names.error();
  return std::vector<std::string>(out.begin(), out.end());
}

cli::ExitStatus report_unreadable(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (!cli::is_refused(error.code)) return cli::ExitStatus::no;
  cli::suggest_root(context.streams);
  return cli::ExitStatus::permission;
}

Look begin_look(const Context& context, const std::string& group) {
  Look look{context.options.directory, {}, {}, {}, {}, {}};
  // sd_booted(3): the directory exists where systemd is the init system.
  look.facts.has_systemd = io::exists("/run/systemd/system");
  look.facts.has_resolved = io::exists("/run/systemd/resolve");
  look.facts.is_root = io::is_root();
  look.facts.has_sudo = cli::has_sudo();
  look.facts.now = io::wall_time_now();
  look.facts.group = group;
  if (group.empty()) return look;
  const Options& options = context.options;
  look.socket = options.socket.empty() ? tools::socket_of_group(group) : options.socket;
  const GroupFiles files(group, options.directory);
  look.state_directory = files.node(options.state_directory).directory();
  const std::string path = files.config();
  const auto is_there = io::has_group(group, options.directory);
  if (is_there && !*is_there) return look;
  look.facts.group_file = path;
  const auto text = io::read_file(path, largest_file);
  auto parsed = text ? groups::parse_group_config(*text, path) : Result<groups::GroupConfig>(text.error());
  look.facts.files.push_back({path, parsed ? "" : parsed.error().message()});
  if (!parsed) return look;
  look.facts.is_closed = !parsed->authority.empty();
  if (parsed->address_server) look.facts.lease_server = parsed->address_server->place;
  if (!look.facts.is_closed) look.facts.enrolment = enrolment_fact(path);
  if (!look.facts.is_closed) look.facts.entrance_of = closed_group_of_entrance(look, group);
  look.group = *std::move(parsed);
  return look;
}

void look_at_files(Look& look) {
  if (look.facts.is_root) {
    look.facts.files.push_back(key_fact(look));
    look.facts.files.push_back(state_fact(look));
  }
  if (look.facts.is_closed && look.facts.is_root) {
    const std::string path = NodeFiles(look.state_directory).certificate();
    look.facts.certificate = FileFact{path, io::exists(path) ? "" : path + " is not there"};
    const std::string& group = look.facts.group;
    look.facts.has_authority = io::exists(AuthorityFiles(std::string(authorities_directory) + "/" + group).ledger()) &&
                               io::exists(GroupFiles(entrance_name_of(group), look.directory).config());
  }
  const std::string settings = GroupFiles(look.facts.group, look.directory).settings();
  const auto text = io::read_file(settings, largest_file);
  const auto node = text ? groups::parse_node_file(*text, settings) : groups::NodeFile{};
  if (text && !node) look.facts.files.push_back({settings, node.error().message()});
  if (!node || node->has_tap) look.facts.tun = FileFact{tun_device, io::exists(tun_device) ? "" : "it is not there"};
}

void look_at_clock(Look& look) {
  health::ClockFact clock;
  clock.is_synchronized = io::is_wall_time_synchronized();
  const NodeFiles node(look.state_directory);
  for (const std::string& path :
       {look.facts.group_file, node.state(), node.certificate(), std::string("/proc/self/exe")}) {
    const auto written = io::modification_time(path);
    if (!written || *written <= look.facts.now) continue;
    const std::chrono::seconds behind(written->seconds - look.facts.now.seconds);
    clock.behind = std::max(clock.behind.value_or(behind), behind);
  }
  look.facts.clock = clock;
}

void look_at_start(Look& look) {
  if (look.facts.node != health::NodeFact::not_running || !look.facts.is_root || look.facts.group_file.empty()) return;
  const auto checked = ask_sibling({"ipop-node", "config", "check", "--group-file", look.facts.group_file,
                                    "--state-dir", look.state_directory, "--socket", look.socket},
                                   sibling_limit);
  if (checked && checked->status != 0) look.facts.start_problem = complaint_of(checked->output, "ipop-node").problem;
}

void look_at_uplink(Look& look) {
  const auto addresses = io::list_addresses();
  if (!addresses) return;
  const node::StatusAnswer* status = look.facts.status ? &*look.facts.status : nullptr;
  const auto prefix = status != nullptr ? status->prefix : std::nullopt;
  bool has_uplink = false;
  bool is_ready = false;
  for (const io::InterfaceAddress& it : *addresses) {
    const auto* v4 = std::get_if<net::Ipv4Address>(&it.address);
    const bool is_virtual = v4 != nullptr && prefix && prefix->contains(*v4);
    if (status != nullptr && v4 != nullptr && status->address == *v4) is_ready = true;
    const auto* v6 = std::get_if<net::Ipv6Address>(&it.address);
    const bool is_local = it.is_loopback() || (v6 != nullptr && v6->is_link_local());
    has_uplink = has_uplink || (!is_local && !is_virtual);
  }
  look.facts.has_uplink = has_uplink;
  if (status != nullptr && status->address && !status->interface.empty()) look.facts.is_interface_ready = is_ready;
}

void look_at_firewall(Look& look) {
  const std::string settings = look.directory + "/firewall/settings.toml";
  FirewallFact fact;
  if (!io::exists(settings)) {
    look.facts.firewall = fact;
    return;
  }
  fact.state = FirewallFact::State::unknown;
  const auto answer = ask_sibling(
      {"ga-firewall", "status", "--plain", "--dir", look.directory, "--socket", look.socket}, sibling_limit);
  if (!answer) {
    fact.problem = "ga-firewall is not installed, or did not answer in time";
  } else {
    const std::string state = value_of_key(answer->output, "state");
    fact.role = value_of_key(answer->output, "role");
    if (state == "applied") fact.state = FirewallFact::State::applied;
    if (state == "differs") fact.state = FirewallFact::State::differs;
    if (state == "missing") fact.state = FirewallFact::State::missing;
    if (state.empty()) fact.problem = complaint_of(answer->output, "ga-firewall").problem;
  }
  look.facts.firewall = std::move(fact);
}

void look_at_lease_server(Look& look) {
  if (look.facts.lease_server.empty() || !io::exists(std::string(lease_directory) + "/leases.db")) return;
  const auto group = ask_sibling({"ipop-dhcp", "config", "--group", look.facts.group, "--plain"}, sibling_limit);
  // A server of other groups only is not meant, and not everybody may look.
  if (!group || group->status != 0 || group->output.empty()) return;
  look.facts.is_lease_server_running =
      io::DirectoryLock::is_taken(lease_directory) || is_process_running("ipop-dhcp", "follow");
}

void look_at_pool(Look& look) {
  if (!io::exists(role_file)) return;
  const auto shown = ask_sibling({"ga-condorcfg", "show", "--plain"}, sibling_limit);
  if (!shown) return;
  health::PoolFact pool;
  pool.group = value_of_key(shown->output, "group");
  // A machine has one pool; it is in one of its groups.
  if (!pool.group.empty() && pool.group != look.facts.group) return;
  pool.roles = value_of_key(shown->output, "roles");
  pool.manager = value_of_key(shown->output, "manager");
  const auto take = [&pool](const std::string& output) {
    Complaint complaint = complaint_of(output, "ga-condorcfg");
    pool.problem = std::move(complaint.problem);
    pool.next = std::move(complaint.next);
  };
  if (shown->status != 0) take(shown->output);
  pool.is_running = is_process_running("condor_master");
  if (pool.is_running && pool.problem.empty()) {
    const auto slots = ask_sibling({"condor_status", "-af", "Name"}, condor_limit);
    if (slots && slots->status == 0) pool.slots = count_lines(slots->output);
    const auto jobs = ask_sibling({"condor_q", "-af", "ClusterId"}, condor_limit);
    if (jobs && jobs->status == 0) pool.my_jobs = count_lines(jobs->output);
    const auto checked = ask_sibling({"ga-condorcfg", "check"}, sibling_limit);
    if (checked && checked->status != 0) take(checked->output);
  }
  look.facts.pool = std::move(pool);
}

}  // namespace ipop::ga
