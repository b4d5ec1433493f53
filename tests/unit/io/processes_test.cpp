#include "io/processes.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "emulated.hpp"
#include "io/child_process.hpp"
#include "io/event_loop.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

bool runs(const std::string& word) {
  return std::ranges::any_of(list_processes(), [&](const Process& process) {
    return std::ranges::find(process.command, word) != process.command.end();
  });
}

}  // namespace

TEST_CASE("a process is listed with its parent and its words, and ended with all that it started") {
  if (is_emulated("the command line of a process is the emulator's")) return;
  // Words by which nothing else of this machine is found.
  const std::string mark = "mark-" + std::to_string(parent_process()) + "-of-processes-test";
  const auto child =
      ChildProcess::start({"sh", "-c", "sh -c 'sleep 60; true' " + mark + "-grandchild & wait", mark + "-child"});
  REQUIRE(child);
  EventLoop loop;
  REQUIRE(loop.run_until([&] { return runs(mark + "-grandchild"); }, 30s));
  const auto all = list_processes();
  const auto found =
      std::ranges::find_if(all, [&](const Process& process) { return process.id == static_cast<int>(child->id()); });
  REQUIRE(found != all.end());
  REQUIRE(found->command.size() == 4);
  CHECK(found->command.front() == "sh");
  CHECK(found->command.back() == mark + "-child");
  end_process_tree(found->id);
  CHECK(loop.run_until([&] { return child->poll_end().has_value(); }, 30s));
  CHECK(loop.run_until([&] { return !runs(mark + "-grandchild"); }, 30s));
}
