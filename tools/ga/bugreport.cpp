#include <fstream>
#include <sstream>

#include "base/group_files.hpp"
#include "cli/human.hpp"
#include "cli/progress.hpp"
#include "cli/question.hpp"
#include "cli/rights.hpp"
#include "cli/version.hpp"
#include "health/redaction.hpp"
#include "io/appended_file.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "look.hpp"
#include "node_connection.hpp"

namespace ipop::ga {
namespace {

constexpr std::size_t largest_part = std::size_t{64} * 1024;
constexpr Duration part_limit = 30s;

/// A part of the report, under a title.
void add_part(std::string& report, const std::string& title, const std::string& text) {
  report += "--- " + title + "\n" + (text.empty() ? "(nothing)" : text);
  if (!report.ends_with('\n')) report += '\n';
  report += '\n';
}

void add_file(std::string& report, const std::string& path) {
  const auto text = io::read_file(path, largest_part);
  add_part(report, path, text ? *text : text.error().message());
}

/// The end of what an init script has a service write.
void add_log(std::string& report, const std::string& path) {
  if (!io::exists(path)) return;
  const auto text = io::read_end_of_file(path, largest_part);
  add_part(report, "the end of " + path, text ? *text : text.error().message());
}

void add_answer(std::string& report, const std::vector<std::string>& command) {
  std::string title;
  for (const std::string& word : command)
    title += (title.empty() ? "" : " ") + word;
  const auto answer = ask_sibling(command, part_limit);
  if (!answer) return add_part(report, title, "not installed, or timed out");
  add_part(report, title + " (status " + std::to_string(answer->status) + ")", answer->output);
}

void add_group(std::string& report, const Context& context, const Look& look) {
  const std::string& group = look.facts.group;
  if (!look.facts.group_file.empty()) add_file(report, look.facts.group_file);
  const std::string settings = GroupFiles(group, context.options.directory).settings();
  if (io::exists(settings)) add_file(report, settings);
  for (const std::string_view verb : {"status", "peers", "members", "endpoints"})
    add_answer(report, {"ipop-ctl", "--socket", look.socket, std::string(verb)});
  if (look.facts.has_systemd) {
    add_answer(report, {"systemctl", "--no-pager", "status", "ipop-node@" + group});
    for (const std::string& unit : {"ipop-node@" + group, "ga-authority@" + group})
      add_answer(report, {"journalctl", "--no-pager", "-n", "100", "-u", unit});
  } else {
    add_log(report, "/var/log/ipop-node-" + group + ".log");
    add_log(report, "/var/log/ga-authority-" + group + ".log");
  }
}

/// Services that a machine has once.
void add_services(std::string& report, bool has_systemd) {
  for (const char* name : {"ipop-dhcp", "ga-condorcfg"}) {
    if (has_systemd)
      add_answer(report, {"journalctl", "--no-pager", "-n", "100", "-u", name});
    else
      add_log(report, "/var/log/" + std::string(name) + ".log");
  }
}

}  // namespace

cli::ExitStatus carry_out(const Context& context, const ReportBug& verb) {
  const bool asks = !verb.output.empty() && !verb.yes;
  if (asks && !cli::can_ask(context.streams)) {
    cli::complain(context.streams, tool, "no terminal to ask whether to write " + verb.output + "; add --yes");
    return cli::ExitStatus::usage;
  }
  cli::Progress progress(context.streams);
  progress.show("collecting ...");
  std::string report = "Report of " + cli::version_line(tool) + ", " + cli::utc_text(io::wall_time_now()) + "\n\n";
  add_file(report, "/etc/os-release");
  add_file(report, "/proc/version");
  std::vector<std::string> secrets;
  std::vector<std::string> doctor{"ga", "doctor", "--outside", "none", "--dir", context.options.directory};
  for (const auto& [option, value] : {std::pair("--group", context.options.group),
                                      {"--socket", context.options.socket},
                                      {"--state-dir", context.options.state_directory}}) {
    if (!value.empty()) doctor.insert(doctor.end(), {option, value});
  }
  add_answer(report, doctor);
  const auto groups = groups_of_machine(context).value_or({});  // doctor says what could not be read
  for (const std::string& group : groups) {
    const Look look = begin_look(context, group);
    // Whoever knows an open group's namespace can join it.
    if (look.group) secrets.push_back(look.group->name_space);
    add_group(report, context, look);
  }
  add_services(report, tools::has_systemd());
  add_answer(report, {"ga-firewall", "status", "--dir", context.options.directory});
  if (io::exists("/etc/ga/pool.toml")) {
    add_file(report, "/etc/ga/pool.toml");
    add_answer(report, {"ga-condorcfg", "show"});
  }
  progress.clear();
  health::Redaction redaction(std::move(secrets), verb.hide_addresses);
  const std::string text = redaction.apply(report);
  context.streams.out << text << std::flush;
  if (verb.output.empty()) return cli::ExitStatus::done;
  if (asks && !cli::ask_yes(context.streams, "Write this to " + verb.output + "?")) {
    cli::complain(context.streams, tool, "nothing was written");
    return cli::ExitStatus::no;
  }
  if (auto written = io::write_file_atomically(verb.output, text, 0600); !written) {
    cli::complain(context.streams, tool, written.error().message());
    if (!cli::is_refused(written.error().code)) return cli::ExitStatus::no;
    cli::suggest_root(context.streams);
    return cli::ExitStatus::permission;
  }
  context.streams.err << "Wrote " << verb.output << ". Read it before you send it to anyone.\n";
  return cli::ExitStatus::done;
}

}  // namespace ipop::ga
