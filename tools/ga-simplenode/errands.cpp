#include "errands.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "cli/human.hpp"
#include "cli/progress.hpp"
#include "fleet/ssh_command.hpp"
#include "host_script.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/watched_process.hpp"

namespace ipop::ga_simplenode {
namespace {

using fleet::Host;
using fleet::Report;
using fleet::Rota;
using namespace std::chrono_literals;

constexpr std::chrono::seconds longest_connect = 20s;
// A host that answers answers by then.
constexpr std::chrono::seconds longest_question = 60s;
constexpr std::size_t largest_list = std::size_t{1} << 20U;

Result<Report> report_of(const Result<io::ProcessResult>& ended, std::chrono::seconds limit) {
  if (!ended && ended.error().code == std::errc::timed_out)
    return {Errc::expired, "no answer within " + cli::human_seconds(limit)};
  if (!ended && ended.error().code == std::errc::no_such_file_or_directory)
    return {Errc::not_found, "ssh is not installed here; apt-get install openssh-client"};
  if (!ended) return ended.error();
  if (ended->status != 0) return fleet::explain_failure(ended->status, ended->output);
  return fleet::parse_report(ended->output);
}

class Errands {
 public:
  Errands(const Context& context, const std::vector<Host>& hosts, Rota& rota, const Round& round)
      // ssh says better why there is no connection, so it gives up first.
      : ssh_{context.options.ssh_config, std::clamp(round.limit - 1s, 1s, longest_connect)},
        hosts_(hosts),
        rota_(rota),
        round_(round),
        progress_(context.streams) {}

  void run() {
    begin_all();
    if (!rota_.is_done()) loop_.run();
    progress_.clear();
  }

 private:
  void begin_all() {
    while (const auto host = rota_.next())
      begin(*host);
    progress_.show(round_.doing + ": " + std::to_string(rota_.ended()) + " of " + std::to_string(hosts_.size()) +
                   " hosts done");
  }

  void begin(std::size_t host) {
    const Errand errand = round_.make(host);
    auto started = io::WatchedProcess::start(
        loop_, ssh_command(ssh_, hosts_[host], errand.command), round_.limit,
        [this, host](const Result<io::ProcessResult>& result) { handle_end(host, result); }, fleet::largest_report,
        errand.input);
    if (started)
      running_.emplace(host, *std::move(started));
    else
      loop_.post([this, host, error = started.error()] { handle_end(host, error); });
  }

  void handle_end(std::size_t host, const Result<io::ProcessResult>& result) {
    progress_.clear();
    rota_.handle_end(round_.ended(host, report_of(result, round_.limit)));
    running_.erase(host);
    begin_all();
    if (rota_.is_done()) loop_.stop();
  }

  fleet::SshOptions ssh_;
  const std::vector<Host>& hosts_;
  Rota& rota_;
  const Round& round_;
  cli::Progress progress_;
  io::EventLoop loop_;
  std::map<std::size_t, std::unique_ptr<io::WatchedProcess>> running_;
};

}  // namespace

Result<std::vector<Host>> read_hosts(const Options& options) {
  std::vector<Host> hosts;
  for (const std::string& text : options.hosts)
    if (const auto added = add_host(hosts, text); !added) return added.error();
  const bool takes_usual = hosts.empty() && std::holds_alternative<ShowStatus>(options.verb) && io::exists(usual_hosts);
  const std::string file = options.hosts_file.empty() && takes_usual ? usual_hosts : options.hosts_file;
  if (!file.empty()) {
    const auto text = io::read_file(file, largest_list);
    if (!text) return text.error();
    if (const auto added = add_host_list(hosts, *text, file); !added) return added.error();
  }
  if (hosts.empty() && !file.empty()) return {Errc::not_found, file + " names no host"};
  if (hosts.empty()) return {Errc::not_found, "no host is named; give HOST, or --hosts FILE"};
  return hosts;
}

void go_round(const Context& context, const std::vector<Host>& hosts, Rota rota, const Round& round) {
  Errands(context, hosts, rota, round).run();
}

Result<io::MemoryFile> script_file() {
  return io::MemoryFile::make(host_script);
}

Result<std::vector<Result<Report>>> ask_hosts(const Context& context, const std::vector<Host>& hosts,
                                              const std::string& words, const std::string& doing) {
  const auto script = script_file();
  if (!script) return script.error();
  std::vector<Result<Report>> out(hosts.size(), Result<Report>(Errc::not_found));
  Round round{doing, std::min(context.options.timeout, longest_question)};
  round.make = [&](std::size_t) { return Errand{fleet::run_script_command(words), script->path()}; };
  round.ended = [&](std::size_t host, Result<Report> report) {
    out[host] = std::move(report);
    return out[host].has_value();
  };
  go_round(context, hosts, Rota(hosts.size(), context.options.jobs, Rota::AfterFailure::go_on), round);
  return out;
}

}  // namespace ipop::ga_simplenode
