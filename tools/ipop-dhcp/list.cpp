#include <algorithm>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "group_pool.hpp"
#include "io/system_clock.hpp"
#include "lease_table.hpp"
#include "server_files.hpp"

namespace ipop::ipop_dhcp {
namespace {

using cli::ExitStatus;
using leasebook::LeaseBook;
using leasebook::LeaseGroup;

constexpr std::size_t page = 4096;

/// A book and the group that is meant.
struct Opened {
  LeaseBook book;
  LeaseGroup group;
};

std::variant<Opened, ExitStatus> open_group(const Context& context, leasebook::Database::Access access) {
  auto book = open_book(context, access);
  if (const auto* status = std::get_if<ExitStatus>(&book)) return *status;
  auto group = choose_group(context, std::get<LeaseBook>(book));
  if (const auto* status = std::get_if<ExitStatus>(&group)) return *status;
  return Opened{std::get<LeaseBook>(std::move(book)), std::get<LeaseGroup>(std::move(group))};
}

/// Carries out `change` as one transaction. Errors: those of `change` and of the book.
template <class Change>
auto in_transaction(LeaseBook& book, Change change) -> decltype(change()) {
  auto transaction = book.begin();
  if (!transaction) return std::move(transaction).error();
  auto result = change();
  if (!result) return result;
  if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
  return result;
}

/// Whom an address is to be reserved for; a failure has been reported. A node that has a lease may be said as tables
/// say it.
std::variant<std::string, ExitStatus> whom_of(const Context& context, LeaseBook& book, const LeaseGroup& group,
                                              const Reserve& verb) {
  const auto refuse = [&](const std::string& why) {
    cli::complain(context.streams, tool, verb.whom + why);
    return ExitStatus::usage;
  };
  using Kind = leasebook::Reservation::Kind;
  if (verb.kind == Kind::name && !leasing::is_host_name(verb.whom))
    return refuse(" is not a host name (a-z, 0-9 and -)");
  if (verb.kind != Kind::node || parse_node_id(verb.whom)) return verb.whom;
  const auto leases = book.leases_of_short_id(group.id, verb.whom);
  if (!leases) return report(context, leases.error());
  if (leases->size() == 1) return to_string(leases->front().node);
  return refuse(leases->empty() ? " is not a node id (32 letters and digits), nor the first 8 of a node with a lease"
                                : " is the beginning of several nodes' ids; type all 32 letters and digits");
}

void list_reservations(const Context& context, const std::vector<leasebook::Reservation>& reservations) {
  if (context.options.output.json) {
    cli::JsonWriter json("ipop-dhcp.reservations/1");
    json.begin_array("reservations");
    for (const leasebook::Reservation& it : reservations) {
      json.begin_element();
      json.field("address", to_string(it.address));
      json.field("kind", to_string(it.kind));
      json.field("whom", it.whom);
      json.field("note", it.note);
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return;
  }
  cli::Table table({{"ADDRESS", cli::Align::left, true}, {"FOR"}, {"WHOM"}, {"NOTE"}});
  table.count_as("reservations");
  for (const leasebook::Reservation& it : reservations)
    table.add_row({to_string(it.address), std::string(to_string(it.kind)), it.whom, it.note});
  if (context.options.output.plain)
    table.write_plain(context.streams.out);
  else if (!table.empty())
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
}

void write_tenures(const Context& context, const std::vector<leasebook::Tenure>& tenures) {
  if (context.options.output.json) {
    cli::JsonWriter json("ipop-dhcp.history/1");
    json.begin_array("tenures");
    for (const leasebook::Tenure& it : tenures) {
      json.begin_element();
      json.field("address", to_string(it.address));
      json.field("name", it.host_name);
      json.field("user", it.user);
      json.field("node", to_string(it.node));
      json.field("source", it.source);
      json.field("begins", it.begins.seconds);
      json.field("ends", it.ends.seconds);
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return;
  }
  const bool plain = context.options.output.plain;
  cli::Table table({{"BEGINS"}, {"ENDS"}, {"NAME"}, {"USER"}, {"NODE"}, {"FROM"}});
  for (const leasebook::Tenure& it : tenures)
    table.add_row({cli::utc_text(it.begins), cli::utc_text(it.ends), it.host_name, it.user,
                   plain ? to_string(it.node) : to_short_string(it.node), it.source});
  if (plain)
    table.write_plain(context.streams.out);
  else if (!table.empty())
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
}

}  // namespace

ExitStatus carry_out(const Context& context, const ListLeases& verb) {
  auto opened = open_group(context, leasebook::Database::Access::read);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& [book, group] = std::get<Opened>(opened);
  const WallTime now = io::wall_time_now();
  std::vector<leasebook::Lease> shown;
  net::Ipv4Address after = verb.after;
  bool is_more = true;
  while (is_more && shown.size() <= verb.limit) {
    auto leases = book.leases(group.id, after, page);
    if (!leases) return report(context, leases.error());
    is_more = leases->size() == page;
    for (leasebook::Lease& lease : *leases) {
      after = lease.address;
      if (verb.all || lease.is_live(now)) shown.push_back(std::move(lease));
    }
  }
  const bool cut = shown.size() > verb.limit;
  if (cut) shown.resize(verb.limit);
  write_leases(context, shown, now);
  if (cut) {
    context.streams.err << "More leases follow.\n";
    cli::suggest(context.streams, context.options.typed.with("--after", to_string(shown.back().address)).text());
  }
  if (!shown.empty()) return ExitStatus::done;
  if (!context.options.output.json) context.streams.err << "No lease.\n";
  return ExitStatus::no;
}

ExitStatus carry_out(const Context& context, const ShowLease& verb) {
  auto opened = open_group(context, leasebook::Database::Access::read);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& [book, group] = std::get<Opened>(opened);
  std::vector<leasebook::Lease> found;
  const auto add = [&](Result<std::optional<leasebook::Lease>> lease) -> Result<void> {
    if (!lease) return std::move(lease).error();
    if (*lease) found.push_back(**std::move(lease));
    return {};
  };
  Result<void> looked;
  if (const auto address = net::parse_ipv4_address(verb.what)) {
    looked = add(book.lease_of(group.id, *address));
  } else if (const auto node = parse_node_id(verb.what)) {
    looked = add(book.lease_of(group.id, *node));
  } else {
    auto named = book.leases_named(group.id, verb.what);
    if (named && named->empty()) named = book.leases_of_short_id(group.id, verb.what);
    if (named)
      found = *std::move(named);
    else
      looked = std::move(named).error();
  }
  if (!looked) return report(context, looked.error());
  write_leases(context, found, io::wall_time_now());
  if (!found.empty()) return ExitStatus::done;
  cli::complain(context.streams, tool, "no lease of " + verb.what + " in group " + group.name);
  return ExitStatus::no;
}

ExitStatus carry_out(const Context& context, const Reserve& verb) {
  const bool is_list = verb.address.is_unspecified();
  auto opened = open_group(context, is_list ? leasebook::Database::Access::read : leasebook::Database::Access::write);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& [book, group] = std::get<Opened>(opened);
  if (is_list) {
    const auto reservations = book.reservations(group.id);
    if (!reservations) return report(context, reservations.error());
    list_reservations(context, *reservations);
    return ExitStatus::done;
  }
  if (const auto status = refuse_follower(context, book)) return *status;
  if (verb.end) {
    auto ended = in_transaction(book, [&] { return book.end_reservation(group.id, verb.address); });
    if (!ended) return report(context, ended.error());
    context.streams.err << to_string(verb.address) << " is no longer reserved.\n";
    return ExitStatus::done;
  }
  const auto whom = whom_of(context, book, group, verb);
  if (const auto* status = std::get_if<ExitStatus>(&whom)) return *status;
  auto reserved = in_transaction(book, [&] {
    return book.reserve(group, {verb.address, verb.kind, std::get<std::string>(whom), verb.note});
  });
  if (!reserved) {
    const ExitStatus status = report(context, reserved.error());
    return reserved.error().code == Errc::out_of_range ? ExitStatus::usage : status;
  }
  context.streams.err << "Reserved " << to_string(verb.address) << " for " << to_string(verb.kind) << " "
                      << std::get<std::string>(whom) << ".\n";
  if (const auto key = load_server_key(context, book)) compare_with_group_file(context, book, group, *key);
  const auto holder = book.lease_of(group.id, verb.address);
  if (holder && *holder && (*holder)->is_live(io::wall_time_now()))
    context.streams.err << to_string(verb.address) << " is leased to " << to_short_string((*holder)->node)
                        << "; if that is somebody else, the lease is not renewed and ends at "
                        << cli::utc_text((*holder)->expires) << ".\n";
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const Release& verb) {
  auto opened = open_group(context, leasebook::Database::Access::write);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& [book, group] = std::get<Opened>(opened);
  if (const auto status = refuse_follower(context, book)) return *status;
  const auto released = in_transaction(book, [&] { return book.release(group.id, verb.address, io::wall_time_now()); });
  if (!released) return report(context, released.error());
  context.streams.err << "Released " << to_string(verb.address) << " of " << to_short_string(released->node)
                      << "; it must request an address again, and another member may get this one first.\n";
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const History& verb) {
  auto opened = open_group(context, leasebook::Database::Access::read);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& [book, group] = std::get<Opened>(opened);
  const auto tenures = book.history(group.id, verb.address, verb.at);
  if (!tenures) return report(context, tenures.error());
  write_tenures(context, *tenures);
  if (!tenures->empty()) return ExitStatus::done;
  if (!context.options.output.json)
    context.streams.err << "Nobody had " << to_string(verb.address) << (verb.at ? " then" : "") << ".\n";
  return ExitStatus::no;
}

ExitStatus carry_out(const Context& context, const Promote& /*verb*/) {
  auto opened = open_book(context, leasebook::Database::Access::write);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& book = std::get<LeaseBook>(opened);
  const auto was = book.is_follower();
  if (!was) return report(context, was.error());
  if (!*was) {
    context.streams.err << "This server is already active.\n";
    return ExitStatus::done;
  }
  auto promoted = in_transaction(book, [&] { return book.set_follower(false); });
  if (!promoted) return report(context, promoted.error());
  context.streams.err << "This server is now active. The first one must no longer run: two active servers"
                         " would lease one address twice.\n";
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const Check& /*verb*/) {
  auto opened = open_book(context, leasebook::Database::Access::read);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto sound = std::get<LeaseBook>(opened).check_integrity();
  if (!sound) return report(context, sound.error());
  context.streams.err << "The database is good.\n";
  return ExitStatus::done;
}

}  // namespace ipop::ipop_dhcp
