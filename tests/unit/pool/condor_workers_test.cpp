#include "pool/condor_workers.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::pool;
using namespace std::chrono_literals;

namespace {

constexpr net::Ipv4Address bob_address(10, 128, 0, 5);
constexpr net::Ipv4Address other_address(10, 128, 0, 9);
const WorkerStart bob_start{bob_address, 1000};
const NodeId bob_node = *parse_node_id(std::string(32, 'a'));
const NodeId other_node = *parse_node_id(std::string(31, 'b') + "a");
constexpr Duration step = 10s;

/// A submit machine with a job on bob, looked at every ten seconds.
struct Lab {
  WorkerFates fates{10min};
  TimePoint now{};
  std::vector<RunningJob> jobs{{"1.0", "bob.ipop", bob_start}};
  std::optional<std::vector<SeenWorker>> seen{{{"bob.ipop", bob_start, 1}}};
  std::optional<AddressHolder> holder{AddressHolder{bob_node}};
  bool answers = false;
  bool is_connected = true;

  std::vector<LostJob> look() {
    now += step;
    const auto questions = fates.look_at(now, jobs, seen);
    WorkerFates::Answers found;
    found.is_connected = is_connected;
    for (const net::Ipv4Address& address : questions.holder)
      if (holder) found.holders.emplace(address, *holder);
    if (answers) found.answering = questions.answers;
    return fates.judge(now, jobs, found);
  }
  /// Looks until a job is lost, `limit` at most; the reason, and the time since the first look.
  std::pair<std::string, Duration> look_for(Duration limit) {
    const TimePoint begin = now;
    while (now - begin < limit) {
      const auto lost = look();
      if (!lost.empty()) return {lost.front().why, now - begin};
    }
    return {};
  }
};

}  // namespace

TEST_CASE("what HTCondor's tools print of jobs and workers is read, and other lines are not") {
  const auto jobs = parse_running_jobs(
      "8\t0\tslot1_2@carol.ipop\t<10.169.215.99:9618?addrs=10.169.215.99-9618&alias=carol.ipop&noUDP>#1795869591#5#..."
      "\n"
      "9\t1\tundefined\tundefined\n"
      "WARNING: no such thing\n"
      "10\t-1\tslot1@x\t<10.0.0.1:9618>#17#5\n"
      "11\t2\tdave.ipop\t<10.0.0.1:9618>#17#5#...\n");
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0] == RunningJob{"8.0", "carol.ipop", {net::Ipv4Address(10, 169, 215, 99), 1795869591}});
  CHECK(jobs[1] == RunningJob{"11.2", "dave.ipop", {net::Ipv4Address(10, 0, 0, 1), 17}});
  const auto seen =
      parse_seen_workers("bob.ipop\t<10.147.198.151:9618?addrs=x>\t1795869591\t1795870222\n\nx\t<a>\t1\t2\n");
  REQUIRE(seen.size() == 1);
  CHECK(seen[0] == SeenWorker{"bob.ipop", {net::Ipv4Address(10, 147, 198, 151), 1795869591}, 1795870222});
}

TEST_CASE("a worker of which the manager goes on hearing is not gone") {
  Lab lab;
  for (int i = 0; i < 200; ++i) {
    lab.seen->front().heard = i;
    CHECK(lab.look().empty());
  }
}

TEST_CASE("a worker that tells of itself keeps its jobs, whatever is said of its address") {
  for (const AddressHolder& said : {AddressHolder{}, AddressHolder{other_node}}) {
    Lab lab;
    lab.holder = said;
    for (int i = 0; i < 20; ++i) {
      lab.seen->front().heard = i;
      CHECK(lab.look().empty());
    }
  }
}

TEST_CASE("a worker whose HTCondor began again loses its jobs at once, once") {
  Lab lab;
  lab.answers = true;
  CHECK(lab.look().empty());
  lab.seen = {{"bob.ipop", {bob_address, 2000}, 5}};
  const auto lost = lab.look();
  REQUIRE(lost.size() == 1);
  CHECK(lost.front().job == lab.jobs.front());
  CHECK(lost.front().why == "HTCondor began again there");
  CHECK(lab.look().empty());
  lab.jobs.front().worker = {bob_address, 2000};
  CHECK(lab.look_for(5min).first.empty());
}

TEST_CASE("what did not free a job is tried again after some minutes") {
  Lab lab;
  lab.seen = {{"bob.ipop", {bob_address, 2000}, 5}};
  CHECK(lab.look().size() == 1);
  CHECK(lab.look_for(5min).second == 180s);
}

TEST_CASE("a worker that is at another address loses its jobs, but nobody's word moves one that answers") {
  Lab lab;
  CHECK(lab.look().empty());
  lab.seen = {{"bob.ipop", {other_address, 2000}, 5}};
  lab.answers = true;
  CHECK(lab.look_for(5min).first.empty());
  lab.answers = false;
  CHECK(lab.look_for(1min) == std::pair<std::string, Duration>("its machine is at 10.128.0.9 by now", step));
}

TEST_CASE("a silent worker whose address is nobody's or another's loses its jobs within a minute") {
  Lab lab;
  CHECK(lab.look().empty());
  SUBCASE("nobody's, as that of a revoked member") {
    lab.holder = AddressHolder{};
    const auto [why, after] = lab.look_for(10min);
    CHECK(why == "nobody holds its address any more");
    CHECK(after <= 60s);
  }
  SUBCASE("another machine's") {
    lab.holder = AddressHolder{other_node};
    const auto [why, after] = lab.look_for(10min);
    CHECK(why == "its address belongs to another machine by now");
    CHECK(after <= 60s);
  }
}

TEST_CASE(
    "a worker that is only silent loses its jobs after the keep-alive, and keeps them when it comes back before") {
  Lab lab;
  CHECK(lab.look().empty());
  SUBCASE("it stays away") {
    const auto [why, after] = lab.look_for(30min);
    CHECK(why == "silent for 10 min");
    CHECK(after <= 10min + step);
  }
  SUBCASE("it comes back") {
    CHECK(lab.look_for(9min).first.empty());
    lab.answers = true;
    CHECK(lab.look_for(30min).first.empty());
  }
}

TEST_CASE("a machine that is cut off itself takes no job from anybody") {
  Lab lab;
  CHECK(lab.look().empty());
  lab.is_connected = false;
  lab.seen.reset();
  lab.holder = AddressHolder{};
  CHECK(lab.look_for(2h).first.empty());
  lab.is_connected = true;
  lab.holder = AddressHolder{bob_node};
  CHECK(lab.look_for(9min).first.empty());
}
