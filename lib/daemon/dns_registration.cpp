#include "daemon/dns_registration.hpp"

#include <filesystem>
#include <utility>

#include "io/file.hpp"
#include "io/process.hpp"
#include "io/run_process.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_resolv_conf_text = 65'536;
// These programs ask a daemon of this machine; the node stands still meanwhile.
constexpr Duration resolver_limit = 5s;

std::string begin_of(std::string_view tag) {
  return "# ipop-node " + std::string(tag) + ": begin; taken out when the node ends\n";
}
std::string end_of(std::string_view tag) {
  return "# ipop-node " + std::string(tag) + ": end\n";
}

Result<void> run_all(const std::vector<std::vector<std::string>>& commands) {
  for (const auto& command : commands) {
    const auto done = io::run_process(command, resolver_limit);
    if (!done) return Error(done.error()).in(command.front());
    if (done->status != 0) {
      return {Errc::not_found, command.front() + ": " + done->output.substr(0, done->output.find('\n'))};
    }
  }
  return {};
}

/// Where a program is, behind links; empty where it is not.
std::filesystem::path place_of(const std::string& program) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/"}) {
    std::error_code absent;
    auto place = std::filesystem::canonical(folder + program, absent);
    if (!absent) return place;
  }
  return {};
}

/// A resolver that runs in another network namespace knows other interfaces by the same names.
bool has_resolved() {
  return io::shares_network_of_init() && io::exists("/run/systemd/resolve") && !place_of("resolvectl").empty();
}
/// systemd-resolved brings a program of this name as well, which does nothing where that service does not run.
bool has_resolvconf() {
  const auto place = place_of("resolvconf");
  return io::shares_network_of_init() && !place.empty() && place.filename() != "resolvectl";
}

/// The name of our record, by which resolvconf(8) and openresolv put it in its place among the others: one of `lo` is
/// a server on this machine that asks the others, and stands before them. Behind eth0's it would never be asked, for
/// a server of outside says that a name of the group does not exist.
std::string resolvconf_record(const std::string& interface) {
  return "lo.ipop-" + interface;
}

/// Both fail where a local server's file can't be written from a unit's sandbox, though the record is in its place: the
/// note has that done from outside. What they write is for everybody to read.
std::vector<std::string> resolvconf_add(const std::string& interface, net::Ipv4Address server) {
  constexpr const char* script = R"(umask 022
printf 'nameserver %s\n' "$2" | resolvconf -a "$1" || resolvconf -l | grep -qxF "# resolv.conf from $1")";
  return {"sh", "-c", script, "sh", resolvconf_record(interface), to_string(server)};
}
std::vector<std::string> resolvconf_remove(const std::string& interface) {
  constexpr const char* script = R"(umask 022
resolvconf -d "$1" || { list=$(resolvconf -l) && ! echo "$list" | grep -qxF "# resolv.conf from $1"; })";
  return {"sh", "-c", script, "sh", resolvconf_record(interface)};
}

std::vector<LogLine> failed(const Error& error) {
  return {{LogLevel::warning,
           "this machine does not ask the node for names; the recipe is in ipop-dns(8)",
           {{"reason", error.message()}}}};
}

}  // namespace

std::string dns_block(std::string_view tag, net::Ipv4Address server) {
  return begin_of(tag) + "nameserver " + to_string(server) + "\n" + end_of(tag);
}

std::string with_dns_block(std::string_view text, std::string_view tag, net::Ipv4Address server) {
  const std::string own = dns_block(tag, server);
  // Nodes of other groups have their blocks there too. Each among them is in its place: who wanted to be the first
  // would write again after every other one.
  constexpr std::string_view any_begin = "# ipop-node ";
  constexpr std::string_view any_end = ": end\n";
  for (std::string_view rest = text; rest.starts_with(any_begin);) {
    if (rest.starts_with(own)) return std::string(text);
    const auto end = rest.find(any_end);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + any_end.size());
  }
  return own + without_dns_block(text, tag);
}

std::string without_dns_block(std::string_view text, std::string_view tag) {
  std::string out(text);
  const std::string begin = begin_of(tag);
  const std::string end = end_of(tag);
  const auto from = out.find(begin);
  const auto to = from == std::string::npos ? from : out.find(end, from);
  // Half a block is somebody's edit, and left to him.
  if (to != std::string::npos) out.erase(from, to + end.size() - from);
  return out;
}

std::vector<LogLine> DnsRegistration::set(const std::string& interface, net::Ipv4Address server,
                                          const std::string& domain) {
  auto log = clear();
  Standing next{Way::block, interface, server};
  if (has_resolved())
    next.way = Way::resolved;
  else if (has_resolvconf())
    next.way = Way::resolvconf;
  Result<void> done;
  switch (next.way) {
    case Way::resolved:
      done = run_all({{"resolvectl", "dns", interface, to_string(server)},
                      {"resolvectl", "domain", interface, "~" + domain},
                      {"resolvectl", "default-route", interface, "false"}});
      break;
    case Way::resolvconf:
      done = run_all({resolvconf_add(interface, server)});
      (void)io::write_file_atomically(files_.record, resolvconf_record(interface) + "\n", 0644);
      break;
    case Way::block: {
      const auto noted = io::write_file_atomically(files_.block, dns_block(tag_, server), 0644);
      const auto written = write_block(server);
      // In the sandbox of a unit another program's new file is read-only; who was told by the note writes it.
      const bool is_left_to_others = noted && !written && written.error().code == std::errc::read_only_file_system;
      if (!written && !is_left_to_others) done = written.error();
      break;
    }
  }
  if (!done) {
    const auto lines = failed(done.error());
    log.insert(log.end(), lines.begin(), lines.end());
    return log;
  }
  standing_ = std::move(next);
  const char* where = standing_->way == Way::resolved     ? "systemd-resolved"
                      : standing_->way == Way::resolvconf ? "resolvconf"
                                                          : files_.resolv_conf.c_str();
  log.push_back({LogLevel::info, "names registered", {{"domain", domain}, {"with", where}}});
  return log;
}

std::vector<LogLine> DnsRegistration::keep() {
  if (!standing_ || standing_->way != Way::block) return {};
  const auto written = write_block(standing_->server);
  // Another program's new file, in the sandbox of a unit: it is put right from outside, by who sees the note change.
  // The change of the file itself is not seen while the one before it is being worked on.
  if (!written && written.error().code == std::errc::read_only_file_system) {
    (void)io::write_file_atomically(files_.block, dns_block(tag_, standing_->server), 0644);
    return {};
  }
  if (!written) {
    // Told once: it is tried again with the next address.
    standing_.reset();
    return failed(written.error());
  }
  if (!*written) return {};
  return {{LogLevel::info, "names registered again: another program rewrote it", {{"with", files_.resolv_conf}}}};
}

std::vector<LogLine> DnsRegistration::clear() {
  const auto was = std::exchange(standing_, std::nullopt);
  if (was && was->way == Way::resolved) {
    // An interface that is gone took it along.
    (void)run_all({{"resolvectl", "revert", was->interface}});
    return {};
  }
  if (was && was->way == Way::resolvconf) {
    const auto done = run_all({resolvconf_remove(was->interface)});
    // The note stays: who is told by it sees that the record is gone.
    (void)io::write_file_atomically(files_.record, resolvconf_record(was->interface) + "\n", 0644);
    return done ? std::vector<LogLine>() : failed(done.error());
  }
  // A killed node's interface is gone, and with it what systemd-resolved knew of it; the others keep what they have.
  if (!was && !std::exchange(looked_for_earlier_, true) && has_resolvconf()) (void)run_all({resolvconf_remove(tag_)});
  (void)io::remove_file(files_.block);
  const auto written = write_block(std::nullopt);
  if (written || !was || written.error().code == std::errc::read_only_file_system) return {};
  return {{LogLevel::warning, "names are still registered", {{"reason", written.error().message()}}}};
}

/// True when the file was written; it is left alone when it is right already.
Result<bool> DnsRegistration::write_block(std::optional<net::Ipv4Address> server) const {
  const auto text = io::read_file(files_.resolv_conf, max_resolv_conf_text);
  if (!text) return text.error();
  const std::string wanted = server ? with_dns_block(*text, tag_, *server) : without_dns_block(*text, tag_);
  if (wanted == *text) return false;
  if (auto written = io::rewrite_file(files_.resolv_conf, wanted); !written) return std::move(written).error();
  return true;
}

}  // namespace ipop::daemon
