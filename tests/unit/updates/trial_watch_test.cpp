#include "updates/trial_watch.hpp"

#include <doctest/doctest.h>

#include "updates/departure.hpp"

using namespace ipop;
using namespace ipop::updates;

namespace {

/// What a machine puts out, in words.
template <class M>
std::string outputs_of(M& machine) {
  std::string out;
  while (const auto output = machine.poll_output()) {
    if (!out.empty()) out += ", ";
    if constexpr (std::is_same_v<M, TrialWatch>) {
      out += std::visit(Overloaded{[](const TrialWatch::AskName&) { return std::string("name?"); },
                                   [](const TrialWatch::AskPool&) { return std::string("pool?"); },
                                   [](const TrialWatch::Content&) { return std::string("content"); },
                                   [](const TrialWatch::GiveUp& up) { return "back: " + up.reason; }},
                        *output);
    } else {
      out += std::visit(Overloaded{[](const Departure::AskSpared&) { return std::string("spared?"); },
                                   [](const Departure::Go&) { return std::string("go"); },
                                   [](const Departure::GiveUp&) { return std::string("over"); }},
                        *output);
    }
  }
  return out;
}

constexpr TimePoint start{};

}  // namespace

TEST_CASE("a new state is content when the node has joined, the name resolves and condor_status answers") {
  TrialWatch watch({true, true, true}, 600s);
  watch.begin(start);
  CHECK(outputs_of(watch) == "pool?");
  CHECK(watch.awaited() == "the node has not joined its group");
  watch.handle_pool(start + 1s, false);
  CHECK(*watch.poll_timeout() == start + 6s);
  watch.handle_timeout(start + 6s);
  CHECK(outputs_of(watch) == "pool?");
  watch.handle_node(start + 7s, true);
  CHECK(outputs_of(watch) == "name?");
  watch.handle_name(start + 8s, true);
  CHECK(outputs_of(watch).empty());
  CHECK(watch.awaited() == "condor_status gets no answer");
  watch.handle_pool(start + 9s, true);
  CHECK(outputs_of(watch) == "content");
  CHECK(!watch.poll_timeout());
  // What comes later changes nothing.
  watch.handle_node(start + 10s, false);
  watch.handle_pool(start + 10s, false);
  CHECK(outputs_of(watch).empty());
}

TEST_CASE("a new state that is not content in time is given up, with what it lacked") {
  TrialWatch watch({true, true, true}, 600s);
  watch.begin(start);
  watch.handle_pool(start, true);
  watch.handle_node(start + 5s, true);
  (void)outputs_of(watch);
  watch.handle_name(start + 6s, false);
  watch.handle_timeout(start + 11s);
  CHECK(outputs_of(watch) == "name?");
  watch.handle_timeout(start + 600s);
  CHECK(outputs_of(watch) == "back: within 600 s the machine's name does not lead to its address");
  CHECK(!watch.poll_timeout());
  watch.handle_name(start + 601s, true);
  CHECK(outputs_of(watch).empty());
}

TEST_CASE("a node that leaves takes its name along") {
  TrialWatch watch({true, true, true}, 600s);
  watch.begin(start);
  watch.handle_node(start, true);
  watch.handle_name(start, true);
  watch.handle_node(start + 1s, false);
  watch.handle_pool(start + 2s, true);
  CHECK(outputs_of(watch) == "pool?, name?");
  CHECK(watch.awaited() == "the node has not joined its group");
  watch.handle_node(start + 3s, true);
  CHECK(outputs_of(watch) == "name?");
  // A question that is under way when the node leaves is not asked twice, and its answer is worth nothing.
  watch.handle_node(start + 4s, false);
  watch.handle_name(start + 4s, true);
  watch.handle_node(start + 5s, true);
  CHECK(outputs_of(watch) == "name?");
  watch.handle_name(start + 6s, true);
  CHECK(outputs_of(watch) == "content");
}

TEST_CASE("what is not wanted is not asked for") {
  TrialWatch nothing({}, 600s);
  nothing.begin(start);
  CHECK(outputs_of(nothing) == "content");
  TrialWatch node({true, false, false}, 600s);
  node.begin(start);
  CHECK(outputs_of(node).empty());
  node.handle_node(start, true);
  CHECK(outputs_of(node) == "content");
  TrialWatch name({false, true, false}, 600s);
  name.begin(start);
  CHECK(outputs_of(name) == "name?");
}

TEST_CASE("a machine goes at once, or when its time has come, or not any more") {
  Departure at_once({});
  at_once.begin(start);
  CHECK(outputs_of(at_once) == "go");
  Departure later({3600s, {}, false, false});
  later.begin(start);
  CHECK(outputs_of(later).empty());
  later.handle_timeout(start + 3600s);
  CHECK(outputs_of(later) == "go");
  Departure in_vain({3600s, 600s, true, false});
  in_vain.begin(start);
  in_vain.handle_idle(start, false);
  in_vain.handle_timeout(start + 3600s);
  CHECK(outputs_of(in_vain).empty());
  in_vain.handle_timeout(start + 4200s);
  CHECK(outputs_of(in_vain) == "over");
  in_vain.handle_idle(start + 4300s, true);
  CHECK(outputs_of(in_vain).empty());
}

TEST_CASE("a machine goes when no job runs and the others can spare it") {
  Departure departure({10s, {}, true, true});
  departure.begin(start);
  departure.handle_idle(start, true);
  CHECK(outputs_of(departure).empty());
  departure.handle_idle(start + 5s, false);
  departure.handle_timeout(start + 10s);
  CHECK(outputs_of(departure).empty());
  departure.handle_idle(start + 20s, true);
  CHECK(outputs_of(departure) == "spared?");
  departure.handle_spared(start + 21s, false);
  CHECK(*departure.poll_timeout() == start + 51s);
  // No question more because jobs come and go.
  departure.handle_idle(start + 22s, false);
  departure.handle_idle(start + 23s, true);
  CHECK(outputs_of(departure).empty());
  departure.handle_timeout(start + 51s);
  CHECK(outputs_of(departure) == "spared?");
  departure.handle_idle(start + 52s, false);
  departure.handle_spared(start + 53s, true);
  CHECK(outputs_of(departure).empty());
  departure.handle_idle(start + 60s, true);
  CHECK(outputs_of(departure) == "spared?");
  departure.handle_spared(start + 61s, true);
  CHECK(outputs_of(departure) == "go");
}
