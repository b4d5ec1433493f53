#include <algorithm>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "group_files.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "node_connection.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

struct Row {
  std::string name{};
  std::string membership{};  ///< empty: its file can't be read
  std::string prefix{};
  bool runs = false;
  std::string problem{};
};

Row row_of(const Context& context, const std::string& name, bool runs) {
  const auto config = read_group(path_of_group(context, name));
  if (!config) return {name, {}, {}, runs, cli::shortened(config.error().message())};
  return {name, config->authority.empty() ? "open" : "closed", to_string(config->prefix), runs, {}};
}

void write_json(const Context& context, const std::vector<Row>& rows) {
  cli::JsonWriter json("ga-group.list/1");
  json.begin_array("groups");
  for (const Row& row : rows) {
    json.begin_element();
    json.field("name", row.name);
    json.field("membership", row.membership);
    json.field("prefix", row.prefix);
    json.field("node_running", row.runs);
    json.field("problem", row.problem);
    json.end();
  }
  json.end();
  context.streams.out << json.text() << '\n';
}

}  // namespace

ExitStatus carry_out(const Context& context, const ListGroups&) {
  const auto names = io::group_names(context.options.directory);
  if (!names) return report_file_error(context, names.error());
  const auto running = tools::running_groups();
  std::vector<Row> rows;
  for (const std::string& name : *names)
    rows.push_back(row_of(context, name, std::ranges::find(running, name) != running.end()));
  const bool all_good = std::ranges::all_of(rows, [](const Row& row) { return row.problem.empty(); });
  const ExitStatus status = all_good ? ExitStatus::done : ExitStatus::bad_config;
  if (context.options.output.json) {
    write_json(context, rows);
    return status;
  }
  // Columns and their order are frozen by the man page.
  cli::Table table({{"GROUP"}, {"KIND"}, {"NETWORK"}, {"NODE"}, {"PROBLEM"}});
  for (const Row& row : rows)
    table.add_row({row.name, row.membership, row.prefix, row.runs ? "runs" : "stopped", row.problem});
  if (context.options.output.plain) {
    table.write_plain(context.streams.out);
  } else if (!rows.empty()) {
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
  } else {
    context.streams.err << "This machine is in no group.\n";
    cli::suggest(context.streams, "ga-group join TOKEN, or ga-group new NAME");
  }
  return status;
}

}  // namespace ipop::ga_group
