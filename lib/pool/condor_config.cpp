#include "pool/condor_config.hpp"

#include <algorithm>
#include <utility>

#include "base/base32.hpp"
#include "crypto/hash.hpp"
#include "groups/group_config.hpp"
#include "pool/condor_manager.hpp"
#include "settings/wording.hpp"

namespace ipop::pool {
namespace {

constexpr std::string_view digits_and_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

const std::string slot_account_prefix = "ga-slot";

bool consists_of(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [&](char c) {
    return digits_and_letters.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
  });
}

Result<void> check_path(std::string_view path) {
  const bool good = path.starts_with('/') && path.size() <= 255 && consists_of(path, "/._-+");
  if (good) return {};
  return settings::malformed("the path " + settings::in_quotes(path) +
                             " is not absolute, or has other characters than letters, digits and / . _ - +");
}

/// Everything in `machine` that is text.
Result<void> check_machine(const CondorMachine& machine) {
  if (auto good = check_pool_name(machine.settings.pool); !good) return good;
  if (auto good = groups::check_domain(machine.domain); !good) return good;
  if (auto good = groups::check_domain(machine.dns_domain); !good) return good;
  if (auto good = check_machine_name(machine.name); !good) return good;
  if (!machine.user.empty())
    if (auto good = check_condor_user(machine.user); !good) return good;
  if (machine.certificates) {
    const PoolCredentials& files = *machine.certificates;
    for (const std::string* path : {&files.certificate, &files.key, &files.authority, &files.map})
      if (auto good = check_path(*path); !good) return good;
  }
  for (const FlockPartner& partner : machine.partners)
    if (auto good = groups::check_domain(partner.domain); !good) return good;
  return {};
}

/// Lines of `KEY = value`; a value is made of checked parts.
class Writer {
 public:
  void comment(std::string_view text) { out_ += "\n# " + std::string(text) + "\n"; }
  void use(std::string_view what) { out_ += "use " + std::string(what) + "\n"; }
  void set(std::string_view key, std::string_view value) {
    out_ += std::string(key) + " = " + std::string(value) + "\n";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_ =
      "# Written by ga-condorcfg: what stands here is replaced. Own settings go into a file that comes\n"
      "# later in this directory.\n";
};

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts)
    out += (out.empty() ? "" : ", ") + part;
  return out;
}

/// `name@domain/where`: who, and from which addresses. The overlay vouches for a source address.
std::string from(std::string_view name, std::string_view domain, const std::string& where) {
  return std::string(name) + "@" + std::string(domain) + "/" + where;
}

void write_network(Writer& out, const CondorMachine& machine) {
  out.comment("The network: the virtual one alone is advertised, on one port.");
  out.set("CONDOR_HOST", to_string(machine.manager));
  out.set("NETWORK_INTERFACE", to_string(machine.address));
  // An address that changes needs no new sockets.
  out.set("BIND_ALL_INTERFACES", "True");
  out.set("USE_SHARED_PORT", "True");
  out.set("SHARED_PORT_PORT", "9618");
  out.set("ENABLE_IPV4", "True");
  out.set("ENABLE_IPV6", "False");
  // Daemons of another group reach this machine through their own manager (CCB).
  out.set("PRIVATE_NETWORK_NAME", machine.domain);
  if (machine.settings.names == PoolNames::dns) out.set("NETWORK_HOSTNAME", machine.name + "." + machine.dns_domain);
  out.set("NO_DNS", machine.settings.names == PoolNames::address ? "True" : "False");
  out.set("DEFAULT_DOMAIN_NAME", machine.dns_domain);
}

void write_names(Writer& out, const CondorMachine& machine) {
  out.comment("The pool's names, which follow from the group's namespace.");
  out.set("TRUST_DOMAIN", machine.domain);
  out.set("UID_DOMAIN", machine.domain);
  // No file system is shared between members.
  out.set("FILESYSTEM_DOMAIN", machine.name + "." + machine.domain);
  out.set("COLLECTOR_NAME", machine.settings.pool + "." + machine.domain);
  // One domain for all machines: an account of the same name is still another person's.
  out.set("STARTER_ALLOW_RUNAS_OWNER", "False");
}

void write_credentials(Writer& out, const CondorMachine& machine) {
  if (!machine.certificates) {
    out.set("SEC_DEFAULT_AUTHENTICATION_METHODS", "FS, IDTOKENS");
    return;
  }
  const PoolCredentials& files = *machine.certificates;
  out.set("SEC_DEFAULT_AUTHENTICATION_METHODS", "FS, SSL, IDTOKENS");
  for (const std::string_view side : {"SERVER", "CLIENT"}) {
    const std::string key = "AUTH_SSL_" + std::string(side);
    out.set(key + "_CERTFILE", files.certificate);
    out.set(key + "_KEYFILE", files.key);
    out.set(key + "_CAFILE", files.authority);
    out.set(key + "_USE_DEFAULT_CAS", "False");
  }
  out.set("AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE", "True");
  // Certificates name users, not hosts; that an address is a host's is what the overlay vouches for.
  out.set("SSL_SKIP_HOST_CHECK", "True");
  out.set("COLLECTOR_BOOTSTRAP_SSL_CERTIFICATE", "False");
  out.set("CERTIFICATE_MAPFILE", files.map);
}

void write_security(Writer& out, const CondorMachine& machine) {
  const std::string own = to_string(machine.address);
  const std::string network = to_string(machine.prefix);
  const std::string& domain = machine.domain;
  const std::string own_daemons = from("condor", domain, own);
  const std::string administrators = join({own_daemons, from("root", domain, own), "condor@family"});
  // The two ends of a claim, whom HTCondor knows by the secret of that claim.
  const std::string matched = "execute-side@matchsession, submit-side@matchsession";

  out.comment("Who may: members by what the group gave them, this machine's own daemons and users, nobody else.");
  out.use("SECURITY:recommended_v9_0");
  write_credentials(out, machine);
  // An ordinary user has nothing to show to another machine, and reading there is for the group's addresses: also
  // where the queue is that he submits to. Where a daemon wants to know who asks, that holds.
  for (const std::string_view program : {"TOOL", "SUBMIT"})
    for (const std::string_view what : {"AUTHENTICATION", "ENCRYPTION", "INTEGRITY"})
      out.set(std::string(program) + ".SEC_CLIENT_" + std::string(what), "OPTIONAL");
  std::vector<std::string> readers{network, "127.0.0.1"};
  std::vector<std::string> managers{from(member_name, domain, to_string(machine.manager))};
  for (const net::Ipv4Address other : machine.others)
    managers.push_back(from(member_name, domain, to_string(other)));
  for (const FlockPartner& partner : machine.partners) {
    readers.push_back(to_string(partner.prefix));
    managers.push_back("*/" + to_string(partner.manager));
  }
  managers.push_back(own_daemons);
  managers.emplace_back("condor@family");
  out.set("ALLOW_READ", join(readers));
  std::vector<std::string> writers{from("*", domain, own), from("*", domain, "127.0.0.1"), "condor@family", matched};
  out.set("ALLOW_WRITE", join(writers));
  if (machine.settings.is_submit) {
    // Who has a token of an account of this machine; a member's certificate is no account's.
    writers.push_back(from("*", domain, network));
    out.set("SCHEDD.ALLOW_WRITE", join(writers));
  }
  // Nodes of a parallel job are claimed by the dedicated scheduler, and call it back.
  out.set("ALLOW_DAEMON", join({administrators, matched}));
  out.set("ALLOW_ADMINISTRATOR", administrators);
  out.set("ALLOW_NEGOTIATOR", join(managers));
  std::vector<std::string> advertisers{from(member_name, domain, network), own_daemons, "condor@family"};
  out.set("ALLOW_ADVERTISE_STARTD", join(advertisers));
  out.set("ALLOW_ADVERTISE_MASTER", join(advertisers));
  if (machine.settings.is_manager) {
    const std::string guests = from(guest_name, domain, network);
    advertisers.push_back(guests);
    // A guest's daemons are called through this collector, where they register for that.
    out.set("COLLECTOR.ALLOW_DAEMON", join({administrators, guests}));
  }
  out.set("ALLOW_ADVERTISE_SCHEDD", join(advertisers));
}

void write_times(Writer& out, const CondorMachine& machine) {
  out.comment("Times: members come, move and go.");
  // A worker whose first update is lost stays unseen for so long; 1,000 workers are 50 updates a second.
  out.set("UPDATE_INTERVAL", "20");
  out.set("MASTER_UPDATE_INTERVAL", "20");
  // Three updates of a worker that were missed. HTCondor looks for such workers as often, so jobs are still sent to one
  // that is dead for up to twice as long (tests/pool/gone.sh measures it).
  out.set("CLASSAD_LIFETIME", "60");
  // The connection of a job lives as long as its lease: HTCondor 23.9 joins the two ends again when it breaks, and
  // then refuses the job's output. Who is known to be gone is not waited for (ga-condorcfg gone).
  const std::string lease = std::to_string(std::chrono::seconds(machine.settings.lease).count());
  out.set("JOB_DEFAULT_LEASE_DURATION", lease);
  out.set("TCP_KEEPALIVE_INTERVAL", lease);
  // The dedicated scheduler keeps workers of a parallel job that has ended, ten minutes unless told otherwise, and
  // other jobs wait for them.
  if (machine.settings.is_submit) out.set("UNUSED_CLAIM_TIMEOUT", "20");
}

void write_user(Writer& out, const CondorMachine& machine) {
  if (machine.user.empty()) return;
  const std::string user = "\"" + machine.user + "\"";
  out.comment("Whose machine this is, as its certificate says. A job carries the user of its submit machine.");
  out.set("GridApplianceUser", user);
  if (machine.settings.is_worker) out.set("STARTD_ATTRS", "$(STARTD_ATTRS) GridApplianceUser");
  if (machine.settings.is_submit) {
    // The queue says it, whatever came with the job: from another machine, or from a user who would be another's.
    out.set("JOB_TRANSFORM_NAMES", "$(JOB_TRANSFORM_NAMES) GridApplianceUser");
    out.set("JOB_TRANSFORM_GridApplianceUser", "SET GridApplianceUser " + user);
    out.set("IMMUTABLE_JOB_ATTRS", "$(IMMUTABLE_JOB_ATTRS) GridApplianceUser");
  }
}

/// Each slot's jobs are another account's, which only HTCondor uses: what such an account runs when a job has ended is
/// the job's, and is ended.
void write_slot_accounts(Writer& out, const CondorMachine& machine, bool are_static) {
  // A job sees and signals the processes of its own slot only, and reads its own files.
  out.set("USE_PID_NAMESPACES", "True");
  // HTCondor 23.9 writes the number that a job's first process has outside into the control group from inside its
  // namespace, where nobody has that number, and gives the job up. Processes are tracked by the slots' accounts.
  out.set("BASE_CGROUP", "");
  out.set("JOB_EXECDIR_PERMISSIONS", "user");
  if (machine.slot_accounts == 0) return;
  out.set("DEDICATED_EXECUTE_ACCOUNT_REGEXP", slot_account_prefix + "[0-9]+");
  const std::size_t most = machine.settings.slots.value_or(static_cast<std::uint32_t>(machine.slot_accounts));
  for (std::size_t slot = 1; slot <= std::min(most, machine.slot_accounts); ++slot)
    out.set((are_static ? "SLOT" : "SLOT1_") + std::to_string(slot) + "_USER", slot_account(slot));
}

void write_roles(Writer& out, const CondorMachine& machine) {
  const CondorSettings& settings = machine.settings;
  out.comment("What this machine does.");
  out.set("DAEMON_LIST", "MASTER");
  // The kernel is its owner's to tune.
  out.set("LINUX_KERNEL_TUNING_SCRIPT", "");
  if (settings.is_manager) {
    out.use("ROLE:CentralManager");
    // A worker that has just come gets work at once.
    out.set("NEGOTIATOR_INTERVAL", "20");
    // It would be forgotten between two of its updates, which HTCondor makes every 5 minutes.
    out.set("NEGOTIATOR_UPDATE_INTERVAL", "20");
    out.set("NEGOTIATOR_CYCLE_DELAY", "1");
    out.set("NEGOTIATOR_MIN_INTERVAL", "1");
    // RANK also counts where a slot is a part of a machine.
    out.set("ALLOW_PSLOT_PREEMPTION", "True");
  }
  if (settings.is_submit) {
    out.use("ROLE:Submit");
    // A job that lost its worker asks for another one by then.
    out.set("SCHEDD_INTERVAL", "20");
    // Each job of a graph is submitted by itself, and asks for a worker at once.
    out.set("SCHEDD_MIN_INTERVAL", "1");
    std::vector<std::string> flock;
    if (settings.flock)
      for (const net::Ipv4Address other : machine.others)
        flock.push_back(to_string(other));
    for (const FlockPartner& partner : machine.partners)
      flock.push_back(to_string(partner.manager));
    out.set("FLOCK_TO", join(flock));
    std::vector<std::string> brokers;
    for (const FlockPartner& partner : machine.partners)
      brokers.push_back(to_string(partner.manager));
    // The daemon that holds the port registers for those behind it.
    if (!brokers.empty()) out.set("SHARED_PORT.CCB_ADDRESS", join(brokers));
  }
  if (settings.is_worker) {
    out.use("ROLE:Execute");
    out.use(settings.policy == WorkerPolicy::desktop ? "POLICY:DESKTOP" : "POLICY:ALWAYS_RUN_JOBS");
    // A slot that is cut out for a job knows nothing of the keyboard yet, and so takes none. Who ranks jobs compares
    // them slot by slot.
    const bool are_static = settings.policy == WorkerPolicy::desktop || settings.own_jobs_first;
    if (are_static) out.use("FEATURE:StaticSlots");
    write_slot_accounts(out, machine, are_static);
    // Debian 13 keeps no list of logins (utmp), and without one HTCondor takes it that nobody is there.
    if (settings.policy == WorkerPolicy::desktop) out.set("STARTD_HAS_BAD_UTMP", "True");
    if (settings.slots) out.set("NUM_CPUS", std::to_string(*settings.slots));
    // A worker shows itself once each of its plug-ins was asked what it can; those for cloud storage take
    // seconds, and so does measuring the processor.
    out.set("FILETRANSFER_PLUGINS", "$(LIBEXEC)/curl_plugin, $(LIBEXEC)/data_plugin");
    out.set("RunBenchmarks", "False");
    if (settings.own_jobs_first) {
      out.set("RANK", "ifThenElse(TARGET.GridApplianceUser =?= MY.GridApplianceUser, 10, 0)");
      // POLICY:ALWAYS_RUN_JOBS lets every job run to its end first.
      out.set("MaxJobRetirementTime", "0");
    }
    // It also keeps a manager from looking at claimed slots, other machines' too.
    if (settings.is_manager) out.set("NEGOTIATOR_CONSIDER_PREEMPTION", "True");
  }
}

}  // namespace

std::string slot_account(std::size_t slot) {
  return slot_account_prefix + std::to_string(slot);
}

Result<std::string> pool_domain(std::string_view name_space) {
  // Longer than every namespace that `ga-group new` makes.
  constexpr std::size_t longest = 63;
  if (name_space.size() > longest || name_space.find('.') != std::string_view::npos ||
      !groups::check_domain(name_space))
    return settings::malformed(
        "the namespace " + settings::in_quotes(name_space) +
        " can't name a pool of HTCondor: it has to be 1 to 63 of a-z, 0-9 and -, with a letter or digit at "
        "both ends");
  const auto digest = crypto::hmac_sha256(as_bytes(name_space), as_bytes("ga condor domain 1"));
  const std::string_view readable = name_space.substr(0, name_space.rfind('-')).substr(0, 32);
  const ByteSpan first = ByteSpan(digest).first(10);
  // The readable part may end in a hyphen where it was cut.
  return std::string(readable.substr(0, readable.find_last_not_of('-') + 1)) + "-" + to_base32(first);
}

std::string open_group_secret(std::string_view name_space) {
  return to_base32(crypto::hmac_sha256(as_bytes(name_space), as_bytes("ga condor pool secret 1")));
}

Result<std::string> to_condor_config(const CondorMachine& machine) {
  if (auto good = check_machine(machine); !good) return std::move(good).error();
  if (machine.settings.own_jobs_first && machine.user.empty())
    return settings::malformed("own_jobs_first needs a closed group: in an open one nobody vouches for a user");
  Writer out;
  write_network(out, machine);
  write_names(out, machine);
  write_security(out, machine);
  write_times(out, machine);
  write_user(out, machine);
  write_roles(out, machine);
  return out.take();
}

std::string to_condor_map(std::string_view domain) {
  return "SSL /.*/ " + std::string(member_name) + "@" + std::string(domain) + "\n";
}

Result<void> check_condor_user(std::string_view user) {
  if (!user.empty() && user.size() <= 64 && consists_of(user, "._-")) return {};
  return settings::malformed("the user " + settings::in_quotes(user) +
                             " can't stand in HTCondor's configuration: only 1 to 64 letters, digits and . _ - can");
}

}  // namespace ipop::pool
