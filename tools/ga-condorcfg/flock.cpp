#include <istream>
#include <iterator>
#include <string>

#include "cli/rights.hpp"
#include "cli/text.hpp"
#include "condor/condor_program.hpp"
#include "condor_place.hpp"
#include "flock_files.hpp"
#include "io/file.hpp"
#include "node_waiting.hpp"
#include "pool/condor_flock.hpp"
#include "pool_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_flock_file = 16'384;
constexpr Duration flock_limit = 20s;

/// The line of `output` that is a token; empty without one.
std::string token_in(std::string_view output) {
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    if (pool::check_token(line)) return std::string(line);
    output.remove_prefix(std::min(line.size() + 1, output.size()));
  }
  return {};
}

Result<std::string> read_pass(const Context& context, const std::string& file) {
  if (file != "-") return io::read_file(file, largest_flock_file);
  std::string text;
  char c = 0;
  while (text.size() <= largest_flock_file && context.streams.in.get(c))
    text.push_back(c);
  return text;
}

}  // namespace

ExitStatus carry_out(const Context& context, const ExportFlock& verb) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  if (!files.settings.is_manager) {
    cli::complain(context.streams, tool, context.options.role_file + ": only a pool's manager can accept jobs");
    return ExitStatus::usage;
  }
  const std::string socket = node_socket(context, files);
  auto status = tools::wait_for_lease(context.streams, socket, flock_limit);
  if (!status) return tools::report_node_error(context.streams, tool, status.error(), socket);
  const std::string identity = std::string(pool::guest_name) + "@" + files.domain;
  // Signed with the key that HTCondor's collector makes at its first start, and that never leaves this machine.
  const auto made = condor::run_condor({"condor_token_create", "-identity", identity});
  if (!made) return report_condor_error(context, made.error());
  const std::string token = token_in(made->output);
  if (made->status != 0 || token.empty()) {
    cli::complain(context.streams, tool, "condor_token_create: " + made->output.substr(0, made->output.find('\n')));
    cli::suggest_root(context.streams, "after HTCondor has run here once");
    return ExitStatus::no;
  }
  const pool::FlockPass pass{{files.domain, *status->address, files.group.prefix}, token};
  if (verb.out == "-") {
    context.streams.out << to_string(pass);
    return ExitStatus::done;
  }
  if (auto written = io::write_file_atomically(verb.out, to_string(pass), 0600); !written)
    return report_file_error(context, written.error());
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const AcceptFlock& verb) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  if (!files.settings.is_submit) {
    cli::complain(context.streams, tool,
                  context.options.role_file + ": only a machine with the role submit can send jobs");
    return ExitStatus::usage;
  }
  const auto text = read_pass(context, verb.file);
  if (!text) return report_file_error(context, text.error());
  const auto pass = pool::parse_flock_pass(*text, verb.file);
  if (!pass) {
    cli::complain(context.streams, tool, pass.error().context);
    return ExitStatus::bad_config;
  }
  const auto& partner = pass->partner;
  if (partner.domain == files.domain || partner.prefix.overlaps(files.group.prefix)) {
    cli::complain(context.streams, tool,
                  partner.domain == files.domain
                      ? "this is the pool of this machine's own group; its managers are found without a file"
                      : "the network " + to_string(partner.prefix) + " overlaps that of this machine's group, " +
                            to_string(files.group.prefix));
    return ExitStatus::bad_config;
  }
  const std::string file = flock_file(context, partner.domain);
  const std::string token = flock_token_file(context, partner.domain);
  if (verb.dry_run) {
    context.streams.out << "would write " << cli::printable(file) << "\nwould write " << cli::printable(token) << '\n';
    return ExitStatus::done;
  }
  for (const auto& [path, content] : {std::pair{token, pass->token + "\n"}, std::pair{file, *text}}) {
    if (auto made = io::make_directories(path.substr(0, path.rfind('/')), path == file ? 0755 : 0700); !made)
      return report_file_error(context, made.error());
    if (auto written = io::write_file_atomically(path, content, 0600); !written)
      return report_file_error(context, written.error());
  }
  context.streams.out << cli::printable(partner.domain) << '\n';
  cli::suggest(context.streams, "ga-condorcfg write, where ga-condorcfg watch does not run");
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const RemoveFlock& verb) {
  if (!groups::check_domain(verb.domain) || !io::exists(flock_file(context, verb.domain))) {
    cli::complain(context.streams, tool, "no pool \"" + verb.domain + "\" was accepted here");
    cli::suggest(context.streams, "ga-condorcfg show");
    return ExitStatus::no;
  }
  for (const std::string& path : {flock_token_file(context, verb.domain), flock_file(context, verb.domain)}) {
    if (auto removed = io::remove_file(path); !removed) return report_file_error(context, removed.error());
  }
  cli::suggest(context.streams, "ga-condorcfg write, where ga-condorcfg watch does not run");
  return ExitStatus::done;
}

}  // namespace ipop::ga_condorcfg
