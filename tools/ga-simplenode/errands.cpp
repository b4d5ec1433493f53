#include "errands.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "cli/human.hpp"
#include "cli/progress.hpp"
#include "host_script.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/memory_file.hpp"
#include "io/watched_process.hpp"

namespace ipop::ga_simplenode {
namespace {

using fleet::Host;
using fleet::Report;
using fleet::Rota;

using namespace std::chrono_literals;

constexpr std::chrono::seconds longest_connect = 20s;
constexpr std::size_t largest_list = std::size_t{1} << 20U;

class Errands {
 public:
  using Make = std::function<Errand(std::size_t)>;
  using Ended = std::function<bool(std::size_t, const Result<io::ProcessResult>&)>;

  Errands(const Context& context, Rota& rota, std::size_t hosts, const std::string& doing, const Make& make,
          const Ended& ended)
      : context_(context),
        rota_(rota),
        hosts_(hosts),
        doing_(doing),
        make_(make),
        ended_(ended),
        progress_(context.streams) {}

  void run() {
    begin_all();
    if (!rota_.is_done()) loop_.run();
  }

 private:
  void begin_all() {
    show();
    while (const auto host = rota_.next())
      begin(*host);
  }

  void begin(std::size_t host) {
    const Errand errand = make_(host);
    auto started = io::WatchedProcess::start(
        loop_, errand.command, context_.options.timeout,
        [this, host](const Result<io::ProcessResult>& result) { handle_end(host, result); }, fleet::largest_report,
        errand.input);
    if (started)
      running_.emplace(host, *std::move(started));
    else
      loop_.post([this, host, error = started.error()] { handle_end(host, error); });
  }

  void handle_end(std::size_t host, const Result<io::ProcessResult>& result) {
    progress_.clear();
    rota_.handle_end(ended_(host, result));
    running_.erase(host);
    begin_all();
    if (rota_.is_done()) loop_.stop();
  }

  void show() {
    progress_.show(doing_ + ": " + std::to_string(rota_.ended()) + " of " + std::to_string(hosts_) + " hosts done");
  }

  const Context& context_;
  Rota& rota_;
  std::size_t hosts_;
  const std::string& doing_;
  const Make& make_;
  const Ended& ended_;
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
  if (hosts.empty()) return {Errc::not_found, "no host is named; give HOST, or --hosts FILE"};
  return hosts;
}

void run_errands(const Context& context, Rota& rota, const std::vector<Host>& hosts, const std::string& doing,
                 const Errands::Make& make, const Errands::Ended& ended) {
  Errands(context, rota, hosts.size(), doing, make, ended).run();
}

fleet::SshOptions ssh_options(const Options& options) {
  // ssh says better why there is no connection, so it gives up first.
  return {options.ssh_config, std::clamp(options.timeout - 1s, 1s, longest_connect)};
}

Result<Report> report_of(const Context& context, const Result<io::ProcessResult>& ended) {
  if (!ended && ended.error().code == std::errc::timed_out)
    return make_error(make_error_code(Errc::expired),
                      "no answer within " + cli::human_duration(context.options.timeout));
  if (!ended && ended.error().code == std::errc::no_such_file_or_directory)
    return {Errc::not_found, "ssh is not installed here; apt-get install openssh-client"};
  if (!ended) return ended.error();
  if (ended->status != 0) return fleet::explain_failure(ended->status, ended->output);
  return fleet::parse_report(ended->output);
}

Result<std::vector<Result<Report>>> ask_hosts(const Context& context, const std::vector<Host>& hosts) {
  const auto script = io::MemoryFile::make(host_script);
  if (!script) return script.error();
  const fleet::SshOptions ssh = ssh_options(context.options);
  std::vector<Result<Report>> out(hosts.size(), Result<Report>(Errc::not_found));
  Rota rota(hosts.size(), context.options.jobs, Rota::AfterFailure::go_on);
  run_errands(
      context, rota, hosts, "asking",
      [&](std::size_t host) {
        return Errand{ssh_command(ssh, hosts[host], fleet::run_script_command()), script->path()};
      },
      [&](std::size_t host, const Result<io::ProcessResult>& ended) {
        out[host] = report_of(context, ended);
        return out[host].has_value();
      });
  return out;
}

}  // namespace ipop::ga_simplenode
