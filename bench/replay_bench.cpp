// The replay window at full size, where tests take a hundredth: a million packets of a session, some
// again and many late, and ten million counters against a plain set.

#include <algorithm>
#include <set>
#include <vector>

#include "base/rng.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "crypto/aead.hpp"
#include "crypto/replay_window.hpp"
#include "crypto/session.hpp"

using namespace ipop;

namespace {

constexpr std::size_t reorder = 4096;  // packets that overtake one, half of the window
constexpr std::size_t again_one_in = 100;

crypto::AeadKey make_key(Rng& rng) {
  crypto::AeadKey key;
  rng.fill(key.key);
  rng.fill(key.salt);
  return key;
}

/// Packet by packet through a buffer that mixes their order, and one in a hundred twice.
void measure_session(bench::Report& report, Rng& rng, std::size_t packets) {
  report.progress("a session");
  const auto aeads = crypto::make_best_aead_factory();
  const crypto::SessionKeys keys{make_key(rng), make_key(rng)};
  crypto::Session from(*aeads, keys, crypto::Spi{2000}, crypto::Spi{1000});
  crypto::Session to(*aeads, {keys.receive, keys.send}, crypto::Spi{1000}, crypto::Spi{2000});
  std::vector<std::vector<Bytes>> arriving(2 * reorder);  // by the turn, a ring
  std::size_t accepted = 0;
  std::size_t replayed = 0;
  std::size_t again = 0;
  Bytes out;
  for (std::size_t turn = 0; turn < packets + 2 * reorder; ++turn) {
    if (turn < packets) {
      Bytes packet;
      if (!from.seal(as_bytes("x"), packet)) continue;
      if (rng.below(again_one_in) == 0) {
        ++again;
        arriving[(turn + rng.below(reorder)) % arriving.size()].push_back(packet);
      }
      arriving[(turn + rng.below(reorder)) % arriving.size()].push_back(std::move(packet));
    }
    for (const Bytes& packet : std::exchange(arriving[turn % arriving.size()], {})) {
      out.clear();
      const auto verdict = to.open(packet, out).verdict;
      accepted += verdict == crypto::Session::Verdict::accepted ? 1U : 0U;
      replayed += verdict == crypto::Session::Verdict::replayed ? 1U : 0U;
    }
  }
  const std::string note = std::to_string(packets) + " packets, " + std::to_string(again) + " of them twice";
  report.add("lost_to_window", static_cast<double>(packets) - static_cast<double>(accepted), "packets",
             bench::at_most(0), note);
  report.add("replays_taken", static_cast<double>(again) - static_cast<double>(replayed), "packets", bench::at_most(0),
             note);
}

/// Mostly near the top, at times far below or far above.
std::uint64_t next_counter(Rng& rng, std::uint64_t highest) {
  switch (rng.below(8)) {
    case 0: return highest + rng.below(20'000);
    case 1: return highest - std::min(highest, rng.below(20'000));
    case 2: return highest - std::min(highest, 8180 + rng.below(24));
    default: return highest + 70 - std::min(highest + 70, rng.below(200));
  }
}

void measure_window(bench::Report& report, Rng& rng, std::size_t operations) {
  report.progress("the window and a set");
  crypto::ReplayWindow window;
  std::set<std::uint64_t> seen;
  std::uint64_t highest = 0;
  std::size_t different = 0;
  for (std::size_t i = 0; i < operations; ++i) {
    const std::uint64_t counter = next_counter(rng, highest);
    const bool is_old = !seen.empty() && highest >= 8192 && counter <= highest - 8192;
    const bool expected = !is_old && !seen.contains(counter);
    different += window.is_fresh(counter) == expected ? 0U : 1U;
    if (!expected) continue;
    window.mark(counter);
    seen.insert(counter);
    highest = *seen.rbegin();
    while (seen.size() > 10'000)
      seen.erase(seen.begin());
  }
  report.add("window_unlike_set", static_cast<double>(different), "answers", bench::at_most(0),
             std::to_string(operations) + " counters");
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed =
      bench::parse_options(argc, argv, "replay_bench", "What the replay window takes twice or loses.", streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  const std::size_t packets = options.trials > 0 ? options.trials : 1'000'000;
  bench::Report report("replay", options.seed, options.output, streams);
  SeededRng rng(options.seed);
  measure_session(report, rng, packets);
  measure_window(report, rng, 10 * packets);
  return cli::to_int(report.finish());
}
