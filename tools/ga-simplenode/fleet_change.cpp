#include "fleet_change.hpp"

#include "cli/text.hpp"
#include "fleet/ssh_command.hpp"
#include "payload.hpp"

namespace ipop::ga_simplenode {

using cli::ExitStatus;
using fleet::HostPlan;
using fleet::Report;
using fleet::Rota;

namespace {

constexpr const char* nothing_to_do = "has all of it";

}  // namespace

void FleetChange::plan(const MakePlan& make) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const FleetRow& row = rows_[i];
    auto planned = row.report ? make(row.host, *row.report) : Result<HostPlan>(row.report.error());
    if (planned)
      plans_[i] = *std::move(planned);
    else
      fail(i, planned.error().message());
  }
}

ExitStatus FleetChange::show_plans() const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (!plans_[i]) continue;
    const std::string host = cli::printable(rows_[i].host.text());
    for (const std::string& step : plans_[i]->steps)
      context_.streams.out << host << ": " << cli::printable(step) << '\n';
    if (plans_[i]->steps.empty()) context_.streams.out << host << ": " << nothing_to_do << '\n';
  }
  return cli::status_of_many(rows_.size(), failed());
}

void FleetChange::carry_out(const std::string& doing, const std::string& words, std::size_t at_once,
                            Rota::AfterFailure after) {
  for (const std::size_t place : select([&](std::size_t i) { return plans_[i]->steps.empty(); }).places)
    tell(place, nothing_to_do);
  const auto payloads = make_payloads(select([&](std::size_t i) { return !plans_[i]->steps.empty(); }));
  const Selection chosen = select([&](std::size_t i) { return payloads[i].has_value(); });
  std::vector<bool> is_begun(chosen.hosts.size());
  Round round{doing, context_.options.timeout};
  round.make = [&](std::size_t at) {
    is_begun[at] = true;
    return Errand{fleet::run_archive_command(words), payloads[chosen.places[at]]->path()};
  };
  round.ended = [&](std::size_t at, Result<Report> report) {
    const std::size_t place = chosen.places[at];
    if (!take(place, std::move(report))) return false;
    std::string changes;
    for (const std::string& change : rows_[place].report->did)
      changes += (changes.empty() ? "" : ", ") + change;
    tell(place, changes.empty() ? nothing_to_do : changes);
    return true;
  };
  go_round(context_, chosen.hosts, Rota(chosen.hosts.size(), at_once, after), round);
  for (std::size_t at = 0; at < is_begun.size(); ++at)
    if (!is_begun[at]) fail(chosen.places[at], "not tried, since another host failed");
}

void FleetChange::wait_for_links(const std::string& group) {
  const Selection alone = select([&](std::size_t i) {
    const fleet::NodeReport* node = rows_[i].report->find_node(group);
    return node == nullptr || !node->status || node->status->links == 0;
  });
  const auto script = script_file();
  if (!script || alone.hosts.empty()) return;
  Round round{"waiting for links", context_.options.timeout};
  round.make = [&](std::size_t) { return Errand{fleet::run_script_command("join " + group), script->path()}; };
  round.ended = [&](std::size_t at, Result<Report> report) { return take(alone.places[at], std::move(report)); };
  go_round(context_, alone.hosts, Rota(alone.hosts.size(), context_.options.jobs, Rota::AfterFailure::go_on), round);
}

std::size_t FleetChange::failed() const {
  std::size_t out = 0;
  for (const FleetRow& row : rows_)
    if (!row.failed.empty()) ++out;
  return out;
}

FleetChange::Selection FleetChange::select(const std::function<bool(std::size_t)>& is_meant) const {
  Selection out;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (!rows_[i].failed.empty() || !is_meant(i)) continue;
    out.hosts.push_back(rows_[i].host);
    out.places.push_back(i);
  }
  return out;
}

std::vector<std::optional<io::MemoryFile>> FleetChange::make_payloads(const Selection& hosts) {
  std::vector<std::optional<io::MemoryFile>> out(rows_.size());
  for (const std::size_t place : hosts.places) {
    auto payload = make_payload(*plans_[place]);
    if (payload)
      out[place] = *std::move(payload);
    else
      fail(place, payload.error().message());
  }
  return out;
}

bool FleetChange::take(std::size_t place, Result<Report> report) {
  if (!report || !report->failed.empty()) {
    fail(place, report ? report->failed : report.error().message());
    return false;
  }
  rows_[place].report = std::move(report);
  return true;
}

void FleetChange::fail(std::size_t place, const std::string& why) {
  rows_[place].failed = why;
  cli::complain(context_.streams, tool, rows_[place].host.text() + ": " + why);
}

void FleetChange::tell(std::size_t place, const std::string& what) const {
  context_.streams.err << cli::printable(rows_[place].host.text()) << ": " << cli::printable(what) << '\n'
                       << std::flush;
}

Result<fleet::PackageSource> read_source(const PackageChoice& choice) {
  fleet::PackageSource out;
  if (!choice.folders.empty()) {
    auto packages = find_packages(choice.folders);
    if (!packages) return std::move(packages).error();
    out.files = *std::move(packages);
  } else if (!choice.repository.empty()) {
    if (auto good = fleet::check_repository_url(choice.repository); !good) return good.error();
    auto key = read_key(choice.key);
    if (!key) return std::move(key).error();
    out.repository = fleet::Repository{choice.repository, *std::move(key)};
  }
  return out;
}

}  // namespace ipop::ga_simplenode
