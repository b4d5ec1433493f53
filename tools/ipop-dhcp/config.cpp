#include <algorithm>
#include <optional>

#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "group_pool.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/system_clock.hpp"
#include "server_files.hpp"

namespace ipop::ipop_dhcp {
namespace {

using cli::ExitStatus;
using leasebook::LeaseBook;
using leasebook::LeaseGroup;

bool says_nothing(const Configure& verb) {
  return !verb.prefix && !verb.ranges && !verb.excluded && !verb.lease_time && !verb.mtu && !verb.quota &&
         !verb.takes_unsigned;
}

leasing::AddressPlan changed(leasing::AddressPlan plan, const Configure& verb) {
  plan.prefix = verb.prefix.value_or(plan.prefix);
  plan.ranges = verb.ranges.value_or(plan.ranges);
  plan.excluded = verb.excluded.value_or(plan.excluded);
  plan.lease_time = verb.lease_time.value_or(plan.lease_time);
  plan.mtu = verb.mtu.value_or(plan.mtu);
  plan.quota = verb.quota.value_or(plan.quota);
  plan.takes_unsigned = verb.takes_unsigned.value_or(plan.takes_unsigned);
  return plan;
}

/// The group that is meant: the one named, or the only one; null: the book does not have it.
const LeaseGroup* find_group(const Context& context, const std::vector<LeaseGroup>& groups) {
  const std::string& wanted = context.options.group;
  const auto found = std::ranges::find_if(
      groups, [&](const LeaseGroup& group) { return group.name == wanted || (wanted.empty() && groups.size() == 1); });
  return found == groups.end() ? nullptr : &*found;
}

/// A new group has what its file on this machine says.
Result<LeaseGroup> add_group(const Context& context, LeaseBook& book, const Configure& verb) {
  std::string name = context.options.group;
  const auto files = io::group_names(context.options.groups);
  if (name.empty() && !files) return files.error();
  if (name.empty() && files->size() == 1) name = files->front();
  if (name.empty() && files->empty())
    return make_error(std::make_error_code(std::errc::no_such_file_or_directory),
                      "this machine has no group (no file in " + context.options.groups + ")");
  if (name.empty()) return {Errc::not_found, "no group given: pass --group GROUP"};
  const auto file = load_group_file(context, name);
  if (!file) return file.error();
  leasing::AddressPlan plan;
  plan.prefix = file->prefix;
  plan.domain = file->domain;
  return book.add_group(name, file->name_space, changed(plan, verb));
}

Result<LeaseGroup> change(const Context& context, LeaseBook& book, const Configure& verb) {
  auto transaction = book.begin();
  if (!transaction) return std::move(transaction).error();
  const auto groups = book.groups();
  if (!groups) return groups.error();
  const LeaseGroup* known = find_group(context, *groups);
  // Members believe no grant outside of their network.
  const auto file = load_group_file(context, known == nullptr ? context.options.group : known->name);
  if (verb.prefix && file && *verb.prefix != file->prefix)
    return {Errc::malformed, "the group's file says " + to_string(file->prefix) + ", and members go by that"};
  auto group = known == nullptr ? add_group(context, book, verb) : Result<LeaseGroup>(*known);
  if (!group) return group;
  if (known != nullptr) {
    group->plan = changed(known->plan, verb);
    if (auto written = book.change_plan(group->id, group->plan); !written) return std::move(written).error();
  }
  if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
  return group;
}

ExitStatus show(const Context& context, LeaseBook& book, const LeaseGroup& group, const crypto::PrivateKey& key) {
  const auto count = book.count(group.id, io::wall_time_now());
  if (!count) return report(context, count.error());
  const auto follower = book.is_follower();
  if (!follower) return report(context, follower.error());
  const auto fingerprint = crypto::key_fingerprint_of(key.public_key());
  if (!fingerprint) return report(context, fingerprint.error());
  compare_with_group_file(context, book, group, key);
  const leasing::AddressPlan& plan = group.plan;
  const std::string ranges = plan.ranges.empty() ? "all" : to_string(plan.ranges);
  const std::string excluded = plan.excluded.empty() ? "none" : to_string(plan.excluded);
  if (context.options.output.json) {
    cli::JsonWriter json("ipop-dhcp.config/1");
    json.field("group", group.name);
    json.field("prefix", to_string(plan.prefix));
    json.field("ranges", to_string(plan.ranges));
    json.field("excluded", to_string(plan.excluded));
    json.field("lease_seconds", plan.lease_time.count());
    json.field("domain", plan.domain);
    json.field("mtu", plan.mtu);
    json.field("quota", plan.quota);
    json.field("takes_unsigned", plan.takes_unsigned);
    json.field("live", count->live);
    json.field("leases", count->all);
    json.field("follower", *follower);
    json.field("key", to_hex(*fingerprint));
    context.streams.out << json.text() << '\n';
    return ExitStatus::done;
  }
  cli::Table table({{"KEY"}, {"VALUE"}});
  table.add_row({"group", group.name});
  table.add_row({"prefix", to_string(plan.prefix)});
  table.add_row({"range", ranges});
  table.add_row({"exclude", excluded});
  table.add_row({"lease-time", std::to_string(plan.lease_time.count()) + "s"});
  table.add_row({"domain", plan.domain});
  table.add_row({"mtu", std::to_string(plan.mtu)});
  table.add_row({"quota", std::to_string(plan.quota)});
  table.add_row({"unsigned", plan.takes_unsigned ? "yes" : "no"});
  table.add_row({"leases", std::to_string(count->live) + " live, " + std::to_string(count->all) + " in all"});
  table.add_row({"role", *follower ? "follows another server" : "gives out"});
  table.add_row({"server-key", to_hex(*fingerprint)});
  if (context.options.output.plain)
    table.write_plain(context.streams.out);
  else
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
  return ExitStatus::done;
}

/// What the book says of a group that it has; nothing where the group is to be added. It is only read, so that a disk
/// will do that takes no writing.
std::optional<ExitStatus> show_known(const Context& context) {
  if (!io::exists(context.options.directory + "/leases.db")) return std::nullopt;
  auto opened = open_book(context, leasebook::Database::Access::read);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& book = std::get<LeaseBook>(opened);
  const auto groups = book.groups();
  if (!groups) return report(context, groups.error());
  const auto group = find_group(context, *groups);
  if (group == nullptr) return std::nullopt;
  const auto key = load_server_key(context, book);
  if (!key) return report(context, key.error());
  return show(context, book, *group, *key);
}

}  // namespace

ExitStatus carry_out(const Context& context, const Configure& verb) {
  if (says_nothing(verb))
    if (const auto status = show_known(context)) return *status;
  auto opened = open_book(context, leasebook::Database::Access::create);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& book = std::get<LeaseBook>(opened);
  const auto key = load_server_key(context, book);
  if (!key) return report(context, key.error());
  const auto groups = book.groups();
  if (!groups) return report(context, groups.error());
  const bool is_known = find_group(context, *groups) != nullptr;
  if (const auto status = refuse_follower(context, book)) return *status;
  const auto group = change(context, book, verb);
  if (!group) {
    const bool is_usage = group.error().code == Errc::malformed || group.error().code == Errc::not_found;
    const ExitStatus status = report(context, group.error());
    if (group.error().code == std::errc::no_such_file_or_directory && !is_known)
      cli::suggest(context.streams, "ga-group join TOKEN  # or, for a group that is not there yet: ga-group new NAME");
    return is_usage ? ExitStatus::usage : status;
  }
  if (!is_known) {
    context.streams.err << "Added group " << group->name << ".\n";
    cli::suggest(context.streams, this_program(context) + " serve");
    cli::suggest(context.streams, addresses_command(*group, {}, *key, "PLACE") +
                                      "  # PLACE: this machine's name in the group, or http://HOST:8067/");
  }
  return show(context, book, *group, *key);
}

}  // namespace ipop::ipop_dhcp
