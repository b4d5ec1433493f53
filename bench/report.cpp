#include "bench/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"

namespace ipop::bench {

namespace {

// Three significant digits are more than a busy machine repeats.
std::string readable(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

std::string describe(const Aim& aim) {
  return fmt::format("{} {:g}", aim.kind == Aim::Kind::at_most ? "<=" : ">=", aim.limit);
}

bool is_met(const Aim& aim, double value) {
  return aim.kind == Aim::Kind::at_most ? value <= aim.limit : value >= aim.limit;
}

// Of the tree that this was built from; a figure without it can't be compared later.
std::string commit_of_tree() {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      popen("git -C '" GA_SOURCE_DIR "' rev-parse --short HEAD 2>/dev/null", "r"), pclose);
  std::array<char, 64> line{};
  if (!pipe || std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) == nullptr) return "unknown";
  std::string commit(line.data());
  while (!commit.empty() && commit.back() == '\n')
    commit.pop_back();
  return commit;
}

}  // namespace

Report::Report(std::string bench, std::uint64_t seed, std::string output, const cli::Streams& streams)
    : bench_(std::move(bench)), seed_(seed), output_(std::move(output)), streams_(streams), progress_(streams) {}

void Report::add(std::string metric, double value, std::string unit, std::optional<Aim> aim, std::string note) {
  figures_.push_back({bench_, std::move(metric), value, std::move(unit), aim, std::move(note)});
}

cli::ExitStatus Report::finish() {
  progress_.clear();
  using cli::Align;
  cli::Table table({{"figure", Align::left},
                    {"value", Align::right},
                    {"unit", Align::left},
                    {"aim", Align::left},
                    {"met", Align::left},
                    {"", Align::left}});
  for (const Figure& figure : figures_) {
    table.add_row({figure.metric, readable(figure.value), figure.unit, figure.aim ? describe(*figure.aim) : "",
                   !figure.aim                         ? ""
                   : is_met(*figure.aim, figure.value) ? "yes"
                                                       : "no",
                   figure.note});
  }
  table.write_human(streams_.out, cli::screen_of(streams_, cli::ColorChoice::automatic));

  std::error_code ignored;
  const auto folder = std::filesystem::path(output_).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  std::ofstream record(output_, std::ios::app);
  const std::string commit = commit_of_tree();
  for (const Figure& figure : figures_)
    record << line_of(figure, commit) << '\n';
  record.flush();
  if (!record) {
    cli::complain(streams_, bench_ + "_bench", "writing " + output_ + " failed");
    return cli::ExitStatus::no;
  }
  return cli::finish(streams_, bench_ + "_bench", cli::ExitStatus::done);
}

std::string Report::line_of(const Figure& figure, std::string_view commit) const {
  const std::string aim = figure.aim ? cli::json_string(describe(*figure.aim)) : "null";
  const std::string met = !figure.aim ? "null" : is_met(*figure.aim, figure.value) ? "true" : "false";
  return fmt::format(R"({{"bench":{},"metric":{},"value":{:.6g},"unit":{},"aim":{},"met":{},"seed":{},"commit":{}}})",
                     cli::json_string(figure.bench), cli::json_string(figure.metric), figure.value,
                     cli::json_string(figure.unit), aim, met, seed_, cli::json_string(commit));
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

}  // namespace ipop::bench
