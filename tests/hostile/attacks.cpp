#include "hostile/attacks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "support/sim_ring.hpp"

namespace ipop::hostile {
namespace {

using namespace test_support;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

std::string megabytes(std::uint64_t octets) {
  return fmt::format("{:.2f} MB", static_cast<double>(octets) / 1e6);
}

bool is_ready(SimRing& ring) {
  return ring.all_joined() && ring.all_have_addresses();
}

/// A ring of public members that has formed.
std::unique_ptr<SimRing> formed_ring(std::uint64_t seed, std::size_t members, bool closed = false) {
  auto ring = std::make_unique<SimRing>(SimRing::Config{.seed = seed, .network = {.latency = 20ms}, .closed = closed});
  ring->add_bootstrap();
  const SiteId site = ring->network().add_public_site();
  for (std::size_t i = 0; i < members; ++i)
    ring->add_member(site, TimePoint{} + std::chrono::milliseconds(20 * i));
  ring->network().run_for(std::chrono::milliseconds(20 * members));
  ring->network().run_until_done([&] { return is_ready(*ring) && ring->near_links_are_right(); }, 60s);
  ring->network().run_for(15s);
  return ring;
}

/// How long a newcomer takes from its start to an address; none within `limit`.
std::optional<Duration> time_to_address(SimRing& ring, std::size_t newcomer, Duration limit) {
  const TimePoint started = ring.network().now();
  if (!ring.network().run_until_done([&] { return ring.at(newcomer).node().address().has_value(); }, limit)) {
    return std::nullopt;
  }
  return ring.network().now() - started;
}

std::string to_text(const std::optional<Duration>& time) {
  return time ? fmt::format("{:.2f} s", seconds(*time)) : std::string("never");
}

/// What a member is asked.
struct Question {
  std::size_t member = 0;
  node::Command command{};
};

/// The answers to questions that are all asked in one moment, in their order.
std::vector<Result<node::Answer>> ask(SimRing& ring, const std::vector<Question>& questions) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [member, command] : questions) {
    numbers.push_back(ring.at(member).ask(ring.network().now(), command));
    ring.network().drain(ring.host(member));
  }
  const auto is_answered = [&](std::size_t i) { return ring.at(questions[i].member).answers.contains(numbers[i]); };
  const auto all_answered = [&] {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (!is_answered(i)) return false;
    }
    return true;
  };
  static_cast<void>(ring.network().run_until_done(all_answered, 30s));
  std::vector<Result<node::Answer>> out;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    out.push_back(is_answered(i) ? ring.at(questions[i].member).answers.at(numbers[i])
                                 : Result<node::Answer>(Errc::not_found, "no answer"));
  }
  return out;
}

Result<node::Answer> ask(SimRing& ring, std::size_t index, const node::Command& command) {
  return ask(ring, {{index, command}}).front();
}

node::Command putting(const std::string& key, Bytes value) {
  return node::DhtPutCommand{.key = key, .value = std::move(value), .exclusive = false};
}

bool is_done(const Result<node::Answer>& answer) {
  return answer && std::get<node::DhtAnswer>(*answer).outcome == dht::Outcome::done;
}

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

/// Those next to a newcomer keep silent, whatever it asks; others name it neighbours that nobody has.
AttackResult silent_neighbours() {
  const auto ring = formed_ring(107, 30);
  const SiteId site = ring->network().add_public_site();
  const std::size_t newcomer = ring->add_member(site, ring->network().now() + 5s);
  const NodeId place = ring->at(newcomer).node().id();
  const NodeId step = ring_fraction(1e-6);
  for (const NodeId& id : {place + step, place - step})
    ring->add_hostile(site, telling(Lie::silence), [&](auto& config) { config.self = id; });
  ring->add_hostile(site, telling(Lie::neighbours) | telling(Lie::observed));
  ring->network().run_for(5s);
  const auto time = time_to_address(*ring, newcomer, 60s);
  return {"3 members, no packet but their links'", fmt::format("a newcomer's address after {}", to_text(time)),
          time && *time <= 4s};
}

/// Every member has a value of its own stored, then one host hands over values of owners that it invents, to every
/// node and for every position.
AttackResult fill_replicas() {
  const auto ring = formed_ring(108, 5);
  const std::size_t members = ring->size() - 1;
  const auto name = [](const char* when, std::size_t member) { return when + std::to_string(member); };
  const auto store_all = [&](const char* when) {
    std::vector<Question> puts;
    for (std::size_t i = 1; i <= members; ++i)
      puts.push_back({i, putting(name(when, i), Bytes(10, std::byte{1}))});
    return std::ranges::count_if(ask(*ring, puts), is_done);
  };
  const auto found = [&](const char* when) {
    std::vector<Question> gets;
    for (std::size_t i = 1; i <= members; ++i)
      gets.push_back({1 + i % members, node::DhtGetCommand{.key = name(when, i)}});
    return std::ranges::count_if(ask(*ring, gets),
                                 [](const auto& it) { return it && !std::get<node::DhtAnswer>(*it).values.empty(); });
  };
  const auto all = static_cast<std::ptrdiff_t>(members);
  if (store_all("before") != all) return {"-", "nothing could be stored before the attack", false};
  HostileMember& liar = ring->add_hostile(ring->network().add_public_site(), telling(Lie::hand_overs),
                                          [](auto& config) { config.a_second = 300; });
  ring->network().run_for(25s);
  const auto stored = store_all("after");
  // What was stored must outlast more of the flood.
  ring->network().run_for(5s);
  const auto kept = found("before");
  const auto kept_of_new = std::min(stored, found("after"));
  liar.set_lies({});
  return {
      fmt::format("{} records from one host, 30 s", liar.lies_told()),
      fmt::format("{} of {} values from before, {} of {} stored during it", all - kept, all, all - kept_of_new, all),
      liar.lies_told() > 20'000 && kept == all && kept_of_new == all};
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

/// Beside honest members some lie in every field that they may fill, each as chance will have it, and deny or keep
/// silent as replicas. Values that were stored before must be found.
AttackResult lying_members(std::size_t honest, std::size_t lying, double promised) {
  const auto ring = formed_ring(110 + lying, honest);
  SeededRng chance(7 + lying);
  const Bytes value(10, std::byte{1});
  std::vector<Question> puts;
  for (std::size_t i = 1; i <= honest; ++i)
    puts.push_back({i, putting("of" + std::to_string(i), value)});
  if (!std::ranges::all_of(ask(*ring, puts), is_done)) {
    return {"-", "not everything could be stored before the attack", false};
  }
  const SiteId site = ring->network().add_public_site();
  for (std::size_t i = 0; i < lying; ++i) {
    ring->add_hostile(site, some_lies(chance) | telling(i % 2 == 0 ? Lie::denial : Lie::silence),
                      [](auto& config) { config.a_second = 10; });
  }
  ring->network().run_for(20s);
  std::size_t found = 0;
  std::size_t forged = 0;
  std::size_t asked = 0;
  // Each time all honest ones read, each another one's value.
  for (const std::size_t further : {7U, 19U, 29U, 37U}) {
    std::vector<Question> gets;
    for (std::size_t reader = 1; reader <= honest; ++reader)
      gets.push_back({reader, node::DhtGetCommand{.key = "of" + std::to_string(1 + (reader + further) % honest)}});
    for (const auto& answer : ask(*ring, gets)) {
      ++asked;
      if (!answer) continue;
      for (const auto& held : std::get<node::DhtAnswer>(*answer).values)
        (held.value == value ? found : forged) += 1;
    }
  }
  return {fmt::format("{} of {} members lie in every field", lying, honest + lying),
          fmt::format("{} of {} look-ups, {} forged", asked - found, asked, forged),
          forged == 0 && found <= asked && static_cast<double>(found) >= promised * static_cast<double>(asked)};
}

}  // namespace

std::vector<Attack> simulated_attacks() {
  return {
      {"S1", "many keys from one address", "256 links of a node; others get theirs", many_keys},
      {"S2", "a tenth of the members lies", "1 of 100 look-ups, none forged",
       [] { return lying_members(54, 6, 0.99); }},
      {"S2", "a fifth of the members lies", "5 of 100 look-ups, none forged",
       [] { return lying_members(28, 7, 0.95); }},
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
