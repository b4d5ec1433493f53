#include "leasebook/lease_book_state.hpp"

namespace ipop::leasebook {
namespace {

/// As many look-ups cost less than reading all leases of a group.
constexpr int most_wrong = 256;

/// Where the search for a free address begins: the same for a node every time, another one for each.
net::Ipv4Address first_try(const net::Ipv4Prefix& prefix, const NodeId& node) {
  const std::uint32_t size = prefix.broadcast().value() - prefix.address().value();
  ByteReader reader(node.octets());
  return net::Ipv4Address(prefix.address().value() + (reader.read<std::uint32_t>() & size));
}

}  // namespace

Result<LeaseBook::State::View*> LeaseBook::State::view_of(const LeaseGroup& group) {
  auto found = views.find(group.id);
  if (found != views.end() && found->second.prefix != group.plan.prefix) {
    views.erase(found);
    found = views.end();
  }
  if (found == views.end()) found = views.emplace(group.id, View(group.plan.prefix)).first;
  View& view = found->second;
  if (!view.has_reservations)
    if (auto read = read_reservations(group.id, view); !read) return std::move(read).error();
  return &view;
}

void LeaseBook::State::doubt_views() {
  for (auto& [group, view] : views) {
    view.may_have_holes = true;
    view.is_full = false;
    view.ended_from = {};
    view.has_reservations = false;
  }
}

Result<void> LeaseBook::State::read_reservations(std::int64_t group, View& view) {
  const auto all = reservations(group);
  if (!all) return all.error();
  view.reservations.clear();
  view.reserved.clear();
  for (const Reservation& it : *all) {
    view.taken.add(it.address);
    view.reserved.insert_or_assign({it.kind, it.whom}, it.address);
    view.reservations.insert_or_assign(it.address, it);
  }
  view.has_reservations = true;
  return {};
}

Result<void> LeaseBook::State::read_taken(std::int64_t group, View& view) {
  auto statement = database.prepare("SELECT address FROM leases WHERE group_id = ?");
  if (!statement) return std::move(statement).error();
  view.taken = leasing::AddressMap(view.prefix);
  for (const auto& [address, reservation] : view.reservations)
    view.taken.add(address);
  statement->bind(group);
  while (true) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) break;
    view.taken.add(net::Ipv4Address(static_cast<std::uint32_t>(statement->integer(0))));
  }
  view.is_read = true;
  view.may_have_holes = false;
  return {};
}

Result<std::optional<net::Ipv4Address>> LeaseBook::State::find_free(const LeaseGroup& group, View& view,
                                                                    const NodeId& node) {
  int wrong = 0;
  while (!view.is_full) {
    const auto free = view.taken.first_free(group.plan, first_try(group.plan.prefix, node));
    if (free) {
      const auto there = lease_where("group_id = ? AND address = ?", [&](Statement& statement) {
        statement.bind(group.id).bind(std::int64_t{free->value()});
      });
      if (!there) return there.error();
      if (!*there) return free;
      view.taken.add(*free);
      if (++wrong < most_wrong) continue;
    } else if (view.is_read && !view.may_have_holes) {
      view.is_full = true;
      break;
    }
    if (auto read = read_taken(group.id, view); !read) return std::move(read).error();
  }
  return std::optional<net::Ipv4Address>();
}

}  // namespace ipop::leasebook
