#include "hostile/attacks.hpp"

#include <algorithm>

#include "hostile/attacked_ring.hpp"
#include "hostile/value_attacks.hpp"

namespace ipop::hostile {
namespace {

/// The requests of one member name ports of somebody outside as candidates of members that nobody has.
AttackResult amplify() {
  const auto ring = formed_ring(101, 30);
  const net::Ipv4Address victim(203, 0, 113, 7);
  ring->network().count_sent_to(victim);
  HostileMember& liar = ring->add_hostile(ring->network().add_public_site(), telling(Lie::requests), [&](auto& config) {
    config.victim = net::Endpoint{victim, 7000};
  });
  ring->network().run_for(10s);
  const auto lost = ring->network().sent_to(victim);
  return {fmt::format("{} in {} requests, 10 s", megabytes(liar.octets_spent()), liar.lies_told()),
          fmt::format("{} in {} packets", megabytes(lost.octets), lost.datagrams),
          lost.octets <= 3 * liar.octets_spent()};
}

/// Answers that a newcomer did not ask for name neighbours that nobody has.
AttackResult plant_neighbours() {
  const auto ring = formed_ring(102, 20);
  const SiteId site = ring->network().add_public_site();
  std::vector<HostileMember*> liars;
  for (int i = 0; i < 2; ++i)
    liars.push_back(&ring->add_hostile(site, telling(Lie::answers) | telling(Lie::neighbours)));
  ring->network().run_for(5s);
  const std::size_t newcomer = ring->add_member(site, ring->network().now());
  const auto endpoint = ring->network().local_endpoint(ring->host(newcomer));
  std::uint64_t before = 0;
  for (HostileMember* liar : liars) {
    before += liar->octets_spent();
    liar->set_targets({ring->at(newcomer).node().id()});
    liar->add_contact(endpoint);
  }
  const auto time = time_to_address(*ring, newcomer, 60s);
  ring->network().run_for(10s);
  std::uint64_t spent = 0;
  for (const HostileMember* liar : liars)
    spent += liar->octets_spent();
  const bool joined = ring->at(newcomer).node().is_joined();
  return {fmt::format("{} by 2 members, 50 answers/s each", megabytes(spent - before)),
          fmt::format("a newcomer's address after {}{}", to_text(time), joined ? "" : ", not joined"),
          time && *time <= 4s && joined};
}

/// One peer says that we are somewhere else, and somewhere else again.
AttackResult lie_about_address() {
  const auto ring = formed_ring(103, 8);
  const SiteId site = ring->network().add_nat_site(full_cone());
  const std::size_t member = ring->add_member(site, ring->network().now());
  ring->network().run_for(60s);
  const node::StatusAnswer before = ring->at(member).status(ring->network().now());
  if (before.observed_endpoints.empty()) return {"-", "the member was seen by nobody", false};
  HostileMember& liar = ring->add_hostile(ring->network().add_public_site(), telling(Lie::observed),
                                          [&](auto& config) { config.contacts = {before.observed_endpoints.front()}; });
  unsigned looked = 0;
  unsigned wrong = 0;
  for (int i = 0; i < 60; ++i) {
    ring->network().run_for(500ms);
    const node::StatusAnswer status = ring->at(member).status(ring->network().now());
    ++looked;
    const bool right = status.nat == before.nat && !status.observed_endpoints.empty() &&
                       status.observed_endpoints.front() == before.observed_endpoints.front();
    wrong += right ? 0U : 1U;
  }
  return {fmt::format("{} lies of 1 peer in 30 s", liar.lies_told()),
          fmt::format("NAT class or address wrong at {} of {} looks", wrong, looked), liar.links() > 0 && wrong == 0};
}

/// Two members of a closed group give a list that never ends while a member is revoked.
AttackResult trickle_list() {
  const auto ring = formed_ring(105, 12, true);
  for (int i = 0; i < 2; ++i)
    ring->add_hostile(ring->network().add_public_site(), telling(Lie::lists));
  ring->network().run_for(10s);
  const TimePoint revoked = ring->network().now();
  // Of many pieces, so that it must be fetched.
  std::vector<std::string> users;
  for (int i = 0; i < 500; ++i)
    users.push_back("former-member-" + std::to_string(i));
  Bytes octets;
  encode(ring->authority().revoke({}, users), octets);
  static_cast<void>(ask(*ring, 3, node::RevokeCommand{octets}));
  const auto everybody = [&] {
    for (std::size_t i = 0; i < ring->size(); ++i) {
      if (ring->at(i).revocation_number == 0) return false;
    }
    return true;
  };
  const bool known = ring->network().run_until_done(everybody, 120s);
  const Duration took = ring->network().now() - revoked;
  return {"2 members, an octet a second each",
          known ? fmt::format("the last of {} members knew after {:.2f} s", ring->size(), seconds(took))
                : std::string("not all members knew after 120 s"),
          known && took <= 30s};
}

/// A member sends all that it has to one other, over each of the rest, while those talk to each other.
AttackResult flood_over_relays() {
  const auto ring = formed_ring(121, 6);
  const std::size_t victim = 3;
  const net::Ipv4Address address = *ring->network().local_endpoint(ring->host(victim)).ipv4();
  HostileMember& liar = ring->add_hostile(ring->network().add_public_site(), telling(Lie::floods), [&](auto& config) {
    config.targets = {ring->at(victim).node().id()};
    config.a_second = 600;
  });
  ring->network().run_for(2s);
  ring->network().count_sent_to(address);
  const std::uint64_t before = liar.octets_spent();
  unsigned sent = 0;
  for (std::uint16_t i = 0; i < 10; ++i) {
    ring->at(1).ping(ring->network().now(), *ring->at(2).node().address(), static_cast<std::uint16_t>(100 + i));
    ring->network().drain(ring->host(1));
    ring->network().run_for(500ms);
    ++sent;
  }
  ring->network().run_for(1s);
  const std::uint64_t lost = ring->network().sent_to(address).octets;
  const std::uint64_t spent = liar.octets_spent() - before;
  const std::size_t answered = ring->at(1).ping_answers.size();
  return {fmt::format("{} over 6 relays, 5 s", megabytes(spent)),
          fmt::format("{}; {} of {} pings of others", megabytes(lost), sent - answered, sent),
          spent > 10'000'000 && lost <= spent + spent / 10 && answered == sent};
}

/// Packets to nobody, as large as they may be and for as many hops as their layout can say.
AttackResult go_on_for_ever() {
  const auto ring = formed_ring(122, 40);
  const auto passed_on = [&] {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < ring->size(); ++i) {
      const auto counters = ring->at(i).status(ring->network().now()).counters;
      if (const auto it = counters.find("routed_forwarded"); it != counters.end()) out += it->second;
    }
    return out;
  };
  ring->network().run_for(10s);
  const std::uint64_t quiet = passed_on();
  ring->network().run_for(10s);
  const std::uint64_t usual = passed_on() - quiet;
  HostileMember& liar = ring->add_hostile(ring->network().add_public_site(), telling(Lie::endless),
                                          [](auto& config) { config.a_second = 10; });
  ring->network().run_for(1s);
  const std::uint64_t before = passed_on();
  const std::uint64_t told_before = liar.lies_told();
  ring->network().run_for(10s);
  const std::uint64_t more = passed_on() - before - std::min(usual, passed_on() - before);
  const std::uint64_t packets = liar.lies_told() - told_before;
  // 70 kB for ten packets of a kilobyte.
  return {fmt::format("{} packets of 1 kB that may go 255 hops", packets),
          fmt::format("passed on {:.1f} times each", static_cast<double>(more) / static_cast<double>(packets)),
          packets > 50 && more <= 7 * packets};
}

/// A member asks in another's name, so that the answers go there.
AttackResult reflect(std::uint64_t seed, Lie lie) {
  const auto ring = formed_ring(seed, 30);
  std::vector<Question> puts;
  for (std::size_t i = 1; i <= 20; ++i)
    puts.push_back({i, putting("popular", Bytes(1000, static_cast<std::byte>(i)))});
  static_cast<void>(ask(*ring, puts));
  const std::size_t victim = 25;
  const net::Ipv4Address address = *ring->network().local_endpoint(ring->host(victim)).ipv4();
  ring->network().run_for(10s);
  ring->network().count_sent_to(address);
  ring->network().run_for(10s);
  const std::uint64_t usual = ring->network().sent_to(address).octets;
  HostileMember& liar = ring->add_hostile(ring->network().add_public_site(), telling(lie),
                                          [&](auto& config) { config.targets = {ring->at(victim).node().id()}; });
  ring->network().count_sent_to(address);
  ring->network().run_for(10s);
  const std::uint64_t lost = ring->network().sent_to(address).octets;
  const std::uint64_t more = lost > usual ? lost - usual : 0;
  return {fmt::format("{} in {} questions, 10 s", megabytes(liar.octets_spent()), liar.lies_told()),
          fmt::format("{} more than usual", megabytes(more)), more <= 5 * liar.octets_spent()};
}

/// How long a newcomer takes to an address when those next to it keep silent, whatever it asks, and others name it
/// neighbours that nobody has.
std::optional<Duration> address_beside_silence(std::uint64_t seed) {
  const auto ring = formed_ring(seed, 30);
  const SiteId site = ring->network().add_public_site();
  const std::size_t newcomer = ring->add_member(site, ring->network().now() + 5s);
  const NodeId place = ring->at(newcomer).node().id();
  const NodeId step = ring_fraction(1e-6);
  for (const NodeId& id : {place + step, place - step})
    ring->add_hostile(site, telling(Lie::silence), [&](auto& config) { config.self = id; });
  ring->add_hostile(site, telling(Lie::neighbours) | telling(Lie::observed));
  ring->network().run_for(5s);
  return time_to_address(*ring, newcomer, 60s);
}

AttackResult silent_neighbours() {
  std::vector<std::optional<Duration>> times;
  for (const std::uint64_t seed : {107U, 207U, 307U, 407U})
    times.push_back(address_beside_silence(seed));
  const bool all_have_one = std::ranges::all_of(times, [](const auto& time) { return time.has_value(); });
  const auto slowest = all_have_one ? *std::ranges::max_element(times) : std::nullopt;
  return {"3 members, no packet but their links'",
          fmt::format("four newcomers' addresses after {} at most", to_text(slowest)), slowest && *slowest <= 4s};
}

/// One address, many keys.
AttackResult many_keys() {
  const auto ring = formed_ring(109, 4);
  const SiteId site = ring->network().add_nat_site(full_cone());
  constexpr std::size_t keys = 320;
  std::vector<HostileMember*> liars;
  for (std::size_t i = 0; i < keys; ++i) {
    liars.push_back(&ring->add_hostile(site, {}, [&](auto& config) {
      config.contacts.resize(1);
      config.a_second = 0;
    }));
    if (i % 16 == 15) ring->network().run_for(500ms);
  }
  ring->network().run_for(10s);
  const auto links = static_cast<std::size_t>(
      std::ranges::count_if(liars, [](const HostileMember* liar) { return liar->links() > 0; }));
  const std::size_t newcomer = ring->add_member(ring->network().add_public_site(), ring->network().now());
  const auto is_linked = [&] { return !ring->at(newcomer).node().connections().empty(); };
  const bool linked = ring->network().run_until_done(is_linked, 3s);
  return {fmt::format("{} keys of one address", keys),
          fmt::format("{} links; a newcomer has {}", links, linked ? "one" : "none"),
          links >= 250 && links <= 256 && linked};
}

}  // namespace

std::vector<Attack> simulated_attacks() {
  return {
      {"S1", "many keys from one address", "256 links of a node; others get theirs", many_keys},
      {"S2", "a tenth of the members lies", "1 of 100 look-ups, none forged",
       [] { return lying_members(54, 6, 0.99); }},
      {"S2", "a fifth of the members lies", "5 of 100 look-ups, none forged",
       [] { return lying_members(28, 7, 0.95); }},
      {"S2", "what is heard is said again, mangled", "no look-up, none forged; a newcomer's address in 4 s", mangle},
      {"S3", "one host hands over what it likes", "no value, old or new", fill_replicas},
      {"S5", "connect-to-me names a victim's ports", "3 octets for each that was spent", amplify},
      {"S5", "DHT questions in another's name", "5 octets for each that was spent",
       [] { return reflect(106, Lie::gets); }},
      {"S5", "questions about a node in another's name", "5 octets for each that was spent",
       [] { return reflect(123, Lie::queries); }},
      {"S5", "watches in another's name", "5 octets for each that was spent",
       [] { return reflect(124, Lie::watches); }},
      {"S10", "a revocation list that never ends", "everybody knows the true one in 30 s", trickle_list},
      {"S19", "a flood over all others as relays", "an octet for each that was spent, no ping of others",
       flood_over_relays},
      {"S19", "packets that may go on for ever", "7 times each", go_on_for_ever},
      {"S24", "those next to a newcomer keep silent", "a newcomer's address in 4 s", silent_neighbours},
      {"S24", "unasked answers with false neighbours", "a newcomer's address in 4 s", plant_neighbours},
      {"S24", "a peer lies about where we are", "class and address stay right", lie_about_address},
  };
}

}  // namespace ipop::hostile
