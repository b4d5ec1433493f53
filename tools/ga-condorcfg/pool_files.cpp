#include "pool_files.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/group_files.hpp"
#include "cli/rights.hpp"
#include "condor_place.hpp"
#include "crypto/trust_store.hpp"
#include "flock_files.hpp"
#include "io/accounts.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/system_clock.hpp"
#include "node_connection.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_role_file = std::size_t{1} << 20U;
// The role file's `slots` knows no more.
constexpr std::size_t most_slot_accounts = 4096;

/// As sysusers.d made them: numbered without a gap.
std::size_t count_slot_accounts() {
  std::size_t out = 0;
  while (out < most_slot_accounts && io::uid_of_user(pool::slot_account(out + 1)))
    ++out;
  return out;
}

ExitStatus bad_config(const Context& context, const std::string& message) {
  cli::complain(context.streams, tool, message);
  return ExitStatus::bad_config;
}

std::variant<std::string, ExitStatus> choose_group(const Context& context, const std::string& wanted) {
  const std::string& directory = context.options.groups;
  if (!wanted.empty()) return wanted;
  const auto names = io::group_names(directory);
  if (!names) return report_file_error(context, names.error());
  if (names->size() == 1) return names->front();
  if (names->empty()) {
    cli::complain(context.streams, tool, "this machine has no group (no file in " + directory + ")");
    cli::suggest(context.streams, "ga-group join TOKEN, or ga-group new NAME");
    return ExitStatus::no;
  }
  std::string list;
  for (const std::string& name : *names)
    list += (list.empty() ? "" : ", ") + name;
  cli::complain(context.streams, tool,
                context.options.role_file + ": this machine has several groups (" + list + "); a line like group = \"" +
                    names->front() + "\" chooses one");
  return ExitStatus::usage;
}

/// The user whom the node's certificate names, when it is this group's.
std::variant<std::string, ExitStatus> certified_user(const Context& context, const PoolFiles& files, Reading reading) {
  const std::string path = NodeFiles(files.state_directory).certificate();
  const auto text = io::read_file(path, largest_role_file);
  if (!text) {
    if (reading == Reading::what_is_open && cli::is_refused(text.error().code)) return std::string();
    const ExitStatus status = report_file_error(context, text.error());
    if (status == ExitStatus::no) cli::suggest(context.streams, "ga-cert join, which gets a certificate for this node");
    return status;
  }
  const auto certificate = crypto::Certificate::from_pem(*text);
  if (!certificate) return bad_config(context, path + ":1: " + certificate.error().message());
  const auto authority = crypto::Certificate::from_pem(files.group.authority);
  if (!authority) return bad_config(context, authority.error().message());
  const auto trust = crypto::TrustStore::closed_group(*authority);
  if (!trust) return bad_config(context, trust.error().message());
  const auto identity = (*trust)->verify(*certificate, io::wall_time_now());
  if (!identity)
    return bad_config(
        context, path + ":1: no certificate of the group \"" + files.group_name + "\": " + identity.error().message());
  if (auto good = pool::check_condor_user(identity->user); !good)
    return bad_config(context, path + ":1: " + good.error().context);
  return identity->user;
}

}  // namespace

std::variant<PoolFiles, ExitStatus> load_pool_files(const Context& context, Reading reading) {
  PoolFiles out;
  const std::string& role_file = context.options.role_file;
  const auto role_text = io::read_file(role_file, largest_role_file);
  if (!role_text) {
    const ExitStatus status = report_file_error(context, role_text.error());
    if (status == ExitStatus::no)
      cli::suggest(context.streams, "echo 'roles = [\"worker\", \"submit\"]' > " + role_file);
    return status;
  }
  auto settings = pool::parse_condor_settings(*role_text, role_file);
  if (!settings) return bad_config(context, settings.error().context);
  out.settings = *std::move(settings);

  auto name = choose_group(context, out.settings.group);
  if (const auto* status = std::get_if<ExitStatus>(&name)) return *status;
  out.group_name = std::get<std::string>(std::move(name));
  const std::string path = GroupFiles(out.group_name, context.options.groups).config();
  const auto text = io::read_file(path, largest_role_file);
  if (!text) return report_file_error(context, text.error());
  auto group = groups::parse_group_config(*text, path);
  if (!group) return bad_config(context, group.error().context);
  out.group = *std::move(group);
  auto domain = pool::pool_domain(out.group.name_space);
  if (!domain) {
    const std::size_t line = pool::line_of_key(*text, "namespace");
    return bad_config(context, path + ":" + std::to_string(line) + ": " + domain.error().context);
  }
  out.domain = *std::move(domain);

  if (const auto& manager = out.settings.manager; manager && !out.group.prefix.contains(*manager)) {
    const std::size_t line = pool::line_of_key(*role_text, "manager");
    return bad_config(context, role_file + ":" + std::to_string(line) + ": the manager " + to_string(*manager) +
                                   " is not in the network of the group \"" + out.group_name + "\"; an address in " +
                                   to_string(out.group.prefix) + " would be");
  }
  out.state_directory = GroupFiles(out.group_name).node(context.options.state_directory).directory();
  if (!out.group.authority.empty()) {
    auto user = certified_user(context, out, reading);
    if (const auto* status = std::get_if<ExitStatus>(&user)) return *status;
    out.user = std::get<std::string>(std::move(user));
  } else if (out.settings.own_jobs_first) {
    const std::size_t line = pool::line_of_key(*role_text, "own_jobs_first");
    return bad_config(context, role_file + ":" + std::to_string(line) +
                                   ": own_jobs_first needs a closed group: in an open one users are not authenticated");
  }
  auto partners = load_flock_partners(context);
  if (partners)
    out.partners = *std::move(partners);
  else if (cli::is_refused(partners.error().code) && reading == Reading::all)
    return report_file_error(context, partners.error());
  else if (!cli::is_refused(partners.error().code))
    return bad_config(context, partners.error().message());
  return out;
}

std::string node_socket(const Context& context, const PoolFiles& files) {
  return context.options.socket.empty() ? tools::socket_of_group(files.group_name) : context.options.socket;
}

Result<pool::CondorMachine> make_machine(const Context& context, const PoolFiles& files,
                                         const node::StatusAnswer& status, const pool::ManagerChoice& choice) {
  if (!status.address || !status.prefix) return make_error(Errc::malformed, "the node holds no address yet");
  if (status.names.empty()) return make_error(Errc::malformed, "the node has no name yet");
  if (!choice.manager) return make_error(Errc::malformed, "no manager is announced");
  pool::CondorMachine out;
  out.settings = files.settings;
  out.domain = files.domain;
  out.prefix = *status.prefix;
  out.address = *status.address;
  // The name made of the address is never without one; HTCondor and the DNS don't mind its case.
  out.name = status.names.back();
  std::ranges::transform(out.name, out.name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  out.dns_domain = status.domain;
  out.manager = *choice.manager;
  out.others = choice.others;
  out.user = files.user;
  if (!files.group.authority.empty()) {
    const CondorPaths paths = condor_paths(context);
    std::error_code error;
    const NodeFiles node(std::filesystem::absolute(files.state_directory, error).string());
    out.certificates = pool::PoolCredentials{node.certificate(), node.key(), paths.authority, paths.map};
  }
  out.partners = files.partners;
  out.slot_accounts = count_slot_accounts();
  return out;
}

std::vector<pool::KnownManager> managers_of(const node::DhtAnswer& answer, const PoolFiles& files) {
  std::vector<pool::ManagerRecord> records;
  for (const auto& value : answer.values)
    records.push_back({value.value, value.owner});
  return pool::rank_managers(records, files.settings, files.group.prefix);
}

std::string manager_advice(const Context& context) {
  return "ga-condorcfg watch on the manager's machine, or a line manager = \"ADDRESS\" in " + context.options.role_file;
}

ExitStatus report_file_error(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (!cli::is_refused(error.code)) return ExitStatus::no;
  cli::suggest_root(context.streams);
  return ExitStatus::permission;
}

}  // namespace ipop::ga_condorcfg
