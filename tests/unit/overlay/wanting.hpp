#pragma once

#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "link_maker.hpp"
#include "overlay/ring.hpp"

namespace ipop::overlay::test {

inline constexpr unsigned per_side = 2;

/// What the node 100 wants of its links, of which the test makes and ends some.
struct Wanting {
  [[nodiscard]] Ring::View view() const {
    return {.links = links,
            .may_try = [this](const NodeId& id) { return !failed.contains(id); },
            .has_spoken = [this](const NodeId& id) { return spoken.contains(id); },
            .is_unheard = [this](const NodeId& id) { return unheard.contains(id); }};
  }
  /// A link that is up; with the list that its peer told.
  void link(std::uint8_t peer, const std::vector<NodeId>& list = {}) {
    add_up(links, id_at(peer), peer).neighbours = list;
    ring.handle_neighbours(now, list, id_at(peer));
    ring.handle_way_to_place(now, id_at(peer), view());
  }
  void unlink(std::uint8_t peer) {
    const bool was_near = links.find(id_at(peer))->own_roles.test(index_of(Role::near));
    links.erase(id_at(peer));
    ring.handle_removed(now, id_at(peer), was_near, view());
  }
  /// One look, and what it gives; roles are given as the owner does.
  std::vector<Ring::Output> look() {
    ring.seek_near(now, true, view());
    ring.seek_wanted(now, view());
    if (ring.wants_spare(now, links)) ring.seek_spare(now, offered, view(), [](const net::Endpoint&) { return true; });
    const std::size_t size = ring.size_estimate(links);
    ring.seek_leaves(now, size, [](const net::Endpoint&) { return true; });
    for (const auto& [peer, roles] : ring.assign_roles(now, links))
      links.find(peer)->own_roles = roles;
    ring.update(now, size, view());
    ring.seek_shortcuts(now, size, view());
    return drained(ring);
  }
  std::vector<Ring::Ask> asks() {
    ring.handle_timeout(now, view());
    return those<Ring::Ask>(drained(ring));
  }
  bool answer(std::uint64_t token, std::uint8_t source, const std::vector<NodeId>& neighbours = {}) {
    ConnectToMe message;
    message.kind = ConnectToMe::Kind::answer;
    message.token = token;
    ring.handle_neighbours(now, neighbours, id_at(source));
    return ring.handle_answer(now, id_at(source), message, view());
  }
  /// Two linked neighbours, who both have answered.
  void join() {
    link(90);
    link(110);
    for (const std::uint8_t peer : std::vector<std::uint8_t>{90, 110})
      answer(asks_own_place(), peer);
    look();
    REQUIRE(ring.is_joined());
  }
  std::uint64_t asks_own_place() {
    if (token == 0) token = asks().at(0).token;
    return token;
  }
  [[nodiscard]] const Roles& roles(std::uint8_t peer) { return links.find(id_at(peer))->own_roles; }

  TimePoint now = TimePoint{} + 1h;
  SeededRng rng{5};
  LinkTable links{id_at(100)};
  std::set<NodeId> failed, spoken, unheard;
  std::vector<NodeId> offered;
  std::uint64_t token = 0;
  Ring ring{id_at(100), per_side, 60s, rng};
};

inline std::set<NodeId> sought(const std::vector<Ring::Output>& outputs, Role role) {
  std::set<NodeId> out;
  for (const Ring::Seek& seek : those<Ring::Seek>(outputs)) {
    if (seek.roles == only(role)) out.insert(seek.peer);
  }
  return out;
}

}  // namespace ipop::overlay::test
