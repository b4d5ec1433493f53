#include "daemon/errand.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::daemon;

namespace {

struct Errands {
  io::EventLoop loop;
  std::vector<std::string> outputs{};
  std::vector<std::string> failures{};
  Errand errand;

  explicit Errands(Duration limit = 30s)
      : errand(
            loop, "ga-cert", limit,
            [this](const std::string& output) {
              outputs.push_back(output);
              loop.stop();
            },
            [this](const std::string& why) {
              failures.push_back(why);
              loop.stop();
            }) {}
  void run(const std::string& script) {
    errand.start({"sh", "-c", script});
    loop.run();
  }
};

}  // namespace

TEST_CASE("an errand gives what the program printed, or its first complaint") {
  Errands it;
  it.run("echo grant abc");
  CHECK(it.outputs == std::vector<std::string>{"grant abc\n"});
  it.run("echo 'Waiting.'; echo 'ga-cert: no server answers' >&2; echo 'ga-cert: second' >&2; exit 6");
  it.run("exit 3");
  CHECK(it.failures == std::vector<std::string>{"no server answers", "ga-cert ended with status 3"});
  it.errand.start({});
  CHECK(it.failures.back() == "this node has no ga-cert to run");
}

TEST_CASE("an errand runs once at a time, and not for ever") {
  Errands it(200ms);
  it.errand.start({"sh", "-c", "exec sleep 60"});
  it.run("echo a second one");
  CHECK(it.outputs.empty());
  CHECK(it.failures.size() == 1);
}

TEST_CASE("the rest of a line is found by how it begins") {
  CHECK(line_after("one 1\ntwo 2\n", "two ") == "2");
  CHECK(line_after("one 1\ntwo 2", "two ") == "2");
  CHECK(line_after("one 1\n", "two ").empty());
  CHECK(line_after("", "x").empty());
}
