#include "hostile/value_attacks.hpp"

#include <algorithm>

#include "hostile/attacked_ring.hpp"

namespace ipop::hostile {

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

/// Some members say again what they hear, to whoever they like, with octets changed, cut off or added: what is stored
/// is found, and a newcomer gets in.
AttackResult mangle() {
  const auto ring = formed_ring(131, 20);
  const std::size_t honest = ring->size() - 1;
  const Bytes value(10, std::byte{1});
  std::vector<Question> puts;
  for (std::size_t i = 1; i <= honest; ++i)
    puts.push_back({i, putting("of" + std::to_string(i), value)});
  if (!std::ranges::all_of(ask(*ring, puts), is_done)) return {"-", "not everything could be stored before it", false};
  const SiteId site = ring->network().add_public_site();
  std::vector<HostileMember*> liars;
  for (int i = 0; i < 2; ++i)
    liars.push_back(&ring->add_hostile(site, telling(Lie::mangled), [](auto& config) { config.a_second = 500; }));
  ring->network().run_for(30s);
  const std::size_t newcomer = ring->add_member(site, ring->network().now());
  const auto time = time_to_address(*ring, newcomer, 60s);
  std::size_t found = 0;
  std::size_t forged = 0;
  std::size_t asked = 0;
  for (const std::size_t further : {3U, 7U, 11U}) {
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
  std::uint64_t told = 0;
  for (const HostileMember* liar : liars)
    told += liar->lies_told();
  return {fmt::format("{} messages of 2 members, 30 s", told),
          fmt::format("{} of {} look-ups, {} forged; a newcomer's address after {}", asked - found, asked, forged,
                      to_text(time)),
          told > 4'000 && forged == 0 && found == asked && time && *time <= 4s};
}

}  // namespace ipop::hostile
