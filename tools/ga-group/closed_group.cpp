#include "closed_group.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "authority/authority_policy.hpp"
#include "cli/text.hpp"
#include "crypto/certificate_request.hpp"
#include "desk/authority_desk.hpp"
#include "desk/node_key.hpp"
#include "domain_choice.hpp"
#include "io/file.hpp"
#include "io/host_name.hpp"
#include "io/netlink.hpp"
#include "io/passphrase.hpp"
#include "io/process.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"
#include "io/system_rng.hpp"
#include "node_settings.hpp"
#include "node_start.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;
using desk::AuthorityDesk;

constexpr std::uint64_t first_port = 20'000;
constexpr std::uint64_t port_count = 12'767;
constexpr std::chrono::hours authority_life{24 * 3650};
constexpr std::size_t largest_own_certificate = 16'384;

/// Where a network for asking could be: places that few sites use.
constexpr std::array<net::Ipv4Prefix, 4> entrance_prefixes{
    net::Ipv4Prefix(net::Ipv4Address(10, 126, 0, 0), 16), net::Ipv4Prefix(net::Ipv4Address(172, 30, 0, 0), 16),
    net::Ipv4Prefix(net::Ipv4Address(100, 90, 0, 0), 16), net::Ipv4Prefix(net::Ipv4Address(192, 168, 224, 0), 20)};
/// The same for the closed group when the open one that it comes from stays where it is.
constexpr std::array<net::Ipv4Prefix, 3> closed_prefixes{net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9),
                                                         net::Ipv4Prefix(net::Ipv4Address(10, 64, 0, 0), 10),
                                                         net::Ipv4Prefix(net::Ipv4Address(100, 64, 0, 0), 10)};

std::optional<net::Ipv4Prefix> free_prefix(std::span<const net::Ipv4Prefix> wishes, const net::Ipv4Prefix& other,
                                           std::string_view own_interface) {
  const auto addresses = io::list_addresses();
  const auto is_free = [&](const net::Ipv4Prefix& prefix) {
    return !prefix.overlaps(other) && (!addresses || !io::find_overlap(*addresses, prefix, std::string(own_interface)));
  };
  const auto found = std::ranges::find_if(wishes, is_free);
  return found == wishes.end() ? std::nullopt : std::optional(*found);
}

/// All that is written and started.
struct Plan {
  GroupFile closed{};
  GroupFile entrance{};
  ClosedGroup closing{};
  JoinTokenWish token{};
  bool start = true;
};

ExitStatus report_authority(const Context& context, const Error& error) {
  const bool is_secret = error.code == Errc::bad_checksum || error.code == Errc::not_found;
  const ExitStatus status = report_key_error(context, error);
  return is_secret ? ExitStatus::permission : status;
}

/// The authority called as the group: the one that is there, or a new one.
std::variant<AuthorityDesk, ExitStatus> take_authority(const Context& context, const Plan& plan) {
  const std::string directory = context.options.authorities + "/" + plan.closed.config.name;
  std::optional<std::string> passphrase;
  if (!plan.closing.passphrase_file.empty()) {
    auto read = io::read_passphrase_file(plan.closing.passphrase_file);
    if (!read) return report_key_error(context, read.error());
    passphrase = *std::move(read);
  }
  const bool is_there = is_authority_here(context, plan.closed.config.name);
  if (!is_there) {
    if (auto made = io::make_directories(context.options.authorities, 0755); !made)
      return report_file_error(context, made.error());
  }
  if (!is_there) {
    const auto made =
        AuthorityDesk::make(directory, plan.closed.config.name, passphrase, authority_life, io::wall_time_now());
    if (!made) return report_authority(context, made.error());
  }
  auto desk = AuthorityDesk::open(directory, [passphrase]() -> Result<std::string> {
    if (passphrase) return *passphrase;
    return {Errc::not_found, "the authority's key has a passphrase: pass --passphrase-file FILE"};
  });
  if (!desk) return report_authority(context, desk.error());
  for (const std::string& note : desk->take_notes())
    cli::complain(context.streams, tool, note);
  if (auto unlocked = desk->unlock(); !unlocked) return report_authority(context, unlocked.error());
  context.streams.err << (is_there ? "Took the authority in " : "Made the authority in ") << cli::printable(directory)
                      << (passphrase || is_there
                              ? "\n"
                              : " (its key has no passphrase: anyone who can read it can sign certificates)\n");
  return *std::move(desk);
}

/// This machine's own certificate, signed by its own authority.
ExitStatus certify_this_machine(const Context& context, const Plan& plan, AuthorityDesk& desk) {
  const NodeFiles files = node_files(context, plan.closed.config.name);
  const std::string path = files.certificate();
  const auto key = desk::load_node_key(files.directory(), true);
  if (!key) return report_key_error(context, key.error());
  if (const auto pem = io::read_file(path, largest_own_certificate)) {
    const auto present = crypto::Certificate::from_pem(*pem);
    if (present && present->public_key() == key->public_key() && desk.book().by_serial(present->serial()) != nullptr)
      return ExitStatus::done;
  }
  const std::string user = plan.closing.user.empty() ? io::host_name() : plan.closing.user;
  if (auto good = authority::check_user(user); !good) {
    cli::complain(context.streams, tool, good.error().message() + "; pass --user USER");
    return ExitStatus::usage;
  }
  const auto request = crypto::CertificateRequest::build(*key, {user, {}});
  if (!request) return report_file_error(context, request.error());
  const auto certificate = desk.sign(*request, {}, io::wall_time_now());
  if (!certificate) return report_authority(context, certificate.error());
  if (auto written = io::write_file_atomically(path, certificate->to_pem(), 0644); !written)
    return report_file_error(context, written.error());
  context.streams.err << "Wrote " << cli::printable(path) << " (user " << cli::printable(user) << ")\n";
  return ExitStatus::done;
}

/// Starts the services that take requests and renew; where no systemd runs, says how.
NodeStart start_authority(const Context& context, const Plan& plan, NodeStart nodes) {
  const std::string& name = plan.closed.config.name;
  const bool has_passphrase = !plan.closing.passphrase_file.empty();
  const std::string unit = "ga-authority@" + plan.entrance.config.name;
  if (nodes == NodeStart::started && !has_passphrase) {
    const auto result =
        io::run_process({"systemctl", "--no-block", "enable", "--now", unit, "ga-authority@" + name}, 30s);
    if (result && result->status == 0) return NodeStart::started;
    cli::complain(context.streams, tool,
                  "starting " + unit + " failed: " +
                      (result ? result->output.substr(0, result->output.find('\n')) : result.error().message()));
    cli::suggest(context.streams, "systemctl status " + unit);
    return NodeStart::failed;
  }
  if (nodes == NodeStart::started) {
    cli::suggest(context.streams,
                 "put the passphrase into /etc/ipop/authority.passphrase (mode 0600), then systemctl enable --now " +
                     unit + " ga-authority@" + name);
    return NodeStart::by_hand;
  }
  std::string options;
  if (context.options.authorities != Options{}.authorities)
    options += " --dir " + context.options.authorities + "/" + name;
  if (context.options.directory != system_directory) options += " --groups " + context.options.directory;
  if (has_passphrase) options += " --passphrase-file " + plan.closing.passphrase_file;
  const std::string serve = "ga-cert authority serve --group ";
  cli::suggest(context.streams, serve + plan.entrance.config.name + " --for " + name + options + "  # for requests");
  cli::suggest(context.streams, serve + name + options + "  # for renewals");
  return NodeStart::by_hand;
}

ExitStatus carry_out_plan(const Context& context, Plan plan) {
  io::harden_process();
  auto taken = take_authority(context, plan);
  if (const auto* status = std::get_if<ExitStatus>(&taken)) return *status;
  auto& desk = std::get<AuthorityDesk>(taken);
  if (const ExitStatus status = certify_this_machine(context, plan, desk); status != ExitStatus::done) return status;
  plan.closed.config.authority = desk.authority().to_pem();
  // The group's own interface first: of the two it has the usual one.
  if (const ExitStatus chosen = choose_interface(context, plan.closed, false); chosen != ExitStatus::done)
    return chosen;
  const std::string& name = plan.closed.config.name;
  if (const ExitStatus chosen = choose_interface(context, plan.entrance, false, name); chosen != ExitStatus::done)
    return chosen;
  if (const ExitStatus left = leave_names_to_group(context, plan.entrance, false); left != ExitStatus::done)
    return left;
  for (const GroupFile* file : {&plan.entrance, &plan.closed})
    if (const ExitStatus marked = mark_first_node(context, *file, false); marked != ExitStatus::done) return marked;
  // The way in first: a closed group without one could not be told from one that is whole.
  for (const GroupFile* file : {&plan.entrance, &plan.closed}) {
    if (const ExitStatus status = write_group(context, *file); status != ExitStatus::done) return status;
    context.streams.err << "Wrote " << file->path << '\n';
  }
  if (plan.closed.config.port && plan.entrance.config.port)
    context.streams.err << "Others reach this machine at the UDP ports " << *plan.closed.config.port
                        << " (members) and " << *plan.entrance.config.port
                        << " (machines that ask): open both in its firewall, and forward both behind a NAT.\n";
  const NodeStart member = start_node(context, plan.closed, plan.start);
  const NodeStart entrance = start_node(context, plan.entrance, plan.start);
  const NodeStart authority = start_authority(context, plan, entrance);
  const ExitStatus printed = print_token(context, plan.entrance, plan.token, entrance == NodeStart::started,
                                         "ga-group.new/1", ClosedToken{name, desk.authority().fingerprint()});
  const bool has_failed =
      member == NodeStart::failed || entrance == NodeStart::failed || authority == NodeStart::failed;
  return has_failed ? ExitStatus::partly : printed;
}

/// The entrance's name, unless that is too long for a group.
std::optional<std::string> entrance_name(const Context& context, const std::string& name) {
  std::string out = entrance_name_of(name);
  if (groups::check_group_name(out)) return out;
  cli::complain(context.streams, tool,
                "the name of a closed group has at most 26 characters: \"" + out + "\" is a group too");
  return std::nullopt;
}

/// The files of a closed group, its authority and its entrance are here, as `ga-cert authority restore` wrote them, and
/// this machine is no member.
bool is_half_restored(const Context& context, const GroupFile& group) {
  const std::string& name = group.config.name;
  return is_authority_here(context, name) && io::exists(path_of_group(context, entrance_name_of(name))) &&
         !io::exists(node_files(context, name).certificate());
}

/// `ga-group close` with what it has in common with the `ga-group new --closed` that was typed: what is left out, the
/// group has.
std::string closing_of(const cli::TypedCommand& typed) {
  cli::TypedCommand out = typed.replacing("new", "close").without_flag("--closed").without_flag("--dry-run");
  for (const char* option : {"--prefix", "--domain", "--bootstrap", "--port"})
    out = out.without(option);
  return out.text();
}

ExitStatus report_no_network(const Context& context) {
  cli::complain(context.streams, tool,
                "no free virtual network for the enrolment group: all candidates overlap other networks");
  cli::suggest(context.streams, context.options.typed.with("--entrance-prefix", "PREFIX").text());
  return ExitStatus::no;
}

}  // namespace

std::uint16_t random_port(Rng& rng) {
  return static_cast<std::uint16_t>(first_port + rng.below(port_count));
}

ExitStatus make_closed_group(const Context& context, const NewGroup& verb) {
  const auto entrance = entrance_name(context, verb.name);
  if (!entrance) return ExitStatus::usage;
  io::SystemRng rng;
  Plan plan{{path_of_group(context, verb.name), {}},
            {path_of_group(context, *entrance), {}},
            verb.closing,
            {verb.expires, verb.qr},
            verb.start};
  if (!verb.authority.empty()) {
    cli::complain(context.streams, tool,
                  "--closed creates an authority and --authority names an existing one: give only one of them");
    return ExitStatus::usage;
  }
  if (io::exists(plan.closed.path)) {
    auto present = load_file(context, plan.closed.path);
    if (const auto* status = std::get_if<ExitStatus>(&present)) return *status;
    cli::complain(context.streams, tool, "there is a group \"" + verb.name + "\" already (" + plan.closed.path + ")");
    const bool is_open = std::get<GroupFile>(present).config.authority.empty();
    cli::suggest(context.streams, is_open ? closing_of(context.options.typed) : "ga-group token " + verb.name);
    return ExitStatus::no;
  }
  if (!check_prefix_is_free(context, verb.prefix, PrefixOf::this_command)) return ExitStatus::no;
  groups::GroupConfig& closed = plan.closed.config;
  closed.name = verb.name;
  closed.name_space = groups::make_name_space(verb.name, rng);
  closed.prefix = verb.prefix;
  closed.domain = choose_domain(context, verb.name, verb.domain);
  closed.bootstrap = verb.bootstrap;
  closed.port = verb.port ? *verb.port : random_port(rng);
  if (io::exists(plan.entrance.path)) {
    // What an interrupted call has written.
    auto present = load_file(context, plan.entrance.path);
    if (const auto* status = std::get_if<ExitStatus>(&present)) return *status;
    plan.entrance = std::get<GroupFile>(std::move(present));
  } else {
    groups::GroupConfig& open = plan.entrance.config;
    open = closed;
    open.name = *entrance;
    open.name_space = groups::make_name_space(*entrance, rng);
    const auto prefix =
        verb.closing.entrance ? verb.closing.entrance : free_prefix(entrance_prefixes, closed.prefix, "");
    if (!prefix) return report_no_network(context);
    open.prefix = *prefix;
    open.port = static_cast<std::uint16_t>(*closed.port == 65535 ? 65534 : *closed.port + 1);
    // Where this machine is reached for the one, it is reached beside it for the other.
    for (groups::BootstrapEntry& entry : open.bootstrap)
      if (entry.port == *closed.port) entry.port = *open.port;
  }
  if (plan.closed.config.prefix.overlaps(plan.entrance.config.prefix)) {
    cli::complain(context.streams, tool,
                  "--prefix " + to_string(closed.prefix) + " overlaps the network of the enrolment group, " +
                      to_string(plan.entrance.config.prefix));
    return ExitStatus::usage;
  }
  if (verb.dry_run) {
    context.streams.out << "would create the authority " << context.options.authorities << '/' << verb.name << '\n';
    (void)show_changes(context, plan.entrance, true, verb.start);
    return show_changes(context, plan.closed, true, verb.start);
  }
  return carry_out_plan(context, std::move(plan));
}

ExitStatus carry_out(const Context& context, const CloseGroup& verb) {
  auto loaded = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const GroupFile& open = std::get<GroupFile>(loaded);
  const std::string& name = open.config.name;
  if (!open.config.authority.empty() && is_half_restored(context, open)) {
    // Nothing is made anew: what the machine lacks is a certificate of its own, and nodes and servers that run.
    auto entrance = load_file(context, path_of_group(context, entrance_name_of(name)));
    if (const auto* status = std::get_if<ExitStatus>(&entrance)) return *status;
    return carry_out_plan(
        context, {open, std::get<GroupFile>(std::move(entrance)), verb.closing, {verb.expires, verb.qr}, verb.start});
  }
  if (!open.config.authority.empty()) {
    cli::complain(context.streams, tool, "the group " + name + " is already closed");
    cli::suggest(context.streams, "ga-group token " + name);
    return ExitStatus::no;
  }
  const auto entrance = entrance_name(context, name);
  if (!entrance) return ExitStatus::usage;
  io::SystemRng rng;
  Plan plan{open, {path_of_group(context, *entrance), open.config}, verb.closing, {verb.expires, verb.qr}, verb.start};
  plan.entrance.config.name = *entrance;
  groups::GroupConfig& closed = plan.closed.config;
  closed.name_space = groups::make_name_space(name, rng);
  // Its own interface has the open group's network, which stays where it is.
  const auto prefix = free_prefix(closed_prefixes, open.config.prefix, "ipop0");
  if (!prefix) {
    cli::complain(context.streams, tool, "no network is free for the closed group");
    return ExitStatus::no;
  }
  closed.prefix = *prefix;
  // Who opened a port for the open group opens the next one; where this machine was found for the one, it is for the
  // other. Other machines may not become members.
  const auto open_port = open.config.port;
  const bool has_next = open_port && *open_port < std::numeric_limits<std::uint16_t>::max();
  closed.port = has_next ? static_cast<std::uint16_t>(*open_port + 1) : random_port(rng);
  std::erase_if(closed.bootstrap, [&](const auto& entry) { return !has_next || entry.port != *open_port; });
  for (auto& entry : closed.bootstrap)
    entry.port = *closed.port;
  // Its members find the open group where it was, under its other name.
  if (auto kept = io::write_file_atomically(open_copy(open.path), to_toml(open.config), 0644); !kept)
    return report_file_error(context, kept.error());
  if (const ExitStatus stopped = stop_node(context, open); stopped != ExitStatus::done) return stopped;
  return carry_out_plan(context, std::move(plan));
}

std::optional<Entrance> entrance_of(const Context& context, const GroupFile& group) {
  const auto authority = crypto::Certificate::from_pem(group.config.authority);
  if (!authority) return std::nullopt;
  const std::string path = path_of_group(context, entrance_name_of(group.config.name));
  if (!io::exists(path)) return std::nullopt;
  auto file = load_file(context, path);
  if (!std::holds_alternative<GroupFile>(file)) return std::nullopt;
  return Entrance{std::get<GroupFile>(std::move(file)), {group.config.name, authority->fingerprint()}};
}

void suggest_certificate(const Context& context, const GroupFile& file) {
  const std::string& name = file.config.name;
  context.streams.err << "The group is closed: this machine needs a certificate of its authority before its node can"
                         " start.\n";
  const std::string groups =
      context.options.directory == system_directory ? "" : " --groups " + context.options.directory;
  const std::string states = context.options.states == Options{}.states ? "" : " --states " + context.options.states;
  cli::suggest(context.streams, "ga-cert" + groups + states + " request --group " + name + " --out " + name + ".csr");
  cli::suggest(context.streams,
               "on the authority's machine: ga-cert sign " + name + ".csr --out " + name + ".pem  # a copy of it");
  cli::suggest(context.streams,
               "install -m 644 " + name + ".pem " + node_files(context, name).certificate() + "  # a copy of it");
  cli::suggest(context.streams, start_command(context, file));
}

}  // namespace ipop::ga_group
