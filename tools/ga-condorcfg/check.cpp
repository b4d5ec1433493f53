#include <string>
#include <utility>
#include <vector>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "condor_place.hpp"
#include "condor_trial.hpp"
#include "io/file.hpp"
#include "node_connection.hpp"
#include "pool_files.hpp"
#include "pool_state.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;
using pool::OverriddenKey;

constexpr std::size_t largest_checked_file = std::size_t{1} << 20U;

/// What a check found; the lines about what is wrong have been written to stderr.
struct Findings {
  ExitStatus status = ExitStatus::done;
  std::vector<std::string> notices{};  ///< of the node
  std::vector<std::string> good{};     ///< files
  std::vector<OverriddenKey> overridden{};
};

ExitStatus failure(const Context& context, const std::string& what, const std::string& next) {
  cli::complain(context.streams, tool, what);
  cli::suggest(context.streams, next);
  return ExitStatus::no;
}

std::string place_of(const pool::ReadKey& read) {
  if (read.file.empty()) return "nowhere";
  return read.line == 0 ? read.file : read.file + ":" + std::to_string(read.line);
}

std::string value_text(const std::string& value) {
  return value.empty() ? "empty" : value;
}

std::string describe(const OverriddenKey& key) {
  return place_of(key.read) + ": " + key.read.key + " is " + value_text(key.read.value) + "; ga-condorcfg wrote " +
         key.written + " = " + value_text(key.value);
}

/// Whether what stands in the file follows from the node's state.
ExitStatus compare_with_node(const Context& context, const PoolFiles& files, const std::string& path,
                             const std::string& written, Findings& findings) {
  const std::string socket = node_socket(context, files);
  const auto state = ask_pool(socket, files);
  if (!state) return tools::report_node_error(context.streams, tool, state.error(), socket);
  findings.notices = state->status.notices;
  if (!findings.notices.empty()) {
    report_notices(context, state->status);
    cli::suggest(context.streams, "ga doctor");
    return ExitStatus::no;
  }
  if (!state->status.address)
    return failure(context, "the node holds no address yet", "ipop-ctl --group " + files.group_name + " wait lease");
  if (state->status.names.empty())
    return failure(context, "the node has no name yet", "ipop-ctl --group " + files.group_name + " status");
  if (state->trouble && !files.settings.is_manager && !files.settings.manager)
    return tools::report_node_error(context.streams, tool, *state->trouble, socket);
  const auto choice = pool::choose_manager(state->managers, files.settings, *state->status.address);
  if (!choice) return failure(context, choice.error().context, "ga-condorcfg show");
  if (!choice->manager)
    return failure(context, "no manager of the pool \"" + files.settings.pool + "\" is announced",
                   manager_advice(context));
  const auto machine = make_machine(context, files, state->status, *choice);
  const auto wanted = machine ? to_condor_config(*machine) : Result<std::string>(machine.error());
  if (!wanted) {
    cli::complain(context.streams, tool, wanted.error().context);
    return ExitStatus::no;
  }
  if (*wanted == written) return ExitStatus::done;
  return failure(context, path + " does not match the node's state",
                 "ga-condorcfg write --dry-run, which shows the difference");
}

/// Whether HTCondor reads it as it was written.
ExitStatus compare_with_condor(const Context& context, const std::string& written, Findings& findings) {
  auto overridden = overridden_keys(context, written);
  if (!overridden) return report_condor_error(context, overridden.error());
  findings.overridden = *std::move(overridden);
  ExitStatus status = ExitStatus::done;
  for (const OverriddenKey& key : findings.overridden) {
    if (key.may_be) continue;
    cli::complain(context.streams, tool, describe(key));
    status = ExitStatus::no;
  }
  if (status != ExitStatus::done) cli::suggest(context.streams, "remove these lines, then condor_reconfig");
  return status;
}

ExitStatus look(const Context& context, const PoolFiles& files, Findings& findings) {
  findings.good.push_back(context.options.role_file);
  const std::string path = condor_paths(context).config;
  const auto written = io::read_file(path, largest_checked_file);
  if (!written) return failure(context, written.error().message(), "ga-condorcfg write");
  if (auto tried = try_config(context, *written); !tried) return report_condor_error(context, tried.error());
  if (const auto status = compare_with_node(context, files, path, *written, findings); status != ExitStatus::done)
    return status;
  const ExitStatus status = compare_with_condor(context, *written, findings);
  if (status == ExitStatus::done) findings.good.push_back(path);
  return status;
}

void write_json(const Context& context, const Findings& findings) {
  cli::JsonWriter json("ga-condorcfg.check/1");
  json.field("good", findings.status == ExitStatus::done);
  json.begin_array("good_files");
  for (const std::string& file : findings.good)
    json.element(file);
  json.end();
  json.begin_array("notices");
  for (const std::string& notice : findings.notices)
    json.element(notice);
  json.end();
  json.begin_array("overridden");
  for (const OverriddenKey& key : findings.overridden) {
    json.begin_element();
    json.field("key", key.written);
    json.field("value", key.value);
    json.field("read_key", key.read.key);
    json.field("read_value", key.read.value);
    json.field("file", key.read.file);
    json.field("line", key.read.line);
    json.field("allowed", key.may_be);
    json.end();
  }
  json.end();
  context.streams.out << json.text() << '\n';
}

void write_plain(const Context& context, const Findings& findings) {
  cli::Table table({{"KEY"}, {"VALUE"}, {"READ KEY"}, {"READ VALUE"}, {"PLACE"}, {"ALLOWED"}});
  for (const OverriddenKey& key : findings.overridden)
    table.add_row(
        {key.written, key.value, key.read.key, key.read.value, place_of(key.read), key.may_be ? "yes" : "no"});
  table.write_plain(context.streams.out);
}

void write_text(const Context& context, const Findings& findings) {
  for (const std::string& file : findings.good)
    context.streams.out << cli::printable(file) << ": good\n";
  for (const OverriddenKey& key : findings.overridden)
    if (key.may_be)
      context.streams.out << cli::printable(place_of(key.read) + ": own setting, " + key.read.key + " = " +
                                            key.read.value)
                          << '\n';
}

}  // namespace

ExitStatus carry_out(const Context& context, const CheckPool& /*verb*/) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  Findings findings;
  findings.status = look(context, std::get<PoolFiles>(loaded), findings);
  if (context.options.output.json)
    write_json(context, findings);
  else if (context.options.output.plain)
    write_plain(context, findings);
  else
    write_text(context, findings);
  return findings.status;
}

}  // namespace ipop::ga_condorcfg
