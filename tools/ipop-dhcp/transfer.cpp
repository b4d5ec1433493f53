#include <algorithm>
#include <iterator>
#include <limits>

#include "cli/progress.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "lease_csv.hpp"
#include "lease_json.hpp"
#include "node_connection.hpp"
#include "node_waiting.hpp"
#include "server_files.hpp"

namespace ipop::ipop_dhcp {
namespace {

using cli::ExitStatus;
using leasebook::Lease;
using leasebook::LeaseBook;
using leasebook::LeaseGroup;

constexpr std::size_t largest_import = std::size_t{1} << 30U;
constexpr std::size_t most_complaints = 20;
constexpr std::size_t most_members = 100'000;
constexpr std::chrono::seconds walk_limit{120};

Result<std::string> read_all(const Context& context, const std::string& file) {
  if (file != "-") return io::read_file(file, largest_import);
  return std::string(std::istreambuf_iterator<char>(context.streams.in), {});
}

/// The addresses that members of the group have at this time, for as long as a lease lasts.
Result<std::vector<Lease>> leases_of_members(const Context& context, const LeaseGroup& group) {
  const std::string socket =
      context.options.socket.empty() ? tools::socket_of_group(group.name) : context.options.socket;
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return std::move(client).error();
  const auto answer = tools::ask_node<node::MembersAnswer>(*client, node::MembersCommand{most_members}, walk_limit);
  if (!answer) return answer.error();
  if (!answer->complete) context.streams.err << "The walk of the ring is incomplete; members may be missing.\n";
  std::vector<Lease> out;
  const WallTime now = io::wall_time_now();
  for (const node::MemberRow& row : answer->members) {
    if (!row.address) continue;
    Lease lease;
    lease.address = *row.address;
    lease.node = row.id;
    lease.host_name = leasing::is_host_name(row.name) ? row.name : "";
    lease.source = "dht";
    lease.granted = now;
    lease.expires = now + group.plan.lease_time;
    out.push_back(std::move(lease));
  }
  return out;
}

}  // namespace

ExitStatus carry_out(const Context& context, const Import& verb) {
  auto opened = open_book(context, leasebook::Database::Access::write);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& book = std::get<LeaseBook>(opened);
  auto chosen = choose_group(context, book);
  if (const auto* status = std::get_if<ExitStatus>(&chosen)) return *status;
  const auto& group = std::get<LeaseGroup>(chosen);
  if (const auto status = refuse_follower(context, book)) return *status;
  const WallTime now = io::wall_time_now();
  Result<std::vector<Lease>> leases{Errc::not_found};
  if (verb.from_dht) {
    leases = leases_of_members(context, group);
    if (!leases)
      return tools::report_node_error(context.streams, tool, leases.error(), tools::socket_of_group(group.name));
  } else {
    const auto text = read_all(context, verb.file);
    if (!text) return report(context, text.error());
    leases = is_csv(*text) ? parse_csv_leases(*text, group.name, now) : parse_json_leases(*text, group.name, now);
    if (!leases) return report(context, std::move(leases).error().in(verb.file == "-" ? "stdin" : verb.file));
  }
  auto transaction = book.begin();
  if (!transaction) return report(context, transaction.error());
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (Lease& lease : *leases) {
    // Where it is not known, the requests that the node made before are old by the clock.
    if (lease.sequence == 0) lease.sequence = leasing::sequence_at(now - leasing::clock_tolerance);
    auto written = book.import_lease(group, lease, now);
    if (written) {
      ++taken;
      continue;
    }
    if (written.error().code != Errc::conflict && written.error().code != Errc::out_of_range)
      return report(context, written.error());
    if (++refused <= most_complaints) cli::complain(context.streams, tool, "left out: " + written.error().message());
  }
  if (!verb.dry_run)
    if (auto committed = transaction->commit(); !committed) return report(context, committed.error());
  context.streams.err << (verb.dry_run ? "Would import " : "Imported ") << taken << " leases"
                      << (refused > 0 ? ", left out " + std::to_string(refused) : "") << ".\n";
  return refused > 0 ? ExitStatus::partly : ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const Export& verb) {
  auto opened = open_book(context, leasebook::Database::Access::read);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& book = std::get<LeaseBook>(opened);
  auto chosen = choose_group(context, book);
  if (const auto* status = std::get_if<ExitStatus>(&chosen)) return *status;
  const auto& group = std::get<LeaseGroup>(chosen);
  // One look at the book, so that a node which moves meanwhile stands there once; and no longer than it takes, since
  // the server's journal grows while somebody looks.
  const auto all = book.leases(group.id, net::Ipv4Address(), std::numeric_limits<std::int64_t>::max());
  if (!all) return report(context, all.error());
  context.streams.out << (verb.csv ? to_csv(group, *all) : to_json(group, *all));
  return ExitStatus::done;
}

}  // namespace ipop::ipop_dhcp
